package io.flotilla.placement.model;

import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A decision about one shard, or two, that is being carried out. A shard has one at most. Placement
 * keeps it and, at each report, derives from it the orders to those who have something to do; it is
 * over when the shard's group says so, never because placement believes it. So whichever member
 * leads placement next goes on with it, and an order of one that no longer leads does no harm: each
 * kind is fenced by what never comes back, an epoch or the id of a replica.
 */
public sealed interface Job permits Merge, Move, Recovery, Split, Transfer {
  /** The revision that began it; 0 as long as it is a wish. */
  long id();

  /** By which it is kept: the one that is to change. */
  long shard();

  /** All shards that can have no other job meanwhile. */
  default List<Long> shards() {
    return List.of(shard());
  }

  /** Who wanted it, or which rule; for people. */
  String reason();

  /** The same, begun. */
  Job begun(long id);

  /**
   * Why this cannot be done with the shard, one of {@link #shards}, as it is; nothing if it can.
   */
  Optional<String> misfit(Shard now);

  /**
   * What a shard's own newer descriptor means for this job; nothing if it goes on.
   *
   * @param now one of {@link #shards}
   * @param cutOff ids of the shards that were cut off from it
   * @param absorbed ids of the shards that it has taken in
   */
  Optional<Ending> endedBy(Shard now, Set<Long> cutOff, Set<Long> absorbed);

  /** Why somebody cannot end it any more; nothing if its steps so far can be left or undone. */
  default Optional<String> beyondCancelling(Shard now) {
    return Optional.empty();
  }

  /** Whether it may begin though that one of the shard is under way, which then is given up. */
  default boolean replaces(Job other) {
    return false;
  }

  /** What it does, as in "it moves ...". */
  String words();

  <R> R as(Kinds<R> kinds);

  /** Why no other job of the shard can begin, in words. */
  default String isInTheWay() {
    return String.format("job %d is under way: it %s; wait until it is done", id(), words());
  }

  /** One answer for each kind of job. */
  interface Kinds<R> {
    R merge(Merge merge);

    R move(Move move);

    R recovery(Recovery recovery);

    R split(Split split);

    R transfer(Transfer transfer);
  }
}
