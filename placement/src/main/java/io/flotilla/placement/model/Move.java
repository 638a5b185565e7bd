package io.flotilla.placement.model;

import java.util.Optional;
import java.util.Set;

/**
 * A job: a replica is to be replaced by one on another node. The shard's leader carries it out, and
 * it is over when the shard's own descriptor has the one and not the other. Fenced by the ids of
 * both replicas.
 *
 * @param id of the job; the revision that began it
 * @param from id of the replica that leaves
 * @param to the replica that comes, with an id that was never used
 */
public record Move(long id, long shard, long from, Replica to, String reason) implements Job {
  /** Without a reason, as jobs were at first. */
  public Move(long id, long shard, long from, Replica to) {
    this(id, shard, from, to, "");
  }

  @Override
  public Move begun(long newId) {
    return new Move(newId, shard, from, to, reason);
  }

  @Override
  public Optional<String> misfit(Shard now) {
    if (now.replica(from).isEmpty()) {
      return Optional.of("shard " + shard + " has no replica " + from);
    }
    return now.replicaOn(to.node())
        .map(there -> "node " + to.node() + " holds a replica of shard " + shard + " already");
  }

  /** Whether nothing is left to do: whoever was to leave is gone, and nobody is in between. */
  public boolean isOver(Shard now) {
    return now.replica(from).isEmpty() && !now.isJoint();
  }

  @Override
  public Optional<Ending> endedBy(Shard now, Set<Long> cutOff, Set<Long> absorbed) {
    if (!isOver(now)) {
      return whoTookThePlace(now)
          .map(other -> Ending.givenUp("replica " + other.id() + " is on node " + to.node()));
    }
    return Optional.of(
        now.replica(to.id()).isPresent()
            ? Ending.done("replica " + to.id() + " on node " + to.node() + " is in its place")
            : Ending.givenUp("replica " + from + " left, but not for replica " + to.id()));
  }

  /** One whose job was given up when the group had begun to take it in, which was not known yet. */
  private Optional<Replica> whoTookThePlace(Shard now) {
    return now.replicaOn(to.node())
        .filter(there -> there.id() != to.id())
        .filter(
            there -> there.role() == Replica.Role.VOTER || there.role() == Replica.Role.INCOMING);
  }

  @Override
  public Optional<String> beyondCancelling(Shard now) {
    boolean switching =
        now.replica(to.id()).filter(replica -> replica.role() != Replica.Role.LEARNER).isPresent();
    return switching
        ? Optional.of(
            String.format(
                "the group is changing from replica %d to %d already; it will be done in a moment",
                from, to.id()))
        : Optional.empty();
  }

  @Override
  public String words() {
    return String.format("moves replica %d of shard %d to node %d", from, shard, to.node());
  }

  @Override
  public <R> R as(Kinds<R> kinds) {
    return kinds.move(this);
  }
}
