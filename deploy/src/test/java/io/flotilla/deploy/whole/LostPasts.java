package io.flotilla.deploy.whole;

import com.google.protobuf.ByteString;
import com.google.protobuf.MessageLite;
import io.flotilla.placement.store.MapMessages;
import io.flotilla.proto.kv.ReadRequest;
import io.flotilla.proto.kv.Result;
import io.flotilla.proto.kv.WriteReply;
import io.flotilla.proto.kv.WriteRequest;
import io.flotilla.proto.map.Shard;
import io.flotilla.raft.core.GroupStatus;
import io.flotilla.raft.core.Membership;
import io.flotilla.raft.core.Position;
import io.flotilla.raft.sim.FaultKind;
import io.flotilla.raft.sim.World;
import io.flotilla.shard.host.HostedShard;
import io.flotilla.shard.kv.KeyRange;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;

/**
 * Which shards have lost their majority for good and go on from what was left of them. That begins
 * only when it is true, and with what is left that is the furthest; from then on nobody answers,
 * nor counts, who does not know of it. One thread.
 */
final class LostPasts {
  /**
   * @param term of the entry with which the replica that goes on has left out all others: whose log
   *     ends in an earlier one is of the past
   * @param moment by the history's clock
   */
  private record Recovery(long term, KeyRange range, long atMicros, long moment) {}

  /** A replica, wherever it is. */
  private record At(int host, long shard) {}

  private final World world;
  private final Map<Long, Shard> newest = new TreeMap<>();
  private final Map<At, GroupStatus> statuses = new HashMap<>();
  private final Map<Long, Recovery> recoveries = new TreeMap<>();

  /** Cut off by who has not done it, as it turned out. */
  private final Set<Long> givenUp = new HashSet<>();

  LostPasts(World world) {
    this.world = world;
  }

  /** What a group says of itself. */
  void learn(Shard shard) {
    newest.merge(shard.getId(), shard, LostPasts::newer);
  }

  /** Whether a replica, of which this is the status now, knows what was given up. */
  boolean isOfNow(SimNode node, HostedShard shard, GroupStatus status) {
    long id = shard.descriptor().getId();
    statuses.put(new At(node.id(), id), status);
    Recovery recovery = recoveries.get(id);
    return recovery == null ? !givenUp.contains(id) : status.lastTerm() >= recovery.term();
  }

  /** A shard whose beginning was given up. */
  void giveUp(long shard) {
    givenUp.add(shard);
  }

  /** Whether it was cut off only in a past that was given up. */
  boolean hasNeverBegun(long shard) {
    return givenUp.contains(shard);
  }

  /** The beginning of a shard was in what is left, too, and counts. */
  void begin(long shard) {
    givenUp.remove(shard);
  }

  /**
   * A replica has left out all others.
   *
   * @return the shard as it is there, once all of the log there is applied
   */
  Shard forced(SimNode survivor, List<SimNode> nodes, long shard, long term, long moment) {
    HostedShard here = hosted(survivor, shard);
    Shard known = newest.getOrDefault(shard, here.descriptor());
    GroupStatus before = statuses.get(new At(survivor.id(), shard));
    checkIsLost(survivor, nodes, known, before.membership());
    for (SimNode other : nodes) {
      GroupStatus status = statuses.get(new At(other.id(), shard));
      boolean counts =
          !other.isDead()
              && status != null
              && other.shards().stream().anyMatch(each -> each.descriptor().getId() == shard)
              && decides(known, other.node(), status)
              && decides(here.descriptor(), other.node(), status);
      if (counts && !last(before).isAtLeastAsUpToDateAs(last(status))) {
        throw new AssertionError(
            "FURTHEST: shard %d goes on at %s with %s, though %s has %s"
                .formatted(shard, survivor.address(), before, other.address(), status));
      }
    }
    world.counts().add(FaultKind.RECOVERY);
    world
        .trace()
        .add("forced", survivor.id(), shard, term, () -> MapMessages.read(known).toString());
    Shard now = inTheLog(here.descriptor(), before, nodes);
    newest.put(shard, now);
    recoveries.put(shard, new Recovery(term, KeyRange.of(now), world.clock().nowMicros(), moment));
    return now;
  }

  /** What another has applied whose log is no longer is in this log, too. */
  private Shard inTheLog(Shard applied, GroupStatus log, List<SimNode> nodes) {
    Shard newest = applied;
    for (SimNode other : nodes) {
      GroupStatus status = statuses.get(new At(other.id(), applied.getId()));
      if (!other.isDead()
          && status != null
          && status.appliedIndex() > 0 // or it was only told
          && last(log).isAtLeastAsUpToDateAs(last(status))) {
        newest =
            other.shards().stream()
                .map(HostedShard::descriptor)
                .filter(each -> each.getId() == applied.getId())
                .reduce(newest, LostPasts::newer);
      }
    }
    return newest;
  }

  private static Shard newer(Shard a, Shard b) {
    return MapMessages.read(b.getEpoch()).isNewerThan(MapMessages.read(a.getEpoch())) ? b : a;
  }

  /** By the members that are agreed on, or by those that the log of who goes on has next. */
  private static void checkIsLost(
      SimNode survivor, List<SimNode> nodes, Shard known, Membership next) {
    Predicate<Long> alive =
        id -> nodes.stream().anyMatch(node -> node.node() == id && !node.isDead());
    if (MapMessages.read(known).hasMajority(replica -> alive.test(replica.node()))
        && hasMajority(next.voters(), alive)
        && (!next.isJoint() || hasMajority(next.outgoing(), alive))) {
      throw new AssertionError(
          "NOT LOST: %s goes on alone with a shard whose majority is there: %s, in its log %s"
              .formatted(survivor.address(), known, next));
    }
  }

  private static boolean hasMajority(List<Membership.Member> voters, Predicate<Long> alive) {
    return voters.stream().filter(voter -> alive.test(voter.node())).count() * 2 > voters.size();
  }

  private static boolean decides(Shard shard, long node, GroupStatus status) {
    return MapMessages.read(shard)
        .replicaOn(node)
        .filter(replica -> replica.decides() && replica.id() == status.replica().value())
        .isPresent();
  }

  private static Position last(GroupStatus status) {
    return new Position(status.lastIndex(), status.lastTerm());
  }

  private static HostedShard hosted(SimNode node, long shard) {
    return node.shards().stream()
        .filter(each -> each.descriptor().getId() == shard)
        .findFirst()
        .orElseThrow();
  }

  /** Whether a shard has gone on so. */
  boolean hasRecovered(long shard) {
    return recoveries.containsKey(shard);
  }

  /** The newest that any replica has said of itself, and that is not given up. */
  Map<Long, Shard> newest() {
    return newest;
  }

  /** When, by the history's clock, it was given up what had happened to a key; nothing: never. */
  OptionalLong givenUp(ByteString key) {
    return recoveries.values().stream()
        .filter(recovery -> recovery.range().contains(key))
        .mapToLong(Recovery::moment)
        .min();
  }

  void replied(SimProcess server, MessageLite request, MessageLite reply, long arrivedMicros) {
    if (request instanceof WriteRequest write && reply instanceof WriteReply results) {
      boolean any =
          results.getResultsList().stream()
              .map(Result::getStatus)
              .anyMatch(is -> is == Result.Status.OK || is == Result.Status.CONDITION_FAILED);
      if (any) {
        answered(server, write.getShard(), arrivedMicros);
      }
    } else if (request instanceof ReadRequest read) {
      answered(server, read.getShard(), arrivedMicros);
    }
  }

  private void answered(SimProcess server, long shard, long arrivedMicros) {
    if (givenUp.contains(shard)) {
      throw new AssertionError(
          "PAST: %s answers of shard %d, which has never begun".formatted(server.address(), shard));
    }
    Recovery recovery = recoveries.get(shard);
    if (recovery != null && server instanceof SimNode node && arrivedMicros > recovery.atMicros()) {
      node.shards().stream()
          .filter(each -> each.descriptor().getId() == shard)
          .map(each -> each.group().status())
          .filter(status -> status.lastTerm() < recovery.term())
          .findFirst()
          .ifPresent(
              status -> {
                throw new AssertionError(
                    "PAST: %s answers of shard %d, which has gone on without it: %s"
                        .formatted(server.address(), shard, status));
              });
    }
  }
}
