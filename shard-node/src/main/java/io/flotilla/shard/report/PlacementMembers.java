package io.flotilla.shard.report;

import io.flotilla.rpc.ErrorCode;
import io.flotilla.rpc.PlacementEndpoints;
import io.flotilla.rpc.RpcException;

/**
 * Which member of placement to ask: the one that answered last, else who is named, else the next.
 */
final class PlacementMembers {
  private final PlacementEndpoints endpoints;
  private String current;

  PlacementMembers(PlacementEndpoints endpoints) {
    this.endpoints = endpoints;
    this.current = endpoints.all().get(0);
  }

  String current() {
    return current;
  }

  /** Moves on after a refusal or failure. */
  void failed(RpcException why) {
    String leader = why.detail().getLeaderAddress();
    boolean named =
        why.code() == ErrorCode.NOT_LEADER && !leader.isEmpty() && !leader.equals(current);
    current = named ? leader : endpoints.after(current);
  }
}
