package io.flotilla.deploy.whole;

import com.google.protobuf.MessageLite;
import io.flotilla.placement.model.ClusterView;
import io.flotilla.placement.model.EndedJob;
import io.flotilla.placement.model.Ending;
import io.flotilla.placement.model.Job;
import io.flotilla.placement.model.Merge;
import io.flotilla.placement.model.Move;
import io.flotilla.placement.model.Split;
import io.flotilla.placement.model.Transfer;
import io.flotilla.raft.core.GroupStatus;
import io.flotilla.raft.core.GroupStatus.RoleName;
import io.flotilla.raft.sim.FaultKind;
import io.flotilla.raft.sim.World;
import io.flotilla.shard.host.HostedShard;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** What must hold at every moment, looked at after each turn in which anything was done. */
final class Judges {
  /** What is counted of jobs; of a recovery, which no run needs, nothing. */
  private static final Map<Class<? extends Job>, FaultKind> JOBS =
      Map.of(
          Split.class, FaultKind.SPLIT,
          Merge.class, FaultKind.MERGE,
          Move.class, FaultKind.MOVE,
          Transfer.class, FaultKind.TRANSFER);

  /** A group's term. */
  private record Term(long group, long term) {}

  private final World world;
  private final double digested;
  private final KeyOwners owners;
  private final Digests digests;
  private final Map<Long, ClusterView> views = new HashMap<>();
  private final Map<Term, Long> leaders = new HashMap<>();
  private final Set<Long> ended = new HashSet<>();
  private final Map<String, GroupStatus> statuses = new HashMap<>();
  private final Drains drains;

  /**
   * @param digested how likely a replica is compared with the others when it is looked at
   */
  Judges(World world, double digested) {
    this.world = world;
    this.digested = digested;
    this.owners = new KeyOwners(world);
    this.digests = new Digests(world.counts());
    this.drains = new Drains(world.counts());
  }

  KeyOwners owners() {
    return owners;
  }

  void look(SimProcess host) {
    if (host instanceof SimMember member) {
      member.view().ifPresent(view -> look(member, view));
      member.status().ifPresent(status -> look(member, 0, status));
    } else if (host instanceof SimNode node) {
      for (HostedShard shard : node.shards()) {
        GroupStatus status = shard.group().status();
        boolean hasState = // else it only was told what it will be, or tells what was given up
            owners.pasts().isOfNow(node, shard, status) && status.appliedIndex() > 0;
        if (hasState) {
          owners.learn(shard.descriptor());
        }
        look(node, shard.descriptor().getId(), status);
        if (hasState && world.chance().happens(digested)) {
          digests.compare(node, shard);
        }
      }
    }
  }

  /** Members agree upon what the map is at each revision, and it always tiles the key space. */
  private void look(SimMember member, ClusterView view) {
    ClusterView known = views.putIfAbsent(view.revision(), view);
    if (known == null) {
      world
          .trace()
          .add(
              "map",
              member.id(),
              view.revision(),
              view.shards().size(),
              () -> "revision " + view.revision() + ", jobs " + view.jobs().values());
      Tiling.check(view);
      countDone(view);
      drains.look(view);
      owners.founded(view);
    } else if (!known.equals(view)) {
      throw new AssertionError(
          "MAP: %s has another map of revision %d: %s, not %s"
              .formatted(member.address(), view.revision(), view, known));
    }
  }

  private void countDone(ClusterView view) {
    for (EndedJob over : view.ended().values()) {
      if (ended.add(over.job().id()) && over.ending().how() == Ending.How.DONE) {
        Optional.ofNullable(JOBS.get(over.job().getClass())).ifPresent(world.counts()::add);
      }
    }
  }

  /** Figure 3: at most one leader of a term. */
  private void look(SimProcess host, long group, GroupStatus status) {
    GroupStatus before = statuses.put(host.id() + ":" + group, status);
    if (status.equals(before)) {
      return;
    }
    if (status.role() == RoleName.LEADER) {
      long self = status.replica().value();
      Long other = leaders.putIfAbsent(new Term(group, status.term()), self);
      if (other != null && other != self) {
        throw new AssertionError(
            "ELECTION SAFETY: %d and %d lead group %d in term %d"
                .formatted(other, self, group, status.term()));
      }
    }
    boolean moved =
        Optional.ofNullable(before)
            .map(
                was ->
                    was.commitIndex() != status.commitIndex()
                        || was.term() != status.term()
                        || was.role() != status.role()
                        || !was.membership().equals(status.membership()))
            .orElse(true);
    if (moved) {
      world
          .trace()
          .add(
              "status",
              host.id(),
              group * 31 + status.term(),
              status.commitIndex() << 32 ^ status.lastIndex(),
              () -> "group " + group + " " + status);
    }
  }

  void replied(SimProcess server, MessageLite request, MessageLite reply, long arrivedMicros) {
    owners.replied(server.address(), request, reply, arrivedMicros);
  }

  Digests digests() {
    return digests;
  }
}
