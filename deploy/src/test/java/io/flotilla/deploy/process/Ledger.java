package io.flotilla.deploy.process;

import io.flotilla.router.client.Bytes;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAccumulator;

/**
 * What clients were promised, key by key. A key has one writer, which writes 1, 2, 3 and so on; so
 * a read must not see less than what was acknowledged before it began, nor less than an earlier
 * read saw, nor more than was ever sent.
 */
final class Ledger {
  private static final class Promise {
    final AtomicLong sent = new AtomicLong();
    final AtomicLong acknowledged = new AtomicLong();
    final AtomicLong seen = new AtomicLong();
  }

  private final Map<String, Promise> promises = new ConcurrentHashMap<>();
  private final ConcurrentLinkedQueue<String> violations = new ConcurrentLinkedQueue<>();
  private final AtomicLong acknowledgements = new AtomicLong();
  private final AtomicLong reads = new AtomicLong();
  private final AtomicLong lastSuccessNanos = new AtomicLong(System.nanoTime());
  private final LongAccumulator longestGapNanos = new LongAccumulator(Math::max, 0);

  /** The next number for this key. */
  long send(String key) {
    return promise(key).sent.incrementAndGet();
  }

  void acknowledge(String key, long number) {
    promise(key).acknowledged.accumulateAndGet(number, Math::max);
    acknowledgements.incrementAndGet();
    long now = System.nanoTime();
    longestGapNanos.accumulate(now - lastSuccessNanos.getAndSet(now));
  }

  /** To be asked before a read begins. */
  long least(String key) {
    Promise promise = promise(key);
    return Math.max(promise.acknowledged.get(), promise.seen.get());
  }

  void read(String key, long least, Optional<Bytes> value) {
    long number = value.map(v -> Long.parseLong(v.asUtf8())).orElse(0L);
    Promise promise = promise(key);
    if (number < least) {
      violations.add(key + ": read " + number + " after " + least + " was acknowledged or seen");
    }
    if (number > promise.sent.get()) {
      violations.add(key + ": read " + number + ", but only " + promise.sent.get() + " was sent");
    }
    promise.seen.accumulateAndGet(number, Math::max);
    reads.incrementAndGet();
  }

  private Promise promise(String key) {
    return promises.computeIfAbsent(key, k -> new Promise());
  }

  Iterable<String> keys() {
    return promises.keySet();
  }

  ConcurrentLinkedQueue<String> violations() {
    return violations;
  }

  long acknowledgements() {
    return acknowledgements.get();
  }

  long reads() {
    return reads.get();
  }

  double longestGapSeconds() {
    return longestGapNanos.get() / 1e9;
  }
}
