package io.flotilla.placement.model;

import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What operators have said about the whole cluster.
 *
 * @param balance whether placement evens out by itself; it repairs and drains in any case
 * @param goals how many shards a keyspace is to have at least, by its id; gone when it has
 */
public record Settings(boolean balance, SortedMap<Integer, Integer> goals) {
  public static final Settings INITIAL = new Settings(true, new TreeMap<>());

  public Settings {
    goals = Collections.unmodifiableSortedMap(new TreeMap<>(goals));
  }

  public Settings withBalance(boolean on) {
    return new Settings(on, goals);
  }

  /**
   * @param shards 0 for no goal
   */
  public Settings withGoal(int keyspace, int shards) {
    TreeMap<Integer, Integer> changed = new TreeMap<>(goals);
    if (shards == 0) {
      changed.remove(keyspace);
    } else {
      changed.put(keyspace, shards);
    }
    return new Settings(balance, changed);
  }
}
