package io.flotilla.rpc;

import com.google.protobuf.MessageLite;
import io.flotilla.proto.errors.ErrorDetail;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.epoll.EpollChannelOption;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * One listener of a process: answers requests, and hands peers' connections to whoever asked for
 * their kind. Handlers run on event loops and may not block.
 */
public final class RpcServer implements RpcHandlers, AutoCloseable {
  private static final int BACKLOG = 1024;
  private static final long CLOSE_MILLIS = 2000;
  private static final WriteBufferWaterMark WATER_MARK =
      new WriteBufferWaterMark(256 * 1024, 1024 * 1024);

  private final NetThreads threads;
  private final Hello self;
  private final ServerLimits limits;
  private final AnswerMemory answerMemory;
  private final MethodTable methods = new MethodTable();
  private final Map<ConnectionKind, PeerAcceptor> acceptors = new ConcurrentHashMap<>();
  private final Map<ConnectionKind, PeerMethods> peerMethods = new ConcurrentHashMap<>();
  private final Set<ServerConnection> connections = ConcurrentHashMap.newKeySet();
  private final AtomicInteger connectionCount = new AtomicInteger();
  private volatile @Nullable Channel listener;
  private volatile boolean closed;

  /** A server that listens nowhere yet. */
  public RpcServer(NetThreads threads, Hello self) {
    this(threads, self, ServerLimits.DEFAULT);
  }

  public RpcServer(NetThreads threads, Hello self, ServerLimits limits) {
    this.threads = threads;
    this.self = self;
    this.limits = limits;
    this.answerMemory = new AnswerMemory(limits.allAnswersBytesMax());
  }

  /** Before {@link #listen}. */
  @Override
  public <Q extends MessageLite, R extends MessageLite> RpcServer handle(
      RpcMethod<Q, R> method, RpcHandler<Q, R> handler) {
    checkNotListening();
    methods.add(new MethodTable.Bound<>(method, handler));
    return this;
  }

  /** Has connections of {@code kind} go to {@code acceptor}. Before {@link #listen}. */
  public RpcServer onPeer(ConnectionKind kind, PeerAcceptor acceptor) {
    checkNotListening();
    if (kind == ConnectionKind.RPC
        || peerMethods.containsKey(kind)
        || acceptors.putIfAbsent(kind, acceptor) != null) {
      throw new IllegalArgumentException(kind + " connections are taken already");
    }
    return this;
  }

  /**
   * Answers {@code method} on connections of {@code kind}, which then carry requests of processes
   * of the same cluster and role, and nothing else. Before {@link #listen}.
   */
  public <Q extends MessageLite, R extends MessageLite> RpcServer handlePeers(
      ConnectionKind kind, RpcMethod<Q, R> method, PeerHandler<Q, R> handler) {
    checkNotListening();
    if (kind == ConnectionKind.RPC || acceptors.containsKey(kind)) {
      throw new IllegalArgumentException(kind + " connections are taken already");
    }
    peerMethods.computeIfAbsent(kind, k -> new PeerMethods()).add(method, handler);
    return this;
  }

  private void checkNotListening() {
    if (listener != null) {
      throw new IllegalStateException("the server listens already");
    }
  }

  /**
   * Begins to accept connections. Blocks until bound.
   *
   * @param host address to bind
   * @param port 0 for any free one
   * @return the port
   */
  public int listen(String host, int port) throws IOException {
    checkNotListening();
    ChannelFuture bound =
        newBootstrap().bind(new InetSocketAddress(host, port)).awaitUninterruptibly();
    if (!bound.isSuccess()) {
      throw new IOException("cannot listen on " + host + ":" + port, bound.cause());
    }
    listener = bound.channel();
    return ((InetSocketAddress) bound.channel().localAddress()).getPort();
  }

  private ServerBootstrap newBootstrap() {
    ServerBootstrap bootstrap =
        new ServerBootstrap()
            .group(threads.group())
            .channel(threads.serverChannelType())
            .option(ChannelOption.SO_BACKLOG, BACKLOG)
            .option(ChannelOption.SO_REUSEADDR, true)
            .childOption(ChannelOption.ALLOCATOR, NetThreads.ALLOCATOR)
            .childOption(ChannelOption.TCP_NODELAY, true)
            .childOption(ChannelOption.SO_KEEPALIVE, true)
            .childOption(ChannelOption.WRITE_BUFFER_WATER_MARK, WATER_MARK)
            .childHandler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel channel) {
                    channel.pipeline().addLast(new ServerConnection(channel, RpcServer.this));
                  }
                });
    if (threads.isEpoll()) {
      bootstrap.childOption(EpollChannelOption.TCP_USER_TIMEOUT, limits.silentMillis());
    }
    return bootstrap;
  }

  /** Connections that are open now. */
  public int connectionCount() {
    return connectionCount.get();
  }

  Hello self() {
    return self;
  }

  ServerLimits limits() {
    return limits;
  }

  AnswerMemory answerMemory() {
    return answerMemory;
  }

  MethodTable methods() {
    return methods;
  }

  @Nullable PeerAcceptor acceptor(ConnectionKind kind) {
    return acceptors.get(kind);
  }

  @Nullable PeerMethods peerMethods(ConnectionKind kind) {
    return peerMethods.get(kind);
  }

  /** On the connection's loop. */
  void opened(ServerConnection connection) {
    int count = connectionCount.incrementAndGet();
    connections.add(connection);
    if (closed) {
      connection.channel().close();
    } else if (count > limits.connectionsMax()) {
      connection.refuse(
          ErrorCode.OVERLOADED,
          limits.connectionsMax() + " connections are open; no more are taken");
    }
  }

  /** On the connection's loop. */
  void closed(ServerConnection connection) {
    if (connections.remove(connection)) {
      connectionCount.decrementAndGet();
    }
  }

  /** Stops listening and ends all connections. Waits a little, unless called by an event loop. */
  @Override
  public void close() {
    closed = true;
    Channel bound = listener;
    if (bound != null) {
      await(bound.close());
    }
    ErrorDetail why = Link.detail(ErrorCode.UNAVAILABLE, "the server is stopping");
    for (ServerConnection connection : connections) {
      Channel channel = connection.channel();
      try {
        channel.eventLoop().execute(() -> connection.leaveAtOnce(why));
      } catch (RejectedExecutionException e) {
        channel.close(); // Its loop has ended, and with it the connection.
      }
    }
    for (ServerConnection connection : connections) {
      await(connection.channel().closeFuture());
    }
  }

  private void await(ChannelFuture future) {
    for (var loop : threads.group()) {
      if (loop.inEventLoop()) {
        return;
      }
    }
    future.awaitUninterruptibly(CLOSE_MILLIS, TimeUnit.MILLISECONDS);
  }
}
