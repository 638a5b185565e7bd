package io.flotilla.raft.net;

import io.flotilla.raft.core.RaftMessage;
import io.flotilla.raft.port.NodeId;
import io.flotilla.raft.port.RaftParcel;
import io.flotilla.raft.port.Transport;
import io.flotilla.rpc.ConnectionKind;
import io.flotilla.rpc.Hello;
import io.flotilla.rpc.NetThreads;
import io.flotilla.rpc.PeerReceiver;
import io.flotilla.rpc.RpcServer;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Function;

/**
 * Raft's messages between this node and the others. Connections are made when there is something to
 * send, with backoff after failures; meanwhile messages are dropped.
 */
public final class NettyTransport implements Transport, AutoCloseable {
  private final NetThreads threads;
  private final Hello self;
  private final NodeId selfNode;
  private final Function<NodeId, Optional<String>> addresses;
  private final TransportLimits limits;
  private final Map<NodeId, Peer> peers = new ConcurrentHashMap<>();
  private final LongAdder dropped = new LongAdder();
  private volatile boolean closed;

  /**
   * A transport that sends; to receive, it has to be attached.
   *
   * @param self with this node's id, which must not be 0
   * @param addresses where a node listens now, as host:port; asked by event loops at each attempt
   *     to connect, so it must not block
   */
  public NettyTransport(
      NetThreads threads,
      Hello self,
      Function<NodeId, Optional<String>> addresses,
      TransportLimits limits) {
    if (self.node() == 0) {
      throw new IllegalArgumentException("a node needs an id before it can talk to others");
    }
    this.threads = threads;
    this.self = self;
    this.selfNode = new NodeId(self.node());
    this.addresses = addresses;
    this.limits = limits;
  }

  public NettyTransport(
      NetThreads threads, Hello self, Function<NodeId, Optional<String>> addresses) {
    this(threads, self, addresses, TransportLimits.DEFAULT);
  }

  /** Has what other nodes send go to {@code receiver}. Before the server listens. */
  public void attach(RpcServer server, Receiver receiver) {
    server.onPeer(ConnectionKind.RAFT, peer -> receiving(peer, receiver));
    server.onPeer(ConnectionKind.LIVENESS, peer -> receiving(peer, receiver));
  }

  private PeerReceiver receiving(Hello peer, Receiver receiver) {
    NodeId from = new NodeId(peer.node());
    return frame -> receiver.receive(ParcelFrame.decode(frame, from, selfNode));
  }

  @Override
  public void send(List<RaftParcel> parcels) {
    for (RaftParcel parcel : parcels) {
      if (closed || !parcel.fromNode().equals(selfNode) || parcel.toNode().equals(selfNode)) {
        dropped.increment();
      } else {
        peer(parcel.toNode()).laneOf(parcel.message()).send(parcel);
      }
    }
  }

  @Override
  public int commandBytesMax() {
    return Lane.PARCEL_BYTES_MAX - ParcelFrame.bytesBesideCommand();
  }

  /** Parcels that were not written, since the start: no connection, no room, not between nodes. */
  public long droppedParcels() {
    return dropped.sum();
  }

  private Peer peer(NodeId node) {
    Peer peer = peers.get(node);
    if (peer == null) {
      peer = peers.computeIfAbsent(node, this::newPeer);
      if (closed) {
        peer.close(); // It may have been missed.
      }
    }
    return peer;
  }

  private Peer newPeer(NodeId node) {
    return new Peer(newLane(node, ConnectionKind.RAFT), newLane(node, ConnectionKind.LIVENESS));
  }

  private Lane newLane(NodeId node, ConnectionKind kind) {
    return new Lane(threads, self, node, kind, () -> addresses.apply(node), limits, dropped);
  }

  /** Ends the connections to others. Those from others end with the server. */
  @Override
  public void close() {
    closed = true;
    peers.values().forEach(Peer::close);
  }

  /** Elections and heartbeats may overtake anything; what they say holds whatever is under way. */
  static boolean isLiveness(RaftMessage message) {
    if (message instanceof RaftMessage.Heartbeat
        || message instanceof RaftMessage.HeartbeatReply
        || message instanceof RaftMessage.VoteRequest
        || message instanceof RaftMessage.VoteReply
        || message instanceof RaftMessage.TimeoutNow
        || message instanceof RaftMessage.Removed) {
      return true;
    } else if (message instanceof RaftMessage.AppendRequest
        || message instanceof RaftMessage.AppendReply
        || message instanceof RaftMessage.ReadIndexRequest
        || message instanceof RaftMessage.ReadIndexReply
        || message instanceof RaftMessage.RemovedRequest
        || message instanceof RaftMessage.SnapshotOffer) {
      return false;
    }
    throw new IllegalStateException("no lane for " + message);
  }

  private record Peer(Lane bulk, Lane liveness) {
    Lane laneOf(RaftMessage message) {
      return isLiveness(message) ? liveness : bulk;
    }

    void close() {
      bulk.close();
      liveness.close();
    }
  }
}
