package io.flotilla.placement.model;

import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What operators have said about the whole cluster.
 *
 * @param balance whether placement evens out by itself; it repairs and drains in any case
 * @param goals how many shards a keyspace is to have at least, by its id; gone when it has
 * @param floors down to how many shards those of a keyspace are merged unasked, by its id: as many
 *     as it was created with, or as were asked for since
 */
public record Settings(
    boolean balance, SortedMap<Integer, Integer> goals, SortedMap<Integer, Integer> floors) {
  public static final Settings INITIAL = new Settings(true, new TreeMap<>(), new TreeMap<>());

  public Settings {
    goals = Collections.unmodifiableSortedMap(new TreeMap<>(goals));
    floors = Collections.unmodifiableSortedMap(new TreeMap<>(floors));
  }

  public Settings withBalance(boolean on) {
    return new Settings(on, goals, floors);
  }

  /**
   * @param shards 0 for no goal
   */
  public Settings withGoal(int keyspace, int shards) {
    return new Settings(balance, with(goals, keyspace, shards), floors);
  }

  /**
   * @param shards 0 for never
   */
  public Settings withFloor(int keyspace, int shards) {
    return new Settings(balance, goals, with(floors, keyspace, shards));
  }

  private static TreeMap<Integer, Integer> with(
      SortedMap<Integer, Integer> numbers, int keyspace, int shards) {
    TreeMap<Integer, Integer> changed = new TreeMap<>(numbers);
    if (shards == 0) {
      changed.remove(keyspace);
    } else {
      changed.put(keyspace, shards);
    }
    return changed;
  }
}
