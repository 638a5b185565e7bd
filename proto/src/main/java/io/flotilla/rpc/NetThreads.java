package io.flotilla.rpc;

import io.netty.channel.EventLoopGroup;

/** The event loops that a process's connections share: epoll where it exists, NIO elsewhere. */
public final class NetThreads implements AutoCloseable {
  /**
   * @param threads number of event loops, at least 1
   * @param name prefix of their thread names
   */
  public NetThreads(int threads, String name) {
    throw new UnsupportedOperationException("not yet");
  }

  public EventLoopGroup group() {
    throw new UnsupportedOperationException("not yet");
  }

  @Override
  public void close() {
    throw new UnsupportedOperationException("not yet");
  }
}
