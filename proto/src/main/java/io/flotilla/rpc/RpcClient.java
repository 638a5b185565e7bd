package io.flotilla.rpc;

import com.google.protobuf.MessageLite;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Consumer;

/**
 * Sends requests over few shared connections per address, made when first needed and again, with
 * capped and jittered backoff, when lost. Futures complete on an event loop, or at once in the
 * caller's thread when a bound is reached. Cancelling one tells the server soon.
 */
public final class RpcClient implements RpcCaller, AutoCloseable {
  private final NetThreads threads;
  private final Hello self;
  private final ClientLimits limits;
  private final ConcurrentMap<String, ClientConnection[]> connections = new ConcurrentHashMap<>();
  private volatile boolean closed;

  public RpcClient(NetThreads threads, Hello self) {
    this(threads, self, ClientLimits.DEFAULT);
  }

  public RpcClient(NetThreads threads, Hello self, ClientLimits limits) {
    this.threads = threads;
    this.self = self;
    this.limits = limits;
  }

  @Override
  public <Q extends MessageLite, R extends MessageLite> CompletableFuture<R> call(
      String address, RpcMethod<Q, R> method, Q request, Duration timeout) {
    long deadline = System.nanoTime() + timeout.toNanos();
    var call = new ClientCall.Unary<>(method, request, deadline == 0 ? 1 : deadline);
    if (mayStart(call)) {
      connection(address).start(call);
    }
    return call.result();
  }

  @Override
  public <Q extends MessageLite, R extends MessageLite> RpcStream stream(
      String address,
      RpcMethod<Q, R> method,
      Q request,
      Consumer<R> onReply,
      Consumer<RpcException> onEnd) {
    var call = new ClientCall.Stream<>(method, request, onReply, onEnd);
    if (!mayStart(call)) {
      return () -> {};
    }
    ClientConnection connection = connection(address);
    connection.start(call);
    return () -> {
      call.cancel();
      connection.abandoned(call);
    };
  }

  private boolean mayStart(ClientCall<?> call) {
    if (closed) {
      call.end(new RpcException(ErrorCode.UNAVAILABLE, "the client is closed"));
      return false;
    }
    return true;
  }

  private ClientConnection connection(String address) {
    ClientConnection[] some = connections.get(address);
    if (some == null) {
      some = connections.computeIfAbsent(address, this::newConnections);
      if (closed) {
        close(); // It may have been missed.
      }
    }
    return some.length == 1
        ? some[0]
        : some[Math.floorMod(Thread.currentThread().getId(), some.length)];
  }

  private ClientConnection[] newConnections(String address) {
    var some = new ClientConnection[limits.connectionsPerAddress()];
    for (int i = 0; i < some.length; i++) {
      some[i] = new ClientConnection(threads, self, address, limits);
    }
    return some;
  }

  /** Fails all calls that are under way, and all later ones. Does not wait. */
  @Override
  public void close() {
    closed = true;
    for (ClientConnection[] some : connections.values()) {
      for (ClientConnection connection : some) {
        connection.close();
      }
    }
  }
}
