package io.flotilla.placement.model;

import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What operators have said about the whole cluster.
 *
 * @param balance whether placement evens out by itself; it repairs and drains in any case
 * @param goals how many shards a keyspace is to have at least, by its id; gone when it has
 * @param floors down to how many shards those of a keyspace are merged unasked, by its id: as many
 *     as it was created with, or as were asked for since
 * @param members of placement's own group, by id: those that are to belong to it, and those that
 *     did. The ones that the group began with are here as soon as a leader has said where they are
 */
public record Settings(
    boolean balance,
    SortedMap<Integer, Integer> goals,
    SortedMap<Integer, Integer> floors,
    SortedMap<Long, Member> members) {
  public static final Settings INITIAL =
      new Settings(true, new TreeMap<>(), new TreeMap<>(), new TreeMap<>());

  public Settings {
    goals = Collections.unmodifiableSortedMap(new TreeMap<>(goals));
    floors = Collections.unmodifiableSortedMap(new TreeMap<>(floors));
    members = Collections.unmodifiableSortedMap(new TreeMap<>(members));
  }

  public Settings withBalance(boolean on) {
    return new Settings(on, goals, floors, members);
  }

  /** With one more, or with this one as it is now. */
  public Settings withMember(Member member) {
    TreeMap<Long, Member> changed = new TreeMap<>(members);
    changed.put(member.id(), member);
    return new Settings(balance, goals, floors, changed);
  }

  /** With this one removed, which must be there. */
  public Settings withoutMember(long id) {
    return withMember(Objects.requireNonNull(members.get(id)).leaving());
  }

  public Optional<Member> member(long id) {
    return Optional.ofNullable(members.get(id));
  }

  /** Those that are to belong to the group, by id. */
  public List<Member> lastingMembers() {
    return members.values().stream().filter(member -> !member.removed()).toList();
  }

  /**
   * @param shards 0 for no goal
   */
  public Settings withGoal(int keyspace, int shards) {
    return new Settings(balance, with(goals, keyspace, shards), floors, members);
  }

  /**
   * @param shards 0 for never
   */
  public Settings withFloor(int keyspace, int shards) {
    return new Settings(balance, goals, with(floors, keyspace, shards), members);
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
