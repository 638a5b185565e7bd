package io.flotilla.router.client;

import io.flotilla.router.map.LiveMap;
import io.flotilla.router.map.MapWatch;
import io.flotilla.router.map.ShardMap;
import io.flotilla.rpc.Hello;
import io.flotilla.rpc.NetThreads;
import io.flotilla.rpc.PlacementEndpoints;
import io.flotilla.rpc.RpcClient;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A program's connection to one cluster: one map, one session for exactly-once, one connection per
 * node, however many threads use it. Make one and share it.
 *
 * <pre>{@code
 * try (var client = FlotillaClient.connect(ClientConfig.of(List.of("localhost:7400")))) {
 *   var kv = client.keyspace("default").sync();
 *   kv.put(Bytes.utf8("greeting"), Bytes.utf8("ahoy"));
 * }
 * }</pre>
 */
public final class FlotillaClient implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(FlotillaClient.class);
  private static final long ABORT_MILLIS = 1_000;

  private final ClientConfig config;
  private final Runnable onClosed;
  private final LiveMap map = new LiveMap();
  private final MapWatch watch;
  private final Keyspaces keyspaces;
  private final Dispatcher dispatcher;
  private final AdminClient admin;
  private final AtomicBoolean closed = new AtomicBoolean();

  private FlotillaClient(ClientConfig config, ClientPorts ports, Runnable onClosed) {
    this.config = config;
    this.onClosed = onClosed;
    PlacementEndpoints members = new PlacementEndpoints(config.placement());
    this.watch =
        new MapWatch(ports.rpc(), members, map, ports.loops().get(), ports.nanos(), ports.draw());
    this.keyspaces = new Keyspaces(map, watch, ports.loops().get());
    this.dispatcher = new Dispatcher(config, map, watch, ports);
    this.admin = new AdminClient(new PlacementCalls(config, members, ports), keyspaces, config);
    watch.start();
  }

  /**
   * Opens a client and waits until it knows the map. Blocks up to the call timeout.
   *
   * @throws KvException if no placement member answered
   */
  public static FlotillaClient connect(ClientConfig config) {
    FlotillaClient client = open(config);
    try {
      await(client.keyspaces.await(ShardMap::isKnown, "the map", config.callTimeout().toMillis()));
      return client;
    } catch (KvException e) {
      client.close();
      throw e;
    }
  }

  /** Opens a client that learns the map in the background. Operations wait for it. */
  public static FlotillaClient open(ClientConfig config) {
    NetThreads threads = new NetThreads(config.threads(), "flotilla-client");
    return open(config, threads, threads::close);
  }

  /** As {@link #open(ClientConfig)}, on event loops that the caller owns and closes later. */
  public static FlotillaClient open(ClientConfig config, NetThreads threads) {
    return open(config, threads, () -> {});
  }

  private static FlotillaClient open(ClientConfig config, NetThreads threads, Runnable onClosed) {
    RpcClient rpc = new RpcClient(threads, new Hello(config.cluster(), Hello.Role.CLIENT, 0));
    return new FlotillaClient(
        config,
        ClientPorts.of(rpc, threads),
        () -> {
          rpc.close();
          onClosed.run();
        });
  }

  /** As {@link #open(ClientConfig)}, with connections and loops that the caller ends later. */
  public static FlotillaClient open(ClientConfig config, ClientPorts ports) {
    return new FlotillaClient(config, ports, () -> {});
  }

  /**
   * The data of a keyspace. Nothing is checked yet: operations on a keyspace that does not exist
   * fail with {@link io.flotilla.rpc.ErrorCode#NOT_FOUND}.
   */
  public KvClient keyspace(String name) {
    return new ShardedKvClient(
        name, config.callTimeout(), ReadOptions.LINEARIZABLE, dispatcher, keyspaces);
  }

  public AdminClient admin() {
    return admin;
  }

  public ClientStats stats() {
    return dispatcher.stats();
  }

  /** Completes once the keyspace and its shards are known; fails at the deadline. */
  public CompletableFuture<Void> awaitKeyspace(String name, Duration timeout) {
    CompletableFuture<Void> known = new CompletableFuture<>();
    Answers.then(
        keyspaces.await(
            seen -> Keyspaces.isServed(seen, name),
            "the keyspace \"" + name + "\"",
            timeout.toMillis()),
        known,
        seen -> known.complete(null));
    return known;
  }

  /**
   * Waits for an answer of any of these clients in the caller's thread. If that is interrupted,
   * this fails as of unknown outcome, whatever was waited for; the answer itself still comes.
   */
  public static <T> T await(CompletableFuture<T> answer) {
    return Waiting.forWrite(answer);
  }

  /**
   * Takes no more operations, waits for those under way (at most the call timeout, then they fail),
   * and closes the connections. Blocks.
   */
  @Override
  public void close() {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    CompletableFuture<Void> drained = dispatcher.drain();
    if (!waitFor(drained, config.callTimeout().toMillis())) {
      dispatcher.abort();
      if (!waitFor(drained, ABORT_MILLIS)) {
        log.warn("operations were under way when the client was closed");
      }
    }
    watch.close();
    onClosed.run();
  }

  private static boolean waitFor(CompletableFuture<Void> drained, long timeoutMillis) {
    try {
      drained.get(timeoutMillis, TimeUnit.MILLISECONDS);
      return true;
    } catch (TimeoutException | ExecutionException e) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}
