package io.flotilla.placement.model;

import java.util.Optional;
import java.util.Set;

/**
 * A job: a shard gets a replica on a node, in place of another one or beside those that it has; or
 * one that is lost is left out, so that another may come where it was. The shard's leader carries
 * it out, and the shard's own descriptor says when it is over: when who was to leave is gone, or,
 * if nobody was, when the shard has another number of voters than it began with. By that it is
 * fenced, and by the id of the replica that comes.
 *
 * @param id of the job; the revision that began it
 * @param from id of the replica that leaves; 0 if none does
 * @param to the replica that comes, with an id that was never used; the one that leaves, if none
 *     comes in its place
 * @param voters how many the shard has when this is done, if none leaves; otherwise 0
 */
public record Move(long id, long shard, long from, Replica to, int voters, String reason)
    implements Job {
  public Move {
    if ((from == 0) == (voters == 0) || from < 0 || voters < 0) {
      throw new IllegalArgumentException(
          String.format(
              "replica %d leaves, and then there are %d voters; exactly one of the two is said",
              from, voters));
    }
  }

  /** One replica in place of another. */
  public Move(long id, long shard, long from, Replica to, String reason) {
    this(id, shard, from, to, 0, reason);
  }

  /** Without a reason, as jobs were at first. */
  public Move(long id, long shard, long from, Replica to) {
    this(id, shard, from, to, "");
  }

  @Override
  public Move begun(long newId) {
    return new Move(newId, shard, from, to, voters, reason);
  }

  /** Whether nobody leaves for who comes. */
  public boolean isAddition() {
    return from == 0;
  }

  /** Whether nobody comes for who leaves. */
  public boolean isLeavingOut() {
    return from == to.id();
  }

  /** Whether it brings a replica to this node. */
  public boolean comesTo(long node) {
    return to.node() == node && !isLeavingOut();
  }

  /** Whether it takes a replica off this node, by its shard as the map has it. */
  public boolean leaves(long node, Shard now) {
    return now.replica(from).filter(replica -> replica.node() == node).isPresent();
  }

  /** Whether it takes a replica off this node. */
  public boolean leaves(long node, ClusterView now) {
    return now.shard(shard).filter(found -> leaves(node, found)).isPresent();
  }

  @Override
  public Optional<String> misfit(Shard now) {
    if (isAddition() && !mayBeAdded(now)) {
      return Optional.of(
          String.format(
              "shard %d has %d voters; with one more there were to be %d",
              shard, now.voters(), voters));
    }
    if (!isAddition() && now.replica(from).isEmpty()) {
      return Optional.of("shard " + shard + " has no replica " + from);
    }
    if (isLeavingOut()) {
      return now.voters() > 1
          ? Optional.empty()
          : Optional.of("shard " + shard + " has no replica but " + from);
    }
    return now.replicaOn(to.node())
        .map(there -> "node " + to.node() + " holds a replica of shard " + shard + " already");
  }

  private boolean mayBeAdded(Shard now) {
    return now.voters() + 1 == voters;
  }

  /**
   * Whether nothing is left to do: whoever was to leave is gone, or the number of voters is not the
   * one to which one was to be added; and nobody is in between.
   */
  public boolean isOver(Shard now) {
    return !now.isJoint() && (isAddition() ? !mayBeAdded(now) : now.replica(from).isEmpty());
  }

  @Override
  public Optional<Ending> endedBy(Shard now, Set<Long> cutOff, Set<Long> absorbed) {
    if (!isOver(now)) {
      return whoTookThePlace(now)
          .map(other -> Ending.givenUp("replica " + other.id() + " is on node " + to.node()));
    }
    if (isLeavingOut()) {
      return Optional.of(Ending.done("replica " + from + " on node " + to.node() + " is left out"));
    }
    if (now.replica(to.id()).filter(there -> !isAddition() || there.isVoter()).isPresent()) {
      String where = "replica " + to.id() + " on node " + to.node();
      return Optional.of(Ending.done(where + (isAddition() ? " is added" : " is in its place")));
    }
    return Optional.of(
        Ending.givenUp(
            isAddition()
                ? String.format(
                    "shard %d has %d voters by something else; replica %d was to make %d of them",
                    shard, now.voters(), to.id(), voters)
                : "replica " + from + " left, but not for replica " + to.id()));
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
    boolean switching = now.replica(to.id()).map(Replica::role).filter(this::isBegun).isPresent();
    if (!switching) {
      return Optional.empty();
    }
    if (isLeavingOut()) {
      return Optional.of("the group is leaving replica " + from + " out already");
    }
    String change =
        isAddition()
            ? "taking in replica " + to.id()
            : "changing from replica " + from + " to " + to.id();
    return Optional.of("the group is " + change + " already; it will be done in a moment");
  }

  /** Of whom it is about. */
  private boolean isBegun(Replica.Role role) {
    return isLeavingOut() ? role == Replica.Role.OUTGOING : role != Replica.Role.LEARNER;
  }

  @Override
  public String words() {
    if (isLeavingOut()) {
      return String.format("leaves replica %d of shard %d out", from, shard);
    }
    return isAddition()
        ? String.format("adds a replica of shard %d on node %d", shard, to.node())
        : String.format("moves replica %d of shard %d to node %d", from, shard, to.node());
  }

  @Override
  public <R> R as(Kinds<R> kinds) {
    return kinds.move(this);
  }
}
