package io.flotilla.shard.report;

import io.flotilla.rpc.PlacementEndpoints;
import io.flotilla.rpc.PlacementRotation;
import io.flotilla.rpc.RpcException;

/**
 * Which member of placement to ask: the one that answered last, else who is named, else the next.
 */
final class PlacementMembers {
  private final PlacementRotation rotation;
  private String current;

  PlacementMembers(PlacementEndpoints endpoints) {
    this.current = endpoints.all().get(0);
    this.rotation = new PlacementRotation(endpoints, current);
  }

  String current() {
    return current;
  }

  /** Moves on after a refusal or failure. */
  void failed(RpcException why) {
    current = rotation.following(current, why);
  }
}
