package io.flotilla.shard.report;

import io.flotilla.rpc.ErrorCode;
import io.flotilla.rpc.RpcException;
import java.util.List;

/**
 * Which member of placement to ask: the one that answered last, else who is named, else the next.
 */
final class PlacementMembers {
  private final List<String> addresses;
  private int next;
  private String current;

  /**
   * @param addresses host:port of each, at least one
   */
  PlacementMembers(List<String> addresses) {
    if (addresses.isEmpty()) {
      throw new IllegalArgumentException("no address of placement; at least one is needed");
    }
    this.addresses = List.copyOf(addresses);
    this.current = this.addresses.get(0);
  }

  String current() {
    return current;
  }

  /** Moves on after a refusal or failure. */
  void failed(RpcException why) {
    String leader = why.detail().getLeaderAddress();
    if (why.code() == ErrorCode.NOT_LEADER && !leader.isEmpty() && !leader.equals(current)) {
      current = leader;
    } else {
      next = (next + 1) % addresses.size();
      current = addresses.get(next);
    }
  }
}
