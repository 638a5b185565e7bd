package io.flotilla.raft.runtime;

import io.flotilla.raft.core.GroupStatus;
import io.flotilla.raft.core.GroupStatus.PeerStatus;
import io.flotilla.raft.core.Membership;
import io.flotilla.raft.core.ReplicaId;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * How a leader whose disk hangs gets rid of its leadership. It still speaks, is heard and commits
 * what a quorum of others has on disk, so nobody would take its place; but it applies nothing, and
 * so answers nobody. Hence it asks one after the other to lead, whoever has most of the log first:
 * one of them may be just as badly off, and only keep silent. Who is away is refused at once.
 */
final class Retreat {
  private Request.@Nullable Transfer underWay;
  private int attempts;

  /** What to ask for now; empty while the last attempt is under way, and if there is nobody. */
  Optional<Request> next(Replica<?> leader, GroupStatus now) {
    if (underWay != null && !underWay.done.isDone()) {
      return Optional.empty();
    }
    List<ReplicaId> able = able(now);
    if (able.isEmpty()) {
      return Optional.empty();
    }
    ReplicaId to = able.get(attempts++ % able.size());
    underWay = new Request.Transfer(leader, Optional.of(to));
    return Optional.of(underWay);
  }

  /** The next time is the first one again. */
  void end() {
    underWay = null;
    attempts = 0;
  }

  private static List<ReplicaId> able(GroupStatus now) {
    return now.peers().stream()
        .filter(peer -> mayLead(peer.replica(), now.membership()))
        .sorted(Comparator.comparingLong(PeerStatus::match).reversed())
        .map(PeerStatus::replica)
        .toList();
  }

  private static boolean mayLead(ReplicaId replica, Membership membership) {
    return membership.voters().stream().anyMatch(voter -> voter.replica().equals(replica));
  }
}
