package io.flotilla.raft.sim;

import io.flotilla.raft.port.NodeId;
import io.flotilla.raft.port.RaftParcel;
import io.flotilla.raft.port.Transport;
import java.util.List;
import java.util.function.IntFunction;

/** Raft's messages from one life of a simulated node to the others. One thread. */
final class SimTransport implements Transport {
  private final int self;
  private final SimNetwork<Runnable> network;
  private final IntFunction<Receiver> receivers;
  private boolean closed;

  /**
   * @param receivers of the hosts that the network has, asked when something arrives
   */
  SimTransport(int self, SimNetwork<Runnable> network, IntFunction<Receiver> receivers) {
    this.self = self;
    this.network = network;
    this.receivers = receivers;
  }

  @Override
  public void send(List<RaftParcel> parcels) {
    for (RaftParcel parcel : parcels) {
      int to = hostOf(network, parcel.toNode());
      if (!closed && to != 0 && to != self && parcel.fromNode().value() == self) {
        network.send(self, to, () -> receivers.apply(to).receive(List.of(parcel)));
      }
    }
  }

  /** 0 if there is no such host. */
  static int hostOf(SimNetwork<?> network, NodeId node) {
    return node.value() >= 1 && node.value() <= network.hosts() ? (int) node.value() : 0;
  }

  /** Nothing is sent any more; what is under way is. */
  void close() {
    closed = true;
  }
}
