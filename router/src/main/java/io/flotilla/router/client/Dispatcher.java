package io.flotilla.router.client;

import com.google.protobuf.MessageLite;
import io.flotilla.router.map.LiveMap;
import io.flotilla.router.map.MapWatch;
import io.flotilla.router.map.Route;
import io.flotilla.router.map.ShardMap;
import io.flotilla.rpc.ErrorCode;
import io.flotilla.rpc.RpcMethod;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * Brings each operation to the lane of its shard, and its answer back. What lanes share is here;
 * any thread may call.
 */
final class Dispatcher implements LiveMap.Listener {
  private static final long REFRESH_NANOS_MIN = TimeUnit.MILLISECONDS.toNanos(100);

  private final ClientConfig config;
  private final LiveMap map;
  private final MapWatch watch;
  private final ClientPorts ports;
  private final SessionTokens tokens = new SessionTokens();
  private final Admission admission;
  private final RetryBudget budget;
  private final Lobby lobby;
  private final ConcurrentMap<Long, Lane> lanes = new ConcurrentHashMap<>();
  private final ConcurrentMap<Long, Lane> lanesOfAnyReplica = new ConcurrentHashMap<>();
  private final AtomicLong refreshedNanos;
  private final LongAdder operations = new LongAdder();
  private final LongAdder requests = new LongAdder();
  private final LongAdder failedRequests = new LongAdder();

  Dispatcher(ClientConfig config, LiveMap map, MapWatch watch, ClientPorts ports) {
    this.config = config;
    this.map = map;
    this.watch = watch;
    this.ports = ports;
    this.admission = new Admission(config.limits());
    this.budget = new RetryBudget(config.retry().budgetPerSecond(), nanos());
    this.lobby = new Lobby(this, ports.loops().get());
    this.refreshedNanos = new AtomicLong(nanos() - REFRESH_NANOS_MIN);
    map.listen(this);
  }

  ClientConfig config() {
    return config;
  }

  LiveMap map() {
    return map;
  }

  ClientPorts ports() {
    return ports;
  }

  long nanos() {
    return ports.nanos().getAsLong();
  }

  SessionTokens tokens() {
    return tokens;
  }

  RetryBudget budget() {
    return budget;
  }

  ClientStats stats() {
    return new ClientStats(operations.sum(), requests.sum(), failedRequests.sum());
  }

  /** Begins an operation, or refuses it by failing its answer. */
  <T> CompletableFuture<T> begin(Pending<T> operation) {
    KvException refusal = admission.enter(operation.bytes());
    if (refusal != null) {
      operation.end();
      operation.answer.completeExceptionally(refusal);
    } else {
      reroute(operation);
    }
    return operation.answer;
  }

  /** Finds the operation's lane anew, or ends it if nobody waits for it. */
  void reroute(Pending<?> operation) {
    if (operation.isOver()) {
      end(operation);
    } else if (!toLane(operation)) {
      lobby.add(operation);
    }
  }

  /** Whether the map knew where; if not, the operation is still the caller's to keep. */
  boolean toLane(Pending<?> operation) {
    Route route = operation.locate(map.current());
    try {
      if (route == null || !operation.belongsTo(route)) {
        return false;
      }
    } catch (KvException never) {
      fail(operation, operation.verdict(never));
      return true;
    }
    lane(route.id(), operation).add(operation);
    return true;
  }

  private Lane lane(long shard, Pending<?> operation) {
    return operation.ofAnyReplica()
        ? lanesOfAnyReplica.computeIfAbsent(
            shard, id -> lane(id, new ReplicaTargets(id, map, ports.nanos())))
        : lanes.computeIfAbsent(shard, id -> lane(id, new LeaderTargets(id, map)));
  }

  private Lane lane(long shard, Targets targets) {
    return new Lane(shard, targets, this, ports.loops().get());
  }

  <Q extends MessageLite, R extends MessageLite> CompletableFuture<R> send(
      String address, RpcMethod<Q, R> method, Q request, Duration timeout) {
    requests.increment();
    return ports.rpc().call(address, method, request, timeout);
  }

  void countFailure() {
    failedRequests.increment();
  }

  <T> void succeed(Pending<T> operation, T result) {
    if (end(operation)) {
      operation.answer.complete(result);
    }
  }

  void fail(Pending<?> operation, KvException why) {
    if (end(operation)) {
      operation.answer.completeExceptionally(why);
    }
  }

  /** Ends what a closed event loop left behind. */
  void failAll(Queue<Pending<?>> left) {
    for (Pending<?> operation = left.poll(); operation != null; operation = left.poll()) {
      fail(operation, operation.verdict(closed()));
    }
  }

  /** Asks placement for the map, unless that was done just now. */
  void refreshSoon() {
    long now = nanos();
    long last = refreshedNanos.get();
    if (now - last >= REFRESH_NANOS_MIN && refreshedNanos.compareAndSet(last, now)) {
      watch.refresh();
    }
  }

  /** What went wrong with the map last, to be put behind a message; empty if nothing did. */
  String trouble() {
    String trouble = watch.trouble();
    return trouble.isEmpty() ? "" : "; " + trouble;
  }

  /** Takes no more operations. Completes when those under way have ended. */
  CompletableFuture<Void> drain() {
    return admission.close();
  }

  /** Ends whatever is still under way. */
  void abort() {
    lobby.abort(closed());
    lanes.values().forEach(lane -> lane.abort(closed()));
    lanesOfAnyReplica.values().forEach(lane -> lane.abort(closed()));
  }

  @Override
  public void onMap(ShardMap changed) {
    onMap(changed, lanes);
    onMap(changed, lanesOfAnyReplica);
  }

  private static void onMap(ShardMap changed, ConcurrentMap<Long, Lane> some) {
    some.forEach(
        (shard, lane) -> {
          if (changed.route(shard) == null) {
            some.remove(shard, lane); // It sends what it has elsewhere, and is forgotten.
          }
          lane.nudge();
        });
  }

  @Override
  public void onLeader(long shard) {
    nudge(lanes.get(shard));
    nudge(lanesOfAnyReplica.get(shard));
  }

  private static void nudge(@Nullable Lane lane) {
    if (lane != null) {
      lane.nudge();
    }
  }

  private boolean end(Pending<?> operation) {
    if (!operation.end()) {
      return false;
    }
    if (operation instanceof PendingWrite<?> write && write.hasSerial()) {
      ports.session().end(write.serial());
    }
    operations.increment();
    admission.leave(operation.bytes());
    return true;
  }

  private static KvException closed() {
    return new KvException(ErrorCode.UNAVAILABLE, "the client is closed");
  }
}
