package io.flotilla.raft.runtime;

import io.flotilla.raft.port.NodeId;
import io.flotilla.raft.port.RaftParcel;
import io.flotilla.raft.port.Transport;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;

/**
 * A network within the process: delivers on the sender's thread, loses what a cut-off node says.
 */
final class Loopback {
  private final Map<NodeId, Transport.Receiver> receivers = new ConcurrentHashMap<>();
  private final Set<NodeId> cutOff = ConcurrentHashMap.newKeySet();

  void connect(NodeId node, Transport.Receiver receiver) {
    receivers.put(node, receiver);
    cutOff.remove(node);
  }

  void cutOff(NodeId node) {
    cutOff.add(node);
  }

  void heal(NodeId node) {
    cutOff.remove(node);
  }

  Transport transport(NodeId from) {
    return parcels -> {
      Map<NodeId, List<RaftParcel>> byNode =
          parcels.stream().collect(Collectors.groupingBy(RaftParcel::toNode));
      byNode.forEach(
          (to, some) -> {
            Transport.Receiver receiver = receivers.get(to);
            if (receiver != null && !cutOff.contains(from) && !cutOff.contains(to)) {
              receiver.receive(some);
            }
          });
    };
  }
}
