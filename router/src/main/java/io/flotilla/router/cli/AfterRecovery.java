package io.flotilla.router.cli;

import io.flotilla.router.client.ClusterStatus;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * What is left to do about nodes that are gone for good, once shards went on without them. Shards
 * that kept their majority still have replicas there: these are replaced only where somebody may
 * take them, and only while more than half of the nodes are heard, as placement's rules have it.
 */
final class AfterRecovery {
  private final ClusterStatus status;
  private final SortedSet<Long> empty = new TreeSet<>();
  private final SortedSet<Long> holding = new TreeSet<>();

  /**
   * @param dead nodes that are in the cluster still
   */
  AfterRecovery(ClusterStatus status, SortedSet<Long> dead) {
    this.status = status;
    dead.forEach(node -> (shardsOn(node) == 0 ? empty : holding).add(node));
  }

  /** Nodes that can be removed now. */
  SortedSet<Long> empty() {
    return empty;
  }

  /** What has to be done first about the others, for people; nothing if there are none. */
  List<String> steps() {
    if (holding.isEmpty()) {
      return List.of();
    }
    List<String> steps = new ArrayList<>();
    holding.forEach(
        node ->
            steps.add("Node %d cannot be removed yet: %s.".formatted(node, held(shardsOn(node)))));
    long there = status.shards().stream().filter(this::hasReplicaThere).count();
    long stuck = status.shards().stream().filter(this::isStuck).count();
    if (stuck > 0) {
      steps.add(
          "Shards there without a majority, %d, come first: shard recover says what is in the way."
              .formatted(stuck));
    }
    if (stuck < there) {
      steps.add(wayToReplace());
    }
    steps.add("Then node why says of each when it can be removed.");
    return steps;
  }

  private static String held(long shards) {
    return shards == 1 ? "1 shard has a replica there" : shards + " shards have a replica there";
  }

  private String wayToReplace() {
    long toBeHeard = missingToBeHeard();
    long toTakeThem = missingToTakeThem();
    if (toBeHeard + toTakeThem == 0) {
      return "What they hold is replaced by itself; job watch shows it.";
    }
    long more = Math.max(toBeHeard, toTakeThem);
    return "First add %s: %s. Then what they hold is replaced by itself."
        .formatted(
            more == 1 ? "a node" : more + " nodes",
            toBeHeard > 0
                ? "while half of the nodes are silent, placement begins nothing"
                : "no node that is left may take what they hold");
  }

  /** How many nodes more make those that are silent less than half, when the empty are removed. */
  private long missingToBeHeard() {
    long all = status.nodes().stream().filter(node -> !empty.contains(node.id())).count();
    long silent =
        status.nodes().stream().filter(node -> !empty.contains(node.id()) && !node.alive()).count();
    return silent == 0 ? 0 : Math.max(0, 2 * silent - all + 1);
  }

  /** No node holds two replicas of a shard. */
  private long missingToTakeThem() {
    return status.shards().stream()
        .filter(shard -> !isStuck(shard))
        .mapToLong(shard -> Math.max(0, countOnHolding(shard) - free(shard)))
        .max()
        .orElse(0);
  }

  private long free(ClusterStatus.Shard shard) {
    return status.nodes().stream()
        .filter(node -> node.alive() && !node.draining())
        .filter(node -> !holding.contains(node.id()) && !isOn(shard, node.id()))
        .count();
  }

  /** Whether it has replicas there, and no majority elsewhere. */
  private boolean isStuck(ClusterStatus.Shard shard) {
    long voters = shard.replicas().stream().filter(each -> !each.learner()).count();
    long alive =
        shard.replicas().stream()
            .filter(each -> !each.learner() && each.takesPart() && !holding.contains(each.node()))
            .count();
    return hasReplicaThere(shard) && alive <= voters / 2;
  }

  private boolean hasReplicaThere(ClusterStatus.Shard shard) {
    return countOnHolding(shard) > 0;
  }

  private long countOnHolding(ClusterStatus.Shard shard) {
    return shard.replicas().stream().filter(each -> holding.contains(each.node())).count();
  }

  private long shardsOn(long node) {
    return status.shards().stream().filter(shard -> isOn(shard, node)).count();
  }

  private static boolean isOn(ClusterStatus.Shard shard, long node) {
    return shard.replicas().stream().anyMatch(each -> each.node() == node);
  }
}
