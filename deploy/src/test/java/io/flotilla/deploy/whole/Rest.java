package io.flotilla.deploy.whole;

import io.flotilla.placement.model.ClusterView;
import io.flotilla.placement.model.Replica;
import io.flotilla.placement.model.Revised;
import io.flotilla.placement.model.Shard;
import io.flotilla.raft.core.GroupStatus;
import io.flotilla.raft.core.GroupStatus.RoleName;
import io.flotilla.raft.core.Membership;
import io.flotilla.raft.core.ReplicaId;
import io.flotilla.raft.sim.World;
import io.flotilla.router.client.AdminClient;
import io.flotilla.shard.host.HostedShard;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * How a healed cluster has to be before long: every shard has its replicas on different nodes that
 * are alive, each node holds what the map says and nothing else, no job is left, and placement
 * would begin none. One thread.
 */
final class Rest {
  private static final long LOOK_MICROS = 1_000_000;

  /** As long as placement finds nothing to do, twice in a row. */
  private static final int EMPTY_PLANS = 2;

  private final WholeCluster whole;
  private final World world;
  private final AdminClient admin;
  private boolean goalIsDropped;
  private int emptyPlans;
  private long lookedMicros = -1;
  private Optional<String> missing = Optional.of("nobody has looked");

  Rest(WholeCluster whole) {
    this.whole = whole;
    this.world = whole.world();
    this.admin = whole.users().get(0).client().admin();
  }

  void begin() {
    if (goalIsDropped) {
      admin
          .explainPlan()
          .whenComplete(
              (plan, failure) ->
                  emptyPlans = failure == null && plan.planned().isEmpty() ? emptyPlans + 1 : 0);
    } else {
      // Else it would be tried for ever to cut what holds a single key.
      admin
          .addShards("default", 0, false)
          .whenComplete((told, failure) -> goalIsDropped = failure == null);
    }
    world.clock().after(LOOK_MICROS, this::begin);
  }

  /** Looks not more often than anything can have changed that takes time. */
  private boolean isReached() {
    if (world.clock().nowMicros() - lookedMicros >= LOOK_MICROS / 10) {
      lookedMicros = world.clock().nowMicros();
      missing = whatIsMissing();
    }
    return missing.isEmpty();
  }

  /** Waits until it is reached, which is promised within so long. */
  void await(long micros) {
    if (!whole.within(micros, this::isReached)) {
      throw new AssertionError("LIVENESS: no rest: " + missing + new Picture(whole));
    }
  }

  private Optional<String> whatIsMissing() {
    if (emptyPlans < EMPTY_PLANS) {
      return Optional.of("the plan is not empty");
    }
    ClusterView view = whole.newestView().orElseThrow();
    if (!view.jobs().isEmpty()) {
      return Optional.of("jobs " + view.jobs().values());
    }
    for (Revised<Shard> each : view.shards().values()) {
      Optional<String> wrong = wrongWith(each.value(), view);
      if (wrong.isPresent()) {
        return wrong;
      }
    }
    return whole.nodes().stream()
        .filter(SimNode::isUp)
        .flatMap(node -> leftOn(node, view).stream())
        .findFirst();
  }

  private Optional<String> wrongWith(Shard shard, ClusterView view) {
    Set<Long> on = new HashSet<>();
    boolean leads = false;
    for (Replica replica : shard.replicas()) {
      Optional<SimNode> node = nodeOf(replica.node());
      boolean fits =
          replica.isVoter()
              && on.add(replica.node())
              && node.isPresent()
              && view.node(replica.node()).filter(known -> !known.isDraining()).isPresent();
      if (!fits) {
        return Optional.of(replica + " of " + shard + " is where it cannot stay");
      }
      Optional<GroupStatus> status = statusOn(node.get(), shard.id());
      if (status.isEmpty() || !agrees(status.get(), shard)) {
        return Optional.of(shard + " is not so on node " + replica.node() + ": " + status);
      }
      leads |= status.get().role() == RoleName.LEADER;
    }
    boolean many = on.size() == whole.policy().replicas();
    return many && leads
        ? Optional.empty()
        : Optional.of(shard + " has no leader, or few replicas");
  }

  private static boolean agrees(GroupStatus status, Shard shard) {
    Membership now = status.membership();
    Set<ReplicaId> voters = new HashSet<>();
    now.voters().forEach(voter -> voters.add(voter.replica()));
    return !now.isJoint()
        && now.everybody().size() == shard.replicas().size()
        && shard.replicas().stream().allMatch(r -> voters.contains(new ReplicaId(r.id())));
  }

  private Optional<SimNode> nodeOf(long id) {
    return whole.nodes().stream().filter(node -> node.node() == id && node.isUp()).findFirst();
  }

  private static Optional<GroupStatus> statusOn(SimNode node, long shard) {
    return node.shards().stream()
        .filter(hosted -> hosted.descriptor().getId() == shard)
        .map(hosted -> hosted.group().status())
        .findFirst();
  }

  private Optional<String> leftOn(SimNode node, ClusterView view) {
    Map<Long, Long> wanted = new TreeMap<>();
    view.shardsSince(0)
        .forEach(
            shard ->
                shard
                    .replicaOn(node.node())
                    .ifPresent(replica -> wanted.put(shard.id(), replica.id())));
    Map<Long, Long> open = new TreeMap<>();
    for (HostedShard shard : node.shards()) {
      open.put(shard.descriptor().getId(), shard.group().status().replica().value());
    }
    LostPasts pasts = whole.judges().owners().pasts();
    // Of what has never begun placement knows nothing, and so lets it lie.
    open.keySet().removeIf(pasts::hasNeverBegun);
    List<Long> kept =
        node.found().stream()
            .map(state -> state.shard().getId())
            .filter(shard -> !pasts.hasNeverBegun(shard))
            .sorted()
            .toList();
    boolean right = open.equals(wanted) && kept.equals(List.copyOf(wanted.keySet()));
    return right
        ? Optional.empty()
        : Optional.of(
            "node %d has shard=replica %s open and keeps shards %s, the map says %s"
                .formatted(node.node(), open, kept, wanted));
  }

  /** Of all replicas, which have applied the same by now. */
  void checkDigests() {
    for (SimNode node : whole.nodes()) {
      node.shards().forEach(shard -> whole.judges().digests().compare(node, shard));
    }
  }
}
