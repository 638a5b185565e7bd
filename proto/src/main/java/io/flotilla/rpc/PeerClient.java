package io.flotilla.rpc;

import com.google.protobuf.MessageLite;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/**
 * Sends requests to one peer over one connection of a kind of its own, so that they stand in
 * nobody's way. Otherwise as {@link RpcClient}: any thread may call, nothing blocks, and futures
 * fail with {@link RpcException}.
 */
public final class PeerClient implements AutoCloseable {
  private final ClientConnection connection;

  /**
   * A client that is not connected yet.
   *
   * @param node the peer; who answers with another id is refused
   * @param address of the peer, as host:port, asked by an event loop anew for each attempt
   */
  public PeerClient(
      NetThreads threads,
      Hello self,
      ConnectionKind kind,
      long node,
      Supplier<Optional<String>> address,
      ClientLimits limits) {
    this.connection =
        new ClientConnection(
            threads, new Greeting(kind, self, node), "node " + node, address, limits);
  }

  /** Sends a request and gets its reply. */
  public <Q extends MessageLite, R extends MessageLite> CompletableFuture<R> call(
      RpcMethod<Q, R> method, Q request, Duration timeout) {
    long deadline = System.nanoTime() + timeout.toNanos();
    var call = new ClientCall.Unary<>(method, request, deadline == 0 ? 1 : deadline);
    connection.start(call);
    return call.result();
  }

  /** Fails all calls that are under way, and all later ones. Does not wait. */
  @Override
  public void close() {
    connection.close();
  }
}
