package io.flotilla.raft.net;

import io.flotilla.raft.port.NodeId;
import io.flotilla.raft.port.SnapshotReply;
import io.flotilla.raft.port.SnapshotReply.Reason;
import io.flotilla.raft.port.SnapshotRequest;
import io.flotilla.raft.port.SnapshotTransport;
import io.flotilla.rpc.ClientLimits;
import io.flotilla.rpc.ConnectionKind;
import io.flotilla.rpc.ErrorCode;
import io.flotilla.rpc.Hello;
import io.flotilla.rpc.LinkLimits;
import io.flotilla.rpc.NetThreads;
import io.flotilla.rpc.PeerClient;
import io.flotilla.rpc.RpcCall;
import io.flotilla.rpc.RpcMethods;
import io.flotilla.rpc.RpcServer;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Questions about snapshots over a connection of their own to each node, made when first needed.
 * Its loops do the checksums and copies of all that is fetched: give it threads of its own, and
 * Raft's messages do not wait for them.
 */
public final class NettySnapshotTransport implements SnapshotTransport, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(NettySnapshotTransport.class);
  private static final Duration ANSWER_TIME = Duration.ofSeconds(10);

  /** More than a fetcher has under way; whoever asks more is told that it is lost. */
  private static final int CALLS_MAX = 256;

  private static final long UNSENT_BYTES_MAX = 64 * 1024;

  private final NetThreads threads;
  private final Hello self;
  private final Function<NodeId, Optional<String>> addresses;
  private final ClientLimits limits;
  private final Map<NodeId, PeerClient> peers = new ConcurrentHashMap<>();
  private volatile boolean closed;

  /**
   * A transport that asks; to answer, it has to be attached.
   *
   * @param self with this node's id, which must not be 0
   * @param addresses where a node listens now, as host:port; asked by event loops at each attempt
   *     to connect, so it must not block
   */
  public NettySnapshotTransport(
      NetThreads threads, Hello self, Function<NodeId, Optional<String>> addresses) {
    this(threads, self, addresses, LinkLimits.DEFAULT);
  }

  public NettySnapshotTransport(
      NetThreads threads,
      Hello self,
      Function<NodeId, Optional<String>> addresses,
      LinkLimits link) {
    if (self.node() == 0) {
      throw new IllegalArgumentException("a node needs an id before it can talk to others");
    }
    this.threads = threads;
    this.self = self;
    this.addresses = addresses;
    this.limits = new ClientLimits(1, CALLS_MAX, UNSENT_BYTES_MAX, link);
  }

  /** Has {@code server} answer what other nodes ask by {@code answering}. Before it listens. */
  public static void attach(RpcServer server, Server answering) {
    server.handlePeers(
        ConnectionKind.SNAPSHOT,
        RpcMethods.SNAPSHOT,
        (peer, call) -> serve(new NodeId(peer.node()), call, answering));
  }

  private static void serve(
      NodeId from,
      RpcCall<io.flotilla.proto.snapshot.SnapshotRequest, io.flotilla.proto.snapshot.SnapshotReply>
          call,
      Server answering) {
    SnapshotRequest request;
    try {
      request = SnapshotCodec.request(call.request());
    } catch (IllegalArgumentException e) {
      call.fail(ErrorCode.INVALID_REQUEST, String.valueOf(e.getMessage()));
      return;
    }
    answering.serve(from, request, reply -> call.reply(SnapshotCodec.message(reply)));
  }

  @Override
  public void ask(NodeId node, SnapshotRequest request, Consumer<SnapshotReply> reply) {
    if (closed || node.value() == self.node()) {
      reply.accept(new SnapshotReply.Refused(Reason.LOST));
      return;
    }
    peer(node)
        .call(RpcMethods.SNAPSHOT, SnapshotCodec.message(request), ANSWER_TIME)
        .whenComplete((answer, failure) -> reply.accept(read(node, answer, failure)));
  }

  private static SnapshotReply read(
      NodeId node,
      io.flotilla.proto.snapshot.@Nullable SnapshotReply answer,
      @Nullable Throwable failure) {
    try {
      if (answer != null) {
        return SnapshotCodec.reply(answer);
      }
      LOG.debug("node {} does not answer about a snapshot", node, failure);
    } catch (IllegalArgumentException e) {
      LOG.warn("node {} answers nonsense about a snapshot: {}", node, e.getMessage());
    }
    return new SnapshotReply.Refused(Reason.LOST);
  }

  private PeerClient peer(NodeId node) {
    PeerClient peer = peers.computeIfAbsent(node, this::newPeer);
    if (closed) {
      peer.close(); // It may have been missed.
    }
    return peer;
  }

  private PeerClient newPeer(NodeId node) {
    return new PeerClient(
        threads, self, ConnectionKind.SNAPSHOT, node.value(), () -> addresses.apply(node), limits);
  }

  /** Ends the connections to others. Those from others end with the server. */
  @Override
  public void close() {
    closed = true;
    peers.values().forEach(PeerClient::close);
  }
}
