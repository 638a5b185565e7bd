package io.flotilla.raft.runtime;

import io.flotilla.raft.core.GroupId;
import io.flotilla.raft.core.Membership;
import io.flotilla.raft.core.Position;
import io.flotilla.raft.core.ReplicaId;

/**
 * A replica to be opened. All but the first two is used only if the log knows nothing of the group.
 *
 * @param initial the group's first membership; of one that joins later, nobody: it hears from its
 *     leader
 * @param begin the log begins behind it, and the state is as of it. Equal for all first members;
 *     {@link Position#ZERO} for one that joins later. Where it is not zero, who joins cannot be
 *     sent the log from its first entry, but gets a snapshot, so that its state need not begin
 *     where those of the first members began (as in TiKV, whose logs begin behind index 5 of term
 *     5)
 * @param generation under which the new group's state lies
 * @param campaignFirst a new replica campaigns at once, and again until its peers are there: given
 *     to one replica of a new group, so that leaders start where they are wanted
 */
public record GroupSpec(
    GroupId id,
    ReplicaId self,
    Membership initial,
    Position begin,
    long generation,
    boolean campaignFirst) {
  public GroupSpec {
    if (begin.index() == 0 ? begin.term() != 0 : begin.term() < 1) {
      throw new IllegalArgumentException("a log cannot begin behind " + begin);
    }
  }

  /** Of a group whose log begins at its first entry. */
  public GroupSpec(
      GroupId id, ReplicaId self, Membership initial, long generation, boolean campaignFirst) {
    this(id, self, initial, Position.ZERO, generation, campaignFirst);
  }
}
