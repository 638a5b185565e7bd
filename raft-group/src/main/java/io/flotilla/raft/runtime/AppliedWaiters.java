package io.flotilla.raft.runtime;

import io.flotilla.raft.core.Refusal;
import java.util.Comparator;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * Who waits until the state here has reached an index. Unlike a read barrier this asks nothing of
 * the algorithm, and so it does not go through the loop's inbox. Any thread may call. One that is
 * given up, by completing its future, makes room at once.
 */
final class AppliedWaiters {
  static final int WAITING_MAX = 1 << 14;

  /** In the order of indexes; the number tells those apart that wait for the same. */
  private record Key(long index, long number) implements Comparable<Key> {
    private static final Comparator<Key> ORDER =
        Comparator.comparingLong(Key::index).thenComparingLong(Key::number);

    @Override
    public int compareTo(Key other) {
      return ORDER.compare(this, other);
    }
  }

  private final LongSupplier applied;
  private final ConcurrentSkipListMap<Key, CompletableFuture<Long>> waiting =
      new ConcurrentSkipListMap<>();
  private final AtomicInteger count = new AtomicInteger();
  private final AtomicLong lastNumber = new AtomicLong();
  private volatile boolean closed;

  /**
   * @param applied the index that the state has reached, which only rises
   */
  AppliedWaiters(LongSupplier applied) {
    this.applied = applied;
  }

  CompletableFuture<Long> await(long index) {
    CompletableFuture<Long> reached = new CompletableFuture<>();
    if (complete(reached, index)) {
      return reached;
    }
    if (count.incrementAndGet() > WAITING_MAX) {
      count.decrementAndGet();
      refuse(reached, new Refusal.Overloaded());
      return reached;
    }
    Key key = new Key(index, lastNumber.incrementAndGet());
    waiting.put(key, reached);
    reached.whenComplete(
        (value, failure) -> {
          waiting.remove(key);
          count.decrementAndGet();
        });
    // Whoever looked before it was put there has not seen it.
    if (!complete(reached, index) && closed) {
      refuseAsClosed(reached);
    }
    return reached;
  }

  private boolean complete(CompletableFuture<Long> reached, long index) {
    long now = applied.getAsLong();
    return now >= index && reached.complete(now);
  }

  /** The state has come as far as this. */
  void reached(long index) {
    if (!waiting.isEmpty()) {
      for (CompletableFuture<Long> one :
          waiting.headMap(new Key(index, Long.MAX_VALUE), true).values()) {
        one.complete(index);
      }
    }
  }

  /** It will come no further. */
  void close() {
    closed = true;
    for (Map.Entry<Key, CompletableFuture<Long>> one : waiting.entrySet()) {
      refuseAsClosed(one.getValue());
    }
  }

  int count() {
    return count.get();
  }

  private static void refuseAsClosed(CompletableFuture<Long> one) {
    refuse(one, new Refusal.NotLeader(Optional.empty()));
  }

  private static void refuse(CompletableFuture<Long> one, Refusal refusal) {
    one.completeExceptionally(RaftException.refused(refusal));
  }
}
