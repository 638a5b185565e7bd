package io.flotilla.rpc;

import com.google.protobuf.MessageLite;

/**
 * One listener of a process: answers requests, and hands peers' connections to whoever asked for
 * their kind.
 */
public final class RpcServer implements AutoCloseable {
  /** A server that listens nowhere yet. */
  public RpcServer(NetThreads threads, Hello self) {
    throw new UnsupportedOperationException("not yet");
  }

  /** Before {@link #listen}. */
  public <Q extends MessageLite, R extends MessageLite> RpcServer handle(
      RpcMethod<Q, R> method, RpcHandler<Q, R> handler) {
    throw new UnsupportedOperationException("not yet");
  }

  /**
   * Begins to accept connections. Blocks until bound.
   *
   * @param host address to bind
   * @param port 0 for any free one
   * @return the port
   */
  public int listen(String host, int port) throws java.io.IOException {
    throw new UnsupportedOperationException("not yet");
  }

  @Override
  public void close() {
    throw new UnsupportedOperationException("not yet");
  }
}
