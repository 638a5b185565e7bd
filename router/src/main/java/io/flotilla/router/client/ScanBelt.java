package io.flotilla.router.client;

import io.flotilla.proto.kv.ScanReply;
import io.flotilla.proto.kv.ScanRequest;
import io.flotilla.router.map.Route;
import io.flotilla.rpc.RpcMethods;
import java.util.List;

/** Scans of one shard, each in a request of its own. */
final class ScanBelt extends Belt<PendingScan, ScanRequest, ScanReply> {
  private final SessionTokens tokens;
  private final Lane lane;

  ScanBelt(LimitsConfig limits, SessionTokens tokens, Lane lane) {
    super(RpcMethods.KV_SCAN, limits.requestsInFlightPerShardMax());
    this.tokens = tokens;
    this.lane = lane;
  }

  @Override
  boolean fits(List<PendingScan> load, int loadBytes, PendingScan next) {
    return false;
  }

  @Override
  ScanRequest request(Route route, List<PendingScan> load) {
    return load.get(0).requestTo(route, tokens);
  }

  @Override
  void deliver(Flight flight, ScanReply reply) {
    tokens.advance(flight.route().id(), reply.getApplied());
    lane.succeed(flight.load().get(0), new PendingScan.Part(flight.route(), reply));
  }
}
