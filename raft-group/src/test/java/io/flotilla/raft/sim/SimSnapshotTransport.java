package io.flotilla.raft.sim;

import io.flotilla.raft.port.NodeId;
import io.flotilla.raft.port.SnapshotReply;
import io.flotilla.raft.port.SnapshotReply.Reason;
import io.flotilla.raft.port.SnapshotRequest;
import io.flotilla.raft.port.SnapshotTransport;
import java.util.function.Consumer;
import java.util.function.IntFunction;

/**
 * Questions of one life of a simulated node about snapshots. What the network loses is lost without
 * a word, as where a real one finds nothing out. One thread.
 */
final class SimSnapshotTransport implements SnapshotTransport {
  private final int self;
  private final SimNetwork<Runnable> network;
  private final IntFunction<Server> servers;
  private boolean closed;

  /**
   * @param servers of the hosts that the network has, asked when a question arrives
   */
  SimSnapshotTransport(int self, SimNetwork<Runnable> network, IntFunction<Server> servers) {
    this.self = self;
    this.network = network;
    this.servers = servers;
  }

  @Override
  public void ask(NodeId node, SnapshotRequest request, Consumer<SnapshotReply> reply) {
    int to = SimTransport.hostOf(network, node);
    if (closed || to == 0 || to == self) {
      reply.accept(new SnapshotReply.Refused(Reason.LOST));
      return;
    }
    network.send(
        self,
        to,
        () ->
            servers
                .apply(to)
                .serve(
                    new NodeId(self),
                    request,
                    answer -> network.send(to, self, () -> arrived(answer, reply))));
  }

  private void arrived(SnapshotReply answer, Consumer<SnapshotReply> reply) {
    if (!closed) {
      reply.accept(answer);
    }
  }

  /** Nothing is asked, and nobody is told anything, any more. */
  void close() {
    closed = true;
  }
}
