package io.flotilla.raft.sim;

import io.flotilla.raft.port.NodeId;
import io.flotilla.raft.port.RaftParcel;
import io.flotilla.raft.port.Transport;
import java.util.List;
import java.util.function.IntFunction;
import java.util.function.ToIntFunction;

/** Raft's messages from one life of a simulated node to the others. One thread. */
public final class SimTransport implements Transport {
  private final NodeId sender;
  private final int self;
  private final SimNetwork<Runnable> network;
  private final ToIntFunction<NodeId> hosts;
  private final IntFunction<Receiver> receivers;
  private boolean closed;

  /** Between nodes that are numbered as their hosts. */
  SimTransport(int self, SimNetwork<Runnable> network, IntFunction<Receiver> receivers) {
    this(new NodeId(self), self, network, node -> hostOf(network, node), receivers);
  }

  /**
   * @param sender the node
   * @param self its host
   * @param hosts of nodes; 0 where that is not known
   * @param receivers of the hosts that the network has, asked when something arrives
   */
  public SimTransport(
      NodeId sender,
      int self,
      SimNetwork<Runnable> network,
      ToIntFunction<NodeId> hosts,
      IntFunction<Receiver> receivers) {
    this.sender = sender;
    this.self = self;
    this.network = network;
    this.hosts = hosts;
    this.receivers = receivers;
  }

  @Override
  public void send(List<RaftParcel> parcels) {
    for (RaftParcel parcel : parcels) {
      int to = hosts.applyAsInt(parcel.toNode());
      if (!closed && to != 0 && to != self && parcel.fromNode().equals(sender)) {
        network.send(self, to, () -> receivers.apply(to).receive(List.of(parcel)));
      }
    }
  }

  /** 0 if there is no such host. */
  static int hostOf(SimNetwork<?> network, NodeId node) {
    return node.value() >= 1 && node.value() <= network.hosts() ? (int) node.value() : 0;
  }

  /** Nothing is sent any more; what is under way is. */
  public void close() {
    closed = true;
  }
}
