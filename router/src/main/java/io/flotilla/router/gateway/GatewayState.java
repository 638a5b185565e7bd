package io.flotilla.router.gateway;

import io.flotilla.router.client.KvClient;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/** What all connections of a gateway share. Any thread. */
final class GatewayState {
  private final GatewayConfig config;
  private final KvClient kv;
  private final CompletableFuture<Void> ready;
  private final GatewayMetrics metrics;
  private final String transport;
  private final ScanCursors cursors = new ScanCursors();
  private final CommandTable commands;
  private final ReplyMemory replyMemory;
  private final long begunNanos = System.nanoTime();
  private final AtomicLong lastSession = new AtomicLong();
  private final Map<Long, Session> sessions = new ConcurrentHashMap<>();
  private volatile int port;

  /**
   * @param ready completes once the keyspace and its shards are known
   */
  GatewayState(
      GatewayConfig config,
      KvClient kv,
      CompletableFuture<Void> ready,
      CommandTable commands,
      GatewayMetrics metrics,
      String transport) {
    this.config = config;
    this.kv = kv;
    this.ready = ready;
    this.commands = commands;
    this.metrics = metrics;
    this.transport = transport;
    this.replyMemory = new ReplyMemory(config.limits().allRepliesBytesMax());
    metrics.show(replyMemory);
  }

  /** Where the gateway listens; 0 until it does. */
  int port() {
    return port;
  }

  void port(int bound) {
    port = bound;
  }

  /** What sockets are served by: {@code epoll} or {@code nio}. */
  String transport() {
    return transport;
  }

  GatewayLimits limits() {
    return config.limits();
  }

  Sizes sizes() {
    return Sizes.of(config.client());
  }

  ReplyMemory replyMemory() {
    return replyMemory;
  }

  KvClient kv() {
    return kv;
  }

  boolean isReady() {
    return ready.isDone() && !ready.isCompletedExceptionally();
  }

  GatewayMetrics metrics() {
    return metrics;
  }

  ScanCursors cursors() {
    return cursors;
  }

  CommandTable commands() {
    return commands;
  }

  long upSeconds() {
    return (System.nanoTime() - begunNanos) / 1_000_000_000L;
  }

  long nextSession() {
    return lastSession.incrementAndGet();
  }

  /** Whether there was room. */
  boolean enter(Session session) {
    sessions.put(session.id(), session);
    if (sessions.size() > limits().connectionsMax()) {
      sessions.remove(session.id());
      return false;
    }
    return true;
  }

  void leave(Session session) {
    sessions.remove(session.id());
  }

  /** In the order in which they came. */
  List<Session> sessions() {
    return sessions.values().stream().sorted(Comparator.comparingLong(Session::id)).toList();
  }
}
