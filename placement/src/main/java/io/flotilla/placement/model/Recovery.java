package io.flotilla.placement.model;

import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A job: a shard that has lost its majority for good goes on with one replica, and whatever only
 * the lost ones had is gone. Over when its descriptor has no other replica. Fenced by the replica's
 * id, by the epoch that it was planned at, and by the term in which the replica's log ended then: a
 * group that has come to a newer one of either is alive, or has gone on already.
 *
 * @param lastTerm of the survivor's log
 */
public record Recovery(
    long id, long shard, Epoch expected, Replica survivor, long lastTerm, String reason)
    implements Job {
  @Override
  public Recovery begun(long newId) {
    return new Recovery(newId, shard, expected, survivor, lastTerm, reason);
  }

  @Override
  public Optional<String> misfit(Shard now) {
    if (!now.epoch().equals(expected)) {
      return Optional.of(
          String.format("shard %d is at epoch %s, not %s", shard, now.epoch(), expected));
    }
    return now.replica(survivor.id()).isPresent()
        ? Optional.empty()
        : Optional.of("shard " + shard + " has no replica " + survivor.id());
  }

  /** Whether the shard has nobody else any more. */
  private boolean isOver(Shard now) {
    return now.replicas()
        .equals(List.of(new Replica(survivor.node(), survivor.id(), Replica.Role.VOTER)));
  }

  @Override
  public Optional<Ending> endedBy(Shard now, Set<Long> cutOff, Set<Long> absorbed) {
    if (!now.epoch().isNewerThan(expected)) {
      return Optional.empty();
    }
    return Optional.of(
        isOver(now)
            ? Ending.done(
                "replica " + survivor.id() + " on node " + survivor.node() + " goes on alone")
            : Ending.givenUp(
                String.format(
                    "shard %d came to epoch %s: its group is alive", shard, now.epoch())));
  }

  /** What waits for a majority waits in vain. A merge is taken back first, for it has two sides. */
  @Override
  public boolean replaces(Job other) {
    return !(other instanceof Merge) && !(other instanceof Recovery);
  }

  @Override
  public String words() {
    return String.format(
        "recovers shard %d with replica %d on node %d alone",
        shard, survivor.id(), survivor.node());
  }

  @Override
  public <R> R as(Kinds<R> kinds) {
    return kinds.recovery(this);
  }
}
