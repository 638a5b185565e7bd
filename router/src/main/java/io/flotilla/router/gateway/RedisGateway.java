package io.flotilla.router.gateway;

import com.codahale.metrics.MetricRegistry;
import io.flotilla.router.client.FlotillaClient;
import io.flotilla.router.client.KvClient;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.redis.RedisEncoder;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A server that speaks the Redis protocol for one keyspace. It keeps no data: any number of them
 * may serve the same cluster, and a client may go on at another one, save for a SCAN that stopped
 * within a slot ({@link ScanCursors}).
 */
public final class RedisGateway implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(RedisGateway.class);
  private static final int BACKLOG = 1024;
  private static final WriteBufferWaterMark OUTPUT = new WriteBufferWaterMark(256 << 10, 1 << 20);
  private static final long AWAIT_MILLIS = 10_000;
  private static final long AWAIT_PAUSE_MILLIS = 100;
  private static final long CLOSE_MILLIS = 2000;

  private final EventLoopGroup loops;
  private final GatewayState state;
  private final CompletableFuture<Void> ready;
  private final ChannelGroup connections = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
  private final Channel listener;
  private volatile boolean closed;

  private RedisGateway(
      GatewayConfig config, KvClient kv, CompletableFuture<Void> ready, MetricRegistry registry) {
    CommandTable table = new CommandTable();
    this.ready = ready;
    this.state =
        new GatewayState(
            config,
            kv,
            ready,
            table,
            new GatewayMetrics(registry, table.all()),
            Epoll.isAvailable() ? "epoll" : "nio");
    this.loops =
        new MultiThreadIoEventLoopGroup(
            config.threads(),
            new DefaultThreadFactory("gateway"),
            Epoll.isAvailable() ? EpollIoHandler.newFactory() : NioIoHandler.newFactory());
    this.listener = bind(config);
    state.port(((InetSocketAddress) listener.localAddress()).getPort());
    LOG.info("serving keyspace {} to Redis clients at {}", config.keyspace(), listener);
  }

  /**
   * Serves the configured keyspace of a cluster. Until its shards are known, commands that need it
   * are answered {@code LOADING}. The client stays the caller's. Blocks until the port is bound.
   *
   * @throws UncheckedIOException if the address cannot be bound
   */
  public static RedisGateway start(GatewayConfig config, FlotillaClient client) {
    RedisGateway gateway =
        start(config, client.keyspace(config.keyspace()), new CompletableFuture<>());
    gateway.awaitKeyspace(client, config.keyspace());
    return gateway;
  }

  /** Serves what {@code kv} serves, at once, and counts in this registry. */
  static RedisGateway start(GatewayConfig config, KvClient kv, MetricRegistry registry) {
    return new RedisGateway(config, kv, CompletableFuture.completedFuture(null), registry);
  }

  /** Serves what {@code kv} serves, once {@code ready} completes. */
  static RedisGateway start(GatewayConfig config, KvClient kv, CompletableFuture<Void> ready) {
    return new RedisGateway(config, kv, ready, new MetricRegistry());
  }

  /** Serves what {@code kv} serves, at once. */
  static RedisGateway start(GatewayConfig config, KvClient kv) {
    return start(config, kv, new MetricRegistry());
  }

  /** Where it listens. */
  public int port() {
    return state.port();
  }

  /** Completes once the keyspace and its shards are known. */
  public CompletableFuture<Void> ready() {
    return ready.copy();
  }

  private Channel bind(GatewayConfig config) {
    ServerBootstrap server =
        new ServerBootstrap()
            .group(loops)
            .channel(
                Epoll.isAvailable() ? EpollServerSocketChannel.class : NioServerSocketChannel.class)
            .option(ChannelOption.SO_BACKLOG, BACKLOG)
            .option(ChannelOption.SO_REUSEADDR, true)
            .childOption(ChannelOption.ALLOCATOR, PooledByteBufAllocator.DEFAULT)
            .childOption(ChannelOption.TCP_NODELAY, true)
            .childOption(ChannelOption.SO_KEEPALIVE, true)
            .childOption(ChannelOption.ALLOW_HALF_CLOSURE, true)
            .childOption(ChannelOption.RECVBUF_ALLOCATOR, oneReadAtATime())
            .childOption(ChannelOption.WRITE_BUFFER_WATER_MARK, OUTPUT)
            .childHandler(
                new ChannelInitializer<SocketChannel>() {
                  @Override
                  protected void initChannel(SocketChannel channel) {
                    connections.add(channel);
                    channel
                        .pipeline()
                        .addLast(
                            new SlowReaderWatch(
                                state.limits(), state.replyMemory(), state.metrics()))
                        .addLast(new RequestDecoder(state.limits()))
                        .addLast(new RedisEncoder())
                        .addLast(new Connection(state));
                  }
                });
    var bound = server.bind(config.host(), config.port()).awaitUninterruptibly();
    if (!bound.isSuccess()) {
      loops.shutdownGracefully(0, 0, TimeUnit.MILLISECONDS);
      throw new UncheckedIOException(
          "redis.host and redis.port: cannot listen at %s:%d: %s"
              .formatted(config.host(), config.port(), bound.cause().getMessage()),
          new IOException(bound.cause()));
    }
    return bound.channel();
  }

  /** What one read brings is taken up before the next, so that bounds are looked at between. */
  private static RecvByteBufAllocator oneReadAtATime() {
    return new AdaptiveRecvByteBufAllocator().maxMessagesPerRead(1);
  }

  private void awaitKeyspace(FlotillaClient client, String keyspace) {
    client
        .awaitKeyspace(keyspace, Duration.ofMillis(AWAIT_MILLIS))
        .whenComplete(
            (known, thrown) -> {
              if (thrown == null) {
                ready.complete(null);
              } else if (!closed) {
                LOG.info("waiting for keyspace {}: {}", keyspace, thrown.getMessage());
                loops.schedule(
                    () -> awaitKeyspace(client, keyspace),
                    AWAIT_PAUSE_MILLIS,
                    TimeUnit.MILLISECONDS);
              }
            });
  }

  /**
   * Takes no more clients and no more commands, answers those under way for a moment, and closes.
   * Blocks for up to a few seconds.
   */
  @Override
  public void close() {
    closed = true;
    listener.close().awaitUninterruptibly();
    connections.forEach(channel -> channel.pipeline().fireUserEventTriggered(Connection.DRAIN));
    connections.newCloseFuture().awaitUninterruptibly(CLOSE_MILLIS);
    connections.close().awaitUninterruptibly();
    loops
        .shutdownGracefully(0, CLOSE_MILLIS, TimeUnit.MILLISECONDS)
        .awaitUninterruptibly(2 * CLOSE_MILLIS);
  }
}
