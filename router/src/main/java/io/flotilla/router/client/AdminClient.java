package io.flotilla.router.client;

import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * What an operator asks of placement. As {@link KvClient}: nothing blocks, futures fail with {@link
 * KvException}, one deadline for each call with its retries. {@link FlotillaClient#await} waits for
 * an answer.
 */
public final class AdminClient {
  AdminClient() {}

  /** Everything at once, as placement's leader sees it. */
  public CompletableFuture<ClusterStatus> status() {
    throw new UnsupportedOperationException("not yet");
  }

  public CompletableFuture<List<ClusterStatus.Keyspace>> keyspaces() {
    throw new UnsupportedOperationException("not yet");
  }

  public CompletableFuture<List<ClusterStatus.Node>> nodes() {
    throw new UnsupportedOperationException("not yet");
  }

  public CompletableFuture<List<ClusterStatus.Shard>> shards() {
    throw new UnsupportedOperationException("not yet");
  }

  /**
   * Creates a keyspace; when this completes, this client can use it. A name that is taken is {@link
   * io.flotilla.rpc.ErrorCode#CONFLICT}.
   */
  public CompletableFuture<ClusterStatus.Keyspace> createKeyspace(NewKeyspace keyspace) {
    throw new UnsupportedOperationException("not yet");
  }

  /** Which shard holds a key, there or not. */
  public CompletableFuture<Location> locate(String keyspace, Bytes key) {
    throw new UnsupportedOperationException("not yet");
  }
}
