package io.flotilla.router.client;

import com.google.protobuf.ByteString;
import io.flotilla.proto.kv.ScanReply;
import io.flotilla.proto.kv.ScanRequest;
import io.flotilla.router.map.Route;
import io.flotilla.router.map.ShardMap;
import org.jspecify.annotations.Nullable;

/** One shard's part of a scan. */
final class PendingScan extends Pending<PendingScan.Part> {
  private final ByteString start;
  private final ByteString end;
  private final Shape shape;

  /**
   * How to scan.
   *
   * @param limit most pairs; 0: as many as the node likes
   */
  record Shape(
      boolean reverse, int limit, boolean keysOnly, boolean countOnly, ReadOptions options) {}

  /**
   * What a shard answered.
   *
   * @param route the shard, as it was when it answered
   */
  record Part(Route route, ScanReply reply) {}

  /**
   * A scan between encoded keys.
   *
   * @param end exclusive; empty: no bound
   */
  PendingScan(ByteString start, ByteString end, Shape shape, long deadlineNanos) {
    super(shape.reverse ? end : start, start.size() + end.size(), deadlineNanos);
    this.start = start;
    this.end = end;
    this.shape = shape;
  }

  @Override
  @Nullable Route locate(ShardMap map) {
    return shape.reverse ? map.routeBefore(end) : map.routeOf(start);
  }

  @Override
  boolean belongsTo(Route route) {
    if (!shape.reverse) {
      return route.contains(start);
    }
    boolean reaches =
        route.end().isEmpty() || (!end.isEmpty() && Route.compare(end, route.end()) <= 0);
    return reaches && (end.isEmpty() || Route.compare(route.start(), end) < 0);
  }

  @Override
  boolean ofAnyReplica() {
    return shape.options.ofAnyReplica();
  }

  @Override
  boolean changes() {
    return false;
  }

  /** The part of this scan that lies in the shard. */
  ScanRequest requestTo(Route route, SessionTokens tokens) {
    boolean startsWithin = Route.compare(start, route.start()) >= 0;
    boolean endsWithin =
        !end.isEmpty() && (route.end().isEmpty() || Route.compare(end, route.end()) <= 0);
    return ScanRequest.newBuilder()
        .setShard(route.id())
        .setEpoch(route.epoch())
        .setLevel(shape.options.level().onWire())
        .setMinApplied(shape.options.minApplied(tokens, route.id()))
        .setMaxStalenessMillis(shape.options.maxStalenessMillis())
        .setStart(startsWithin ? start : route.start())
        .setEnd(endsWithin ? end : route.end())
        .setReverse(shape.reverse)
        .setLimit(shape.limit)
        .setKeysOnly(shape.keysOnly)
        .setCountOnly(shape.countOnly)
        .build();
  }
}
