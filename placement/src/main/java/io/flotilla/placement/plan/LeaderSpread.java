package io.flotilla.placement.plan;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Chooses which replica of each shard should lead, so that the busiest node leads as few shards as
 * the placement of the replicas allows. First greedily; then, as long as some node leads two more
 * than one it could relieve itself on, through any chain of shards, leaders move along that chain.
 */
final class LeaderSpread {
  private record Step(int shard, long from) {}

  private final List<List<Long>> placements;
  private final long[] leaders;
  private final Map<Long, Integer> led = new TreeMap<>();
  private final Map<Long, List<Integer>> shardsOf = new HashMap<>();

  private LeaderSpread(List<List<Long>> placements) {
    this.placements = placements;
    this.leaders = new long[placements.size()];
    for (int shard = 0; shard < placements.size(); shard++) {
      for (long node : placements.get(shard)) {
        led.put(node, 0);
        shardsOf.computeIfAbsent(node, id -> new ArrayList<>()).add(shard);
      }
    }
  }

  /**
   * The node that should lead each shard.
   *
   * @param placements nodes of each shard
   */
  static List<Long> over(List<List<Long>> placements, NodeLoads loads) {
    LeaderSpread spread = new LeaderSpread(placements);
    spread.chooseGreedily(loads);
    return spread.chosen();
  }

  /**
   * The node that should lead each shard, with no more changes than evenness needs.
   *
   * @param placements nodes that may lead each shard, the one that does so now among them
   * @param now that node
   */
  static List<Long> from(List<List<Long>> placements, List<Long> now) {
    LeaderSpread spread = new LeaderSpread(placements);
    for (int shard = 0; shard < spread.leaders.length; shard++) {
      spread.lead(shard, now.get(shard));
    }
    return spread.chosen();
  }

  private List<Long> chosen() {
    boolean better;
    do {
      better = relieveTheBusiest();
    } while (better);
    List<Long> chosen = new ArrayList<>(leaders.length);
    for (long leader : leaders) {
      chosen.add(leader);
    }
    return chosen;
  }

  private void lead(int shard, long node) {
    leaders[shard] = node;
    led.merge(node, 1, Integer::sum);
  }

  private void chooseGreedily(NodeLoads loads) {
    Comparator<Long> order =
        Comparator.<Long>comparingInt(led::get)
            .thenComparingInt(loads::preferredLeadersOn)
            .thenComparing(Comparator.naturalOrder());
    for (int shard = 0; shard < leaders.length; shard++) {
      long leader = Collections.min(placements.get(shard), order);
      lead(shard, leader);
    }
  }

  private boolean relieveTheBusiest() {
    if (led.isEmpty()) {
      return false;
    }
    int most = Collections.max(led.values());
    if (most - Collections.min(led.values()) < 2) {
      return false;
    }
    for (Map.Entry<Long, Integer> node : led.entrySet()) {
      if (node.getValue() == most && relieve(node.getKey(), most - 2)) {
        return true;
      }
    }
    return false;
  }

  /**
   * Looks, nearest first, for a node that leads at most {@code enough}, and moves leaders to it.
   */
  private boolean relieve(long busiest, int enough) {
    Map<Long, Step> reached = new HashMap<>();
    Deque<Long> frontier = new ArrayDeque<>(List.of(busiest));
    while (!frontier.isEmpty()) {
      long from = frontier.remove();
      Optional<Long> idle = spreadFrom(from, busiest, enough, reached, frontier);
      if (idle.isPresent()) {
        moveAlong(idle.get(), busiest, reached);
        return true;
      }
    }
    return false;
  }

  private Optional<Long> spreadFrom(
      long from, long busiest, int enough, Map<Long, Step> reached, Deque<Long> frontier) {
    for (int shard : shardsOf.getOrDefault(from, List.of())) {
      if (leaders[shard] != from) {
        continue;
      }
      for (long to : placements.get(shard)) {
        if (to != busiest && reached.putIfAbsent(to, new Step(shard, from)) == null) {
          if (led.getOrDefault(to, 0) <= enough) {
            return Optional.of(to);
          }
          frontier.add(to);
        }
      }
    }
    return Optional.empty();
  }

  private void moveAlong(long idle, long busiest, Map<Long, Step> reached) {
    long to = idle;
    while (to != busiest) {
      Step step = Optional.ofNullable(reached.get(to)).orElseThrow();
      leaders[step.shard()] = to;
      to = step.from();
    }
    led.merge(idle, 1, Integer::sum);
    led.merge(busiest, -1, Integer::sum);
  }
}
