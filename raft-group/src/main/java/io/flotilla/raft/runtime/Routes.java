package io.flotilla.raft.runtime;

import io.flotilla.raft.core.Membership;
import io.flotilla.raft.core.Membership.Member;
import io.flotilla.raft.core.ReplicaId;
import io.flotilla.raft.port.NodeId;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Where a group's replicas live: as its membership says, and for a replica that this one has not
 * heard of yet, where its messages came from, so that it can be answered. Owned by a loop.
 */
final class Routes {
  private static final int STRANGERS_MAX = 16;

  private final Map<ReplicaId, NodeId> members = new HashMap<>();
  private final Map<ReplicaId, NodeId> strangers = new HashMap<>(0);

  Routes(Membership membership) {
    update(membership);
  }

  /** Who has left is still to be told that it has. */
  void update(Membership membership) {
    Map<ReplicaId, NodeId> former = new HashMap<>(members);
    members.clear();
    add(membership.voters());
    add(membership.outgoing());
    add(membership.learners());
    strangers.keySet().removeAll(members.keySet());
    former.forEach(this::learn);
  }

  private void add(List<Member> some) {
    for (Member member : some) {
      members.put(member.replica(), new NodeId(member.node()));
    }
  }

  void learn(ReplicaId replica, NodeId node) {
    if (!members.containsKey(replica)
        && (strangers.size() < STRANGERS_MAX || strangers.containsKey(replica))) {
      strangers.put(replica, node);
    }
  }

  @Nullable NodeId nodeOf(ReplicaId replica) {
    NodeId node = members.get(replica);
    return node != null ? node : strangers.get(replica);
  }
}
