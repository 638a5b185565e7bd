package io.flotilla.router.client;

import io.flotilla.proto.kv.ReadReply;
import io.flotilla.proto.kv.ReadRequest;
import io.flotilla.router.map.Route;
import io.flotilla.rpc.ErrorCode;
import io.flotilla.rpc.RpcException;
import io.flotilla.rpc.RpcMethods;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * Reads of one shard. How large the values are is known only afterwards, so the number of keys in a
 * request begins small, doubles while replies stay small, and shrinks with a large one.
 */
final class ReadBelt extends Belt<PendingRead<?>, ReadRequest, ReadReply> {
  private static final int KEYS_FIRST = 8;
  private static final int REPLY_BYTES_AIM = 1 << 20;

  private final int keysMax;
  private final SessionTokens tokens;
  private final Lane lane;
  private int keys = KEYS_FIRST;

  ReadBelt(LimitsConfig limits, SessionTokens tokens, Lane lane) {
    super(RpcMethods.KV_READ, limits.requestsInFlightPerShardMax());
    this.keysMax = limits.requestOperationsMax();
    this.tokens = tokens;
    this.lane = lane;
  }

  @Override
  boolean fits(List<PendingRead<?>> load, int loadBytes, PendingRead<?> next) {
    return load.size() < keys && load.get(0).options().equals(next.options());
  }

  @Override
  ReadRequest request(Route route, List<PendingRead<?>> load) {
    ReadOptions options = load.get(0).options();
    ReadRequest.Builder request =
        ReadRequest.newBuilder()
            .setShard(route.id())
            .setEpoch(route.epoch())
            .setLevel(options.level().onWire())
            .setMinApplied(options.minApplied(tokens, route.id()))
            .setMaxStalenessMillis(options.maxStalenessMillis());
    load.forEach(read -> request.addKeys(read.key()));
    return request.build();
  }

  @Override
  void deliver(Flight flight, ReadReply reply) {
    List<PendingRead<?>> load = flight.load();
    int answered = Math.min(reply.getValuesCount(), load.size());
    if (answered == 0) {
      throw new RpcException(
          ErrorCode.INTERNAL, load.size() + " reads were answered without a value");
    }
    tokens.advance(flight.route().id(), reply.getApplied());
    Optional<Duration> age =
        reply.hasAgeMillis()
            ? Optional.of(Duration.ofMillis(reply.getAgeMillis()))
            : Optional.empty();
    for (int i = 0; i < answered; i++) {
      ReadReply.Value value = reply.getValues(i);
      deliver(load.get(i), Reading.of(value.hasValue() ? value.getValue() : null, age));
    }
    // The rest did not fit into the reply.
    lane.again(this, load.subList(answered, load.size()));
    int size = reply.getSerializedSize();
    if (size <= REPLY_BYTES_AIM) {
      keys = Math.min(keysMax, keys * 2);
    } else {
      keys = (int) Math.max(1, (long) load.size() * REPLY_BYTES_AIM / size);
    }
  }

  private <T> void deliver(PendingRead<T> read, Reading reading) {
    lane.succeed(read, read.decode(reading));
  }
}
