package io.flotilla.raft.runtime;

import io.flotilla.raft.core.Membership;
import io.flotilla.raft.core.Membership.Member;
import io.flotilla.raft.core.ReplicaId;
import io.flotilla.raft.port.NodeId;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Where a group's replicas live: as its membership says; of those who have left it, where they did,
 * so that they can be told; and of a replica that this one has not heard of yet, where its messages
 * came from, so that it can be answered. Of the last two kinds only the latest are known: whoever
 * was forgotten is known again when he speaks. Owned by a loop.
 */
final class Routes {
  /** Of each kind. */
  private static final int OTHERS_MAX = 16;

  private final Map<ReplicaId, NodeId> members = new HashMap<>();
  private final Map<ReplicaId, NodeId> departed = new LinkedHashMap<>(0);
  private final Map<ReplicaId, NodeId> strangers = new LinkedHashMap<>(0);

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
    former.keySet().removeAll(members.keySet());
    former.forEach((replica, node) -> putLast(departed, replica, node));
    departed.keySet().removeAll(members.keySet());
    strangers.keySet().removeAll(members.keySet());
    strangers.keySet().removeAll(departed.keySet());
  }

  private void add(List<Member> some) {
    for (Member member : some) {
      members.put(member.replica(), new NodeId(member.node()));
    }
  }

  void learn(ReplicaId replica, NodeId node) {
    if (!members.containsKey(replica)) {
      putLast(departed.containsKey(replica) ? departed : strangers, replica, node);
    }
  }

  /** As the latest of its kind; the eldest has to go if there are too many. */
  private static void putLast(Map<ReplicaId, NodeId> kind, ReplicaId replica, NodeId node) {
    kind.remove(replica);
    if (kind.size() == OTHERS_MAX) {
      kind.remove(kind.keySet().iterator().next());
    }
    kind.put(replica, node);
  }

  @Nullable NodeId nodeOf(ReplicaId replica) {
    NodeId node = members.get(replica);
    node = node != null ? node : departed.get(replica);
    return node != null ? node : strangers.get(replica);
  }
}
