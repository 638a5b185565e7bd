package io.flotilla.router.client;

import io.flotilla.proto.errors.ErrorDetail;
import io.flotilla.router.map.LiveMap;
import io.flotilla.router.map.Route;
import org.jspecify.annotations.Nullable;

/** The leader, as far as it is known; while it is not, each replica in turn. */
final class LeaderTargets implements Targets {
  private static final int REDIRECTS_AT_ONCE = 3;

  private final long shard;
  private final LiveMap map;
  private int redirects;
  private int turn;

  LeaderTargets(long shard, LiveMap map) {
    this.shard = shard;
    this.map = map;
  }

  @Override
  public @Nullable String next(Route route, int tries) {
    String leader = map.leaders().address(shard);
    for (int i = 0; leader == null && i < route.candidates(); i++) {
      leader = map.current().address(route.candidate((turn + i) % route.candidates()));
    }
    return leader;
  }

  @Override
  public void answered(String address) {
    redirects = 0;
    map.leaders().answered(shard, address);
  }

  @Override
  public void passOver(String asked) {
    map.leaders().denied(shard, asked);
    turn++;
  }

  @Override
  public boolean notLeader(String asked, ErrorDetail detail) {
    String leader = named(detail, map);
    if (leader.isEmpty() || leader.equals(asked)) {
      redirects = 0;
      passOver(asked);
    } else {
      redirects++;
      map.leaders().answered(shard, leader);
    }
    return redirects > 0 && redirects <= REDIRECTS_AT_ONCE;
  }

  /** The address of the leader that a refusal names; empty if it names none. */
  static String named(ErrorDetail detail, LiveMap map) {
    String leader = detail.getLeaderAddress();
    if (leader.isEmpty() && detail.getLeaderNode() != 0) {
      String known = map.current().address(detail.getLeaderNode());
      return known == null ? "" : known;
    }
    return leader;
  }
}
