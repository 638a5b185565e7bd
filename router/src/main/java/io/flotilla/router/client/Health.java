package io.flotilla.router.client;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * A verdict on a cluster.
 *
 * @param summary one line: {@code healthy: can lose 1 of 3 nodes}
 * @param problems one line each, worst first
 * @param nodesToLose how many nodes may still fail, whichever they are, with every shard serving
 */
public record Health(Level level, String summary, List<String> problems, int nodesToLose) {
  /** Better first. */
  public enum Level {
    HEALTHY,
    /** Everything is served, but some replica or member is missing, or has yet to be added. */
    DEGRADED,
    /** Some shard cannot be served now. */
    UNAVAILABLE
  }

  public Health {
    problems = List.copyOf(problems);
  }

  static Health of(ClusterStatus status) {
    return new Diagnosis(status).health();
  }

  private static final class Diagnosis {
    private final ClusterStatus status;
    private final List<String> problems = new ArrayList<>();

    /** Nodes that serve, though placement does not hear them. */
    private final Set<Long> heardByOthers;

    Diagnosis(ClusterStatus status) {
      this.status = status;
      this.heardByOthers =
          status.nodes().stream()
              .filter(node -> !node.alive() && node.heardBy() > 0)
              .map(ClusterStatus.Node::id)
              .collect(Collectors.toSet());
    }

    Health health() {
      long withoutQuorum = status.shards().stream().filter(s -> spare(s) < 0).count();
      long withoutHeardLeader = status.shards().stream().filter(this::isLedUnheardIfAtAll).count();
      long withoutLeader =
          status.shards().stream()
              .filter(s -> spare(s) >= 0 && s.leaderNode().isEmpty() && !isLedUnheardIfAtAll(s))
              .count();
      long thinned = status.shards().stream().filter(s -> spare(s) >= 0 && missing(s) > 0).count();
      int spare = status.shards().stream().mapToInt(Diagnosis::spare).min().orElse(0);
      report(withoutQuorum, "without a majority of replicas alive");
      report(withoutLeader, "without a known leader");
      report(withoutHeardLeader, "that may be led where placement does not hear it");
      report(thinned, "with a replica missing");
      report(
          status.shards().stream().filter(s -> s.lacking() > 0).count(),
          "with fewer replicas than asked for, %d lacking"
              .formatted(status.shards().stream().mapToInt(ClusterStatus.Shard::lacking).sum()));
      for (ClusterStatus.Node node : status.nodes()) {
        long lost = lostOn(node);
        if (node.alive() && lost > 0) {
          problems.add(
              "node %d (%s) is alive, but has lost %d of its replicas"
                  .formatted(node.id(), node.address(), lost));
        }
        if (!node.alive()) {
          problems.add(
              "node %d (%s) silent for %.1f s%s"
                  .formatted(
                      node.id(),
                      node.address(),
                      node.silentMillis() / 1000.0,
                      node.heardBy() == 0
                          ? ""
                          : " towards placement, but heard by " + node.heardBy() + " others"));
        }
      }
      for (ClusterStatus.Member member : status.members()) {
        if (!member.heard()) {
          problems.add(
              "placement member %d (%s) is not heard".formatted(member.id(), member.address()));
        }
      }
      if (status.nodes().isEmpty()) {
        problems.add("no node has registered yet");
      } else if (status.shards().isEmpty()) {
        problems.add("no keyspace yet: too few nodes have registered");
      }
      boolean down = withoutQuorum + withoutLeader > 0 || status.shards().isEmpty();
      Level level = down ? Level.UNAVAILABLE : problems.isEmpty() ? Level.HEALTHY : Level.DEGRADED;
      return new Health(level, summary(level, Math.max(0, spare)), problems, Math.max(0, spare));
    }

    private void report(long shards, String what) {
      if (shards > 0) {
        problems.add("%d of %d shards %s".formatted(shards, status.shards().size(), what));
      }
    }

    private String summary(Level level, int spare) {
      long alive = status.nodes().stream().filter(ClusterStatus.Node::alive).count();
      return switch (level) {
        case HEALTHY -> "healthy: can lose %d of %d nodes".formatted(spare, alive);
        case DEGRADED ->
            spare == 0
                ? "degraded: can lose no further node of %d".formatted(alive)
                : "degraded: can lose %d of %d nodes".formatted(spare, alive);
        case UNAVAILABLE -> "unavailable: " + problems.get(0);
      };
    }

    /** Voters that this shard can lose before it stops serving; negative if it has stopped. */
    private static int spare(ClusterStatus.Shard shard) {
      long voters = shard.replicas().stream().filter(r -> !r.learner()).count();
      long able = shard.replicas().stream().filter(r -> !r.learner() && r.takesPart()).count();
      return (int) (able - (voters / 2 + 1));
    }

    private boolean isLedUnheardIfAtAll(ClusterStatus.Shard shard) {
      return spare(shard) >= 0
          && shard.leaderNode().isEmpty()
          && shard.replicas().stream()
              .anyMatch(r -> !r.learner() && heardByOthers.contains(r.node()));
    }

    private static long missing(ClusterStatus.Shard shard) {
      return shard.replicas().stream().filter(r -> !r.takesPart()).count();
    }

    private long lostOn(ClusterStatus.Node node) {
      return status.shards().stream()
          .flatMap(shard -> shard.replicas().stream())
          .filter(replica -> replica.node() == node.id() && replica.lost())
          .count();
    }
  }
}
