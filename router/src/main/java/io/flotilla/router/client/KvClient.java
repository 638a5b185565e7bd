package io.flotilla.router.client;

import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * The data of one keyspace. Every operation is linearizable, unless {@link #withReads} asks less of
 * reads; every write takes effect at most once, however often it was retried underneath.
 *
 * <p>Any thread may call; nothing blocks. Futures complete on the client's event loops, where
 * nothing may block; they fail with {@link KvException} alone, which {@link CompletableFuture#join}
 * wraps and {@link #sync} does not. Operations that are under way together have no order among
 * themselves: who wants one after the other waits for the first. Operations that were refused at
 * once ({@link io.flotilla.rpc.ErrorCode#INVALID_REQUEST}, {@link
 * io.flotilla.rpc.ErrorCode#OVERLOADED} by the client's own bounds) fail their future too.
 *
 * <p>An interface so that a program that uses the store can be tested without one.
 */
public interface KvClient {
  /** Name of the keyspace. */
  String keyspace();

  /** The same keyspace with another deadline for each call. */
  KvClient withTimeout(Duration timeout);

  /**
   * The same keyspace, whose reads and scans are of another {@link ReadLevel}. Writes stay what
   * they are. What any replica may answer, each is asked in turn; where one cannot, another, and at
   * last the leader; if nobody can in time, the error is {@link
   * io.flotilla.rpc.ErrorCode#REPLICA_BEHIND} or what else the last one said.
   */
  KvClient withReads(ReadOptions options);

  /** The same operations for a caller that waits. */
  default SyncKvClient sync() {
    return new SyncKvClient(this);
  }

  /** The value, or nothing if the key is absent. */
  CompletableFuture<Optional<Bytes>> get(Bytes key);

  /** As {@link #get}, with the age of the state that was read, if it was a stale read. */
  CompletableFuture<Reading> read(Bytes key);

  /** The values of those keys that are there. Not one moment: each key is read for itself. */
  CompletableFuture<Map<Bytes, Bytes>> getAll(Collection<Bytes> keys);

  CompletableFuture<PutResult> put(Bytes key, Bytes value, PutOptions options);

  CompletableFuture<Void> put(Bytes key, Bytes value);

  /** Whether it was written: the key was absent. */
  CompletableFuture<Boolean> putIfAbsent(Bytes key, Bytes value);

  /** Whether it was written: the key was there. */
  CompletableFuture<Boolean> putIfPresent(Bytes key, Bytes value);

  /** Writes, and answers what was there before. */
  CompletableFuture<Optional<Bytes>> getAndPut(Bytes key, Bytes value);

  /** Whether the key was there. */
  CompletableFuture<Boolean> delete(Bytes key);

  /** Deletes, and answers what was there before. */
  CompletableFuture<Optional<Bytes>> getAndDelete(Bytes key);

  /**
   * Replaces the value if it is as expected.
   *
   * @param expected nothing: the key must be absent
   * @param value nothing: delete
   */
  CompletableFuture<CasResult> compareAndSet(
      Bytes key, Optional<Bytes> expected, Optional<Bytes> value);

  /**
   * Adds to a number kept as decimal text, absent counting as 0, and answers the new one. Fails
   * with {@link io.flotilla.rpc.ErrorCode#INVALID_REQUEST} if the value is no signed 64-bit number
   * or would leave that range.
   */
  CompletableFuture<Long> increment(Bytes key, long delta);

  /** Appends to the value, absent counting as empty, and answers its new length in bytes. */
  CompletableFuture<Long> append(Bytes key, Bytes suffix);

  /**
   * All of these or none. They must lie in one shard; if not, this fails with {@link
   * io.flotilla.rpc.ErrorCode#INVALID_REQUEST} and changes nothing. In a hash keyspace keys with
   * the same {@code {tag}} always lie together.
   */
  CompletableFuture<BatchResult> batch(List<Mutation> mutations);

  /**
   * Writes all of these, over any shards. Each pair is atomic, the whole is not: when some were
   * written and others not, this fails as of unknown outcome, and says how many.
   */
  CompletableFuture<Void> putAll(Map<Bytes, Bytes> pairs);

  /** Deletes all of these, each for itself, and answers how many were there. As {@link #putAll}. */
  CompletableFuture<Long> deleteAll(Collection<Bytes> keys);

  /** One page, over as many shards as it takes to fill it. */
  CompletableFuture<Page> scan(Scan scan);

  /**
   * Page after page until the end; the scan's limit is the size of a page.
   *
   * @param onPage called in order, on an event loop: must not block
   */
  CompletableFuture<Void> scanAll(Scan scan, Consumer<Page> onPage);

  /** Number of keys in the scan's range; its limit is ignored. Each shard at one moment. */
  CompletableFuture<Long> count(Scan scan);
}
