package io.flotilla.placement.model;

/**
 * A job: a replica is to be replaced by one on another node. The shard's leader carries it out, and
 * it is over when the shard's own descriptor has the one and not the other.
 *
 * @param id of the job; the revision that began it
 * @param from id of the replica that leaves
 * @param to the replica that comes, with an id that was never used
 */
public record Move(long id, long shard, long from, Replica to) {
  /** Why no other move of the shard can begin, in words. */
  public String isInTheWay() {
    return String.format(
        "job %d is under way: it moves replica %d of shard %d to node %d; wait until it is done",
        id, from, shard, to.node());
  }

  /** Whether nothing is left to do: whoever was to leave is gone, and nobody is in between. */
  public boolean isOver(Shard now) {
    return now.replicas().stream()
        .noneMatch(replica -> replica.id() == from || replica.role().isChanging());
  }
}
