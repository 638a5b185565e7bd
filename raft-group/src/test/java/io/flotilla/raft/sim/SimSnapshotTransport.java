package io.flotilla.raft.sim;

import io.flotilla.raft.port.NodeId;
import io.flotilla.raft.port.SnapshotReply;
import io.flotilla.raft.port.SnapshotReply.Reason;
import io.flotilla.raft.port.SnapshotRequest;
import io.flotilla.raft.port.SnapshotTransport;
import java.util.function.Consumer;
import java.util.function.IntFunction;
import java.util.function.ToIntFunction;

/**
 * Questions of one life of a simulated node about snapshots. What the network loses is lost without
 * a word, as where a real one finds nothing out. One thread.
 */
public final class SimSnapshotTransport implements SnapshotTransport {
  private final NodeId asker;
  private final int self;
  private final SimNetwork<Runnable> network;
  private final ToIntFunction<NodeId> hosts;
  private final IntFunction<Server> servers;
  private boolean closed;

  /** Between nodes that are numbered as their hosts. */
  SimSnapshotTransport(int self, SimNetwork<Runnable> network, IntFunction<Server> servers) {
    this(new NodeId(self), self, network, node -> SimTransport.hostOf(network, node), servers);
  }

  /**
   * @param asker the node
   * @param self its host
   * @param hosts of nodes; 0 where that is not known
   * @param servers of the hosts that the network has, asked when a question arrives
   */
  public SimSnapshotTransport(
      NodeId asker,
      int self,
      SimNetwork<Runnable> network,
      ToIntFunction<NodeId> hosts,
      IntFunction<Server> servers) {
    this.asker = asker;
    this.self = self;
    this.network = network;
    this.hosts = hosts;
    this.servers = servers;
  }

  @Override
  public void ask(NodeId node, SnapshotRequest request, Consumer<SnapshotReply> reply) {
    int to = hosts.applyAsInt(node);
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
                    asker,
                    request,
                    answer -> network.send(to, self, () -> arrived(answer, reply))));
  }

  private void arrived(SnapshotReply answer, Consumer<SnapshotReply> reply) {
    if (!closed) {
      reply.accept(answer);
    }
  }

  /** Nothing is asked, and nobody is told anything, any more. */
  public void close() {
    closed = true;
  }
}
