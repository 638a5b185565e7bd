package io.flotilla.raft.net;

import static org.awaitility.Awaitility.await;

import io.flotilla.raft.port.NodeId;
import io.flotilla.raft.port.SnapshotTransport;
import io.flotilla.raft.port.SnapshotTransportContract;
import io.flotilla.rpc.Hello;
import io.flotilla.rpc.LinkLimits;
import io.flotilla.rpc.NetThreads;
import io.flotilla.rpc.RpcServer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BooleanSupplier;

/** Questions over real sockets. */
class NettySnapshotTransportTest extends SnapshotTransportContract {
  private static final LinkLimits QUICK = new LinkLimits(2000, 5000, 1, 10, 10_000);

  private record Node(NettySnapshotTransport transport, RpcServer server) implements Place {
    @Override
    public void close() {
      transport.close();
      server.close();
    }
  }

  private final NetThreads threads = new NetThreads(2, "snapshot-contract");
  private final Map<NodeId, String> addresses = new ConcurrentHashMap<>();
  private final List<Node> nodes = new ArrayList<>();

  @Override
  protected Place open(NodeId node, SnapshotTransport.Server answering) throws IOException {
    Hello self = new Hello("test", Hello.Role.NODE, node.value());
    RpcServer server = new RpcServer(threads, self);
    NettySnapshotTransport.attach(server, answering);
    addresses.put(node, "127.0.0.1:" + server.listen("127.0.0.1", 0));
    NettySnapshotTransport transport =
        new NettySnapshotTransport(
            threads, self, other -> Optional.ofNullable(addresses.get(other)), QUICK);
    Node opened = new Node(transport, server);
    nodes.add(opened);
    return opened;
  }

  @Override
  protected void closeAll() {
    nodes.forEach(Node::close);
    threads.close();
  }

  @Override
  protected void until(BooleanSupplier done) {
    await().until(done::getAsBoolean);
  }
}
