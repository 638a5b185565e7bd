package io.flotilla.rpc;

import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.util.NetUtil;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The event loops that a process's connections share: epoll where it exists, NIO elsewhere. */
public final class NetThreads implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(NetThreads.class);
  private static final int LOOKUPS_MAX = 1024;
  private static final long SHUTDOWN_MILLIS = 2000;

  /** Pooled always: the adaptive one, Netty's default, has open reports of direct memory growth. */
  static final PooledByteBufAllocator ALLOCATOR = PooledByteBufAllocator.DEFAULT;

  private final EventLoopGroup group;
  private final boolean epoll;
  private final ExecutorService lookups;

  /**
   * Starts loops of the best kind there is here.
   *
   * @param threads number of event loops, at least 1
   * @param name prefix of their thread names
   */
  public NetThreads(int threads, String name) {
    this(threads, name, Epoll.isAvailable());
  }

  /**
   * Starts loops of one kind.
   *
   * @param epoll whether to use Linux's own interface instead of the JDK's
   */
  public NetThreads(int threads, String name, boolean epoll) {
    if (threads < 1) {
      throw new IllegalArgumentException("threads must be at least 1, but is " + threads);
    }
    this.epoll = epoll;
    this.group =
        new MultiThreadIoEventLoopGroup(
            threads,
            new DefaultThreadFactory(name),
            epoll ? EpollIoHandler.newFactory() : NioIoHandler.newFactory());
    ThreadPoolExecutor names =
        new ThreadPoolExecutor(
            1,
            1,
            10,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(LOOKUPS_MAX),
            new DefaultThreadFactory(name + "-lookup", true));
    names.allowCoreThreadTimeOut(true);
    this.lookups = names;
  }

  public EventLoopGroup group() {
    return group;
  }

  /** One of the loops, for work that must not block and shall not run at the same time. */
  public ScheduledExecutorService loop() {
    return group.next();
  }

  /**
   * Has a loop run what undoes something of its own, or nothing if the loop has ended, which has
   * undone all. Any thread.
   */
  static void execute(EventLoop loop, Runnable undo) {
    try {
      loop.execute(undo);
    } catch (RejectedExecutionException e) {
      LOG.debug("the event loop has ended, and its channels with it", e);
    }
  }

  boolean isEpoll() {
    return epoll;
  }

  Class<? extends Channel> channelType() {
    return epoll ? EpollSocketChannel.class : NioSocketChannel.class;
  }

  Class<? extends ServerChannel> serverChannelType() {
    return epoll ? EpollServerSocketChannel.class : NioServerSocketChannel.class;
  }

  /** Looks a host:port up, elsewhere than on a loop: the JDK's resolver blocks. */
  CompletableFuture<InetSocketAddress> lookUp(String address) {
    try {
      Address to = Address.of(address);
      byte[] literal = NetUtil.createByteArrayFromIpAddressString(to.host());
      return literal == null
          ? CompletableFuture.supplyAsync(() -> byName(to.host(), to.port()), lookups)
          : CompletableFuture.completedFuture(
              new InetSocketAddress(InetAddress.getByAddress(literal), to.port()));
    } catch (IllegalArgumentException | UnknownHostException e) {
      return CompletableFuture.failedFuture(
          new RpcException(ErrorCode.INVALID_REQUEST, "address " + e.getMessage()));
    } catch (RejectedExecutionException e) {
      return CompletableFuture.failedFuture(
          new RpcException(ErrorCode.UNAVAILABLE, "too many names are being looked up"));
    }
  }

  private static InetSocketAddress byName(String host, int port) {
    try {
      return new InetSocketAddress(InetAddress.getByName(host), port);
    } catch (UnknownHostException e) {
      throw new CompletionException(e);
    }
  }

  /** Ends the loops, after what they still have to do. Waits, unless called by one of them. */
  @Override
  public void close() {
    lookups.shutdownNow();
    boolean here = false;
    for (var loop : group) {
      here |= loop.inEventLoop();
    }
    var ended = group.shutdownGracefully(0, SHUTDOWN_MILLIS, TimeUnit.MILLISECONDS);
    if (!here) {
      ended.awaitUninterruptibly(2 * SHUTDOWN_MILLIS);
    }
  }
}
