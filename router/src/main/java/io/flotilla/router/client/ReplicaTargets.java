package io.flotilla.router.client;

import io.flotilla.proto.errors.ErrorDetail;
import io.flotilla.router.map.LiveMap;
import io.flotilla.router.map.Route;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Each replica in turn, for reads that any may answer: so all share the work. One that has failed
 * rests for a while, unless all do. What two replicas could not answer, the leader is asked, who is
 * behind nobody.
 */
final class ReplicaTargets implements Targets {
  private static final int TRIES_OF_ANY = 2;
  private static final int REFUSALS_AT_ONCE = 3;
  private static final long REST_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final long shard;
  private final LiveMap map;
  private final LongSupplier nanos;

  /** Until when, by address; no more than have failed and were not asked since. */
  private final Map<String, Long> resting = new HashMap<>();

  private int turn;
  private int refusals;

  ReplicaTargets(long shard, LiveMap map, LongSupplier nanos) {
    this.shard = shard;
    this.map = map;
    this.nanos = nanos;
  }

  @Override
  public @Nullable String next(Route route, int tries) {
    String leader = tries < TRIES_OF_ANY ? null : map.leaders().address(shard);
    if (leader != null && !isResting(leader)) {
      return leader;
    }
    int first = turn++;
    String tired = null;
    for (int i = 0; i < route.candidates(); i++) {
      String address =
          map.current().address(route.candidate(Math.floorMod(first + i, route.candidates())));
      if (address != null && !isResting(address)) {
        turn = first + i + 1;
        return address;
      }
      tired = tired == null ? address : tired;
    }
    return tired;
  }

  private boolean isResting(String address) {
    Long until = resting.get(address);
    if (until != null && nanos.getAsLong() - until >= 0) {
      resting.remove(address);
      return false;
    }
    return until != null;
  }

  @Override
  public void answered(String address) {
    refusals = 0;
    resting.remove(address);
  }

  @Override
  public void passOver(String asked) {
    resting.put(asked, nanos.getAsLong() + REST_NANOS);
  }

  /** It could not ask its leader, or has none. */
  @Override
  public boolean notLeader(String asked, ErrorDetail detail) {
    String leader = LeaderTargets.named(detail, map);
    if (!leader.isEmpty() && !leader.equals(asked)) {
      map.leaders().answered(shard, leader);
    }
    passOver(asked);
    refusals++;
    return refusals < REFUSALS_AT_ONCE;
  }
}
