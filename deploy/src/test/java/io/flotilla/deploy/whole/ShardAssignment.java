package io.flotilla.deploy.whole;

import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.IntStream;

/**
 * What the course calls a configuration: which group holds which shard. Groups hold equally many of
 * the first {@code counted} shards within one, and nothing moves that need not.
 */
record ShardAssignment(Map<Integer, Integer> groups, int counted) {
  /** All shards on one group. */
  static ShardAssignment allOn(int group, int shards, int counted) {
    Map<Integer, Integer> groups = new TreeMap<>();
    IntStream.range(0, shards).forEach(shard -> groups.put(shard, group));
    return new ShardAssignment(groups, counted);
  }

  int groupOf(int shard) {
    return groups.get(shard);
  }

  /** Those of the counted ones that a group holds. */
  List<Integer> shardsOf(int group) {
    return IntStream.range(0, counted).filter(shard -> groupOf(shard) == group).boxed().toList();
  }

  private Set<Integer> members() {
    return new TreeSet<>(groups.values());
  }

  ShardAssignment joined(List<Integer> joining) {
    Set<Integer> members = members();
    members.addAll(joining);
    ShardAssignment next = new ShardAssignment(new TreeMap<>(groups), counted);
    next.even(members);
    return next;
  }

  /** Some group stays. */
  ShardAssignment left(List<Integer> leaving) {
    Set<Integer> members = members();
    members.removeAll(leaving);
    ShardAssignment next = new ShardAssignment(new TreeMap<>(groups), counted);
    groups.forEach(
        (shard, group) -> {
          if (!members.contains(group)) {
            next.groups.put(shard, next.least(members));
          }
        });
    next.even(members);
    return next;
  }

  private int least(Set<Integer> members) {
    return members.stream()
        .min(Comparator.comparing(group -> shardsOf(group).size()))
        .orElseThrow();
  }

  private void even(Set<Integer> members) {
    while (true) {
      int least = least(members);
      int most = members.stream().max(Comparator.comparing(g -> shardsOf(g).size())).orElseThrow();
      List<Integer> many = shardsOf(most);
      if (many.size() - shardsOf(least).size() <= 1) {
        return;
      }
      groups.put(many.get(many.size() - 1), least);
    }
  }
}
