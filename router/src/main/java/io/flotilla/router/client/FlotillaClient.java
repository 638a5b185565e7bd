package io.flotilla.router.client;

import io.flotilla.rpc.NetThreads;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

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
  private FlotillaClient() {}

  /**
   * Opens a client and waits until it knows the map. Blocks up to the call timeout.
   *
   * @throws KvException if no placement member answered
   */
  public static FlotillaClient connect(ClientConfig config) {
    throw new UnsupportedOperationException("not yet");
  }

  /** Opens a client that learns the map in the background. Operations wait for it. */
  public static FlotillaClient open(ClientConfig config) {
    throw new UnsupportedOperationException("not yet");
  }

  /** As {@link #open(ClientConfig)}, on event loops that the caller owns and closes later. */
  public static FlotillaClient open(ClientConfig config, NetThreads threads) {
    throw new UnsupportedOperationException("not yet");
  }

  /**
   * The data of a keyspace. Nothing is checked yet: operations on a keyspace that does not exist
   * fail with {@link io.flotilla.rpc.ErrorCode#CONFLICT}.
   */
  public KvClient keyspace(String name) {
    throw new UnsupportedOperationException("not yet");
  }

  public AdminClient admin() {
    throw new UnsupportedOperationException("not yet");
  }

  /** Completes once the keyspace and its shards are known; fails at the deadline. */
  public CompletableFuture<Void> awaitKeyspace(String name, Duration timeout) {
    throw new UnsupportedOperationException("not yet");
  }

  /** Waits for an answer of any of these clients in the caller's thread. */
  public static <T> T await(CompletableFuture<T> answer) {
    return Waiting.on(answer);
  }

  /**
   * Takes no more operations, waits for those under way (at most until their deadlines), and closes
   * the connections. Blocks.
   */
  @Override
  public void close() {
    throw new UnsupportedOperationException("not yet");
  }
}
