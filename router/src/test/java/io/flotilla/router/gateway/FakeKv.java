package io.flotilla.router.gateway;

import io.flotilla.router.client.BatchResult;
import io.flotilla.router.client.BatchResult.Outcome;
import io.flotilla.router.client.Bytes;
import io.flotilla.router.client.CasResult;
import io.flotilla.router.client.Condition;
import io.flotilla.router.client.Entry;
import io.flotilla.router.client.HashSlot;
import io.flotilla.router.client.KvClient;
import io.flotilla.router.client.KvException;
import io.flotilla.router.client.Mutation;
import io.flotilla.router.client.Page;
import io.flotilla.router.client.PutOptions;
import io.flotilla.router.client.PutResult;
import io.flotilla.router.client.ReadOptions;
import io.flotilla.router.client.Reading;
import io.flotilla.router.client.Scan;
import io.flotilla.rpc.ErrorCode;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * A hash keyspace in memory that takes liberties: of the operations that are under way together it
 * carries out any one next, as its seed says. Operations on keys in {@link #failing} fail.
 */
final class FakeKv implements KvClient, AutoCloseable {
  static final int VALUE_BYTES_MAX = 1 << 20;

  final Map<Bytes, KvException> failing = new ConcurrentHashMap<>();
  final AtomicInteger operations = new AtomicInteger();
  final AtomicInteger underWayMost = new AtomicInteger();

  private final TreeMap<Bytes, Bytes> data = new TreeMap<>();
  private final List<Runnable> underWay = new ArrayList<>();
  private final Random random;
  private final ExecutorService store = Executors.newSingleThreadExecutor();
  private boolean held;

  FakeKv(long seed) {
    random = new Random(seed);
  }

  /** From now on nothing is carried out, until {@link #release}. */
  synchronized void hold() {
    held = true;
  }

  synchronized void release() {
    held = false;
    for (int i = 0; i < underWay.size(); i++) {
      store.execute(this::carryOutAny);
    }
  }

  synchronized int underWay() {
    return underWay.size();
  }

  synchronized int size() {
    return data.size();
  }

  private <T> CompletableFuture<T> operation(Collection<Bytes> keys, Supplier<T> effect) {
    CompletableFuture<T> answer = new CompletableFuture<>();
    operations.incrementAndGet();
    Runnable carriedOut =
        () -> {
          try {
            keys.stream()
                .map(failing::get)
                .filter(e -> e != null)
                .findAny()
                .ifPresent(FakeKv::fail);
            answer.complete(effect.get());
          } catch (KvException e) {
            answer.completeExceptionally(e);
          }
        };
    synchronized (this) {
      underWay.add(carriedOut);
      underWayMost.accumulateAndGet(underWay.size(), Math::max);
      if (!held) {
        store.execute(this::carryOutAny);
      }
    }
    return answer;
  }

  private static void fail(KvException e) {
    throw e;
  }

  private void carryOutAny() {
    Runnable next;
    synchronized (this) {
      if (held || underWay.isEmpty()) {
        return;
      }
      next = underWay.remove(random.nextInt(underWay.size()));
    }
    next.run();
  }

  @Override
  public String keyspace() {
    return "redis";
  }

  @Override
  public KvClient withTimeout(Duration timeout) {
    return this;
  }

  @Override
  public KvClient withReads(ReadOptions options) {
    return this;
  }

  @Override
  public CompletableFuture<Reading> read(Bytes key) {
    return get(key).thenApply(value -> new Reading(value, Optional.empty()));
  }

  @Override
  public CompletableFuture<Optional<Bytes>> get(Bytes key) {
    return operation(List.of(key), () -> look(key));
  }

  @Override
  public CompletableFuture<Map<Bytes, Bytes>> getAll(Collection<Bytes> keys) {
    return operation(
        keys,
        () -> {
          Map<Bytes, Bytes> found = new HashMap<>();
          keys.forEach(key -> look(key).ifPresent(value -> found.put(key, value)));
          return found;
        });
  }

  @Override
  public CompletableFuture<PutResult> put(Bytes key, Bytes value, PutOptions options) {
    return single(new Mutation.Put(key, value, options))
        .thenApply(o -> new PutResult(o.conditionMet(), o.existed(), o.previous()));
  }

  @Override
  public CompletableFuture<Void> put(Bytes key, Bytes value) {
    return single(Mutation.put(key, value)).thenAccept(outcome -> {});
  }

  @Override
  public CompletableFuture<Boolean> putIfAbsent(Bytes key, Bytes value) {
    return put(key, value, PutOptions.DEFAULT.when(Condition.IF_ABSENT))
        .thenApply(PutResult::written);
  }

  @Override
  public CompletableFuture<Boolean> putIfPresent(Bytes key, Bytes value) {
    return put(key, value, PutOptions.DEFAULT.when(Condition.IF_PRESENT))
        .thenApply(PutResult::written);
  }

  @Override
  public CompletableFuture<Optional<Bytes>> getAndPut(Bytes key, Bytes value) {
    return put(key, value, PutOptions.DEFAULT.returningPrevious()).thenApply(PutResult::previous);
  }

  @Override
  public CompletableFuture<Boolean> delete(Bytes key) {
    return single(Mutation.delete(key)).thenApply(Outcome::existed);
  }

  @Override
  public CompletableFuture<Optional<Bytes>> getAndDelete(Bytes key) {
    return single(new Mutation.Delete(key, true)).thenApply(Outcome::previous);
  }

  @Override
  public CompletableFuture<CasResult> compareAndSet(
      Bytes key, Optional<Bytes> expected, Optional<Bytes> value) {
    throw new UnsupportedOperationException("no command compares");
  }

  @Override
  public CompletableFuture<Long> increment(Bytes key, long delta) {
    return single(Mutation.increment(key, delta)).thenApply(Outcome::number);
  }

  @Override
  public CompletableFuture<Long> append(Bytes key, Bytes suffix) {
    return single(Mutation.append(key, suffix)).thenApply(Outcome::number);
  }

  @Override
  public CompletableFuture<BatchResult> batch(List<Mutation> mutations) {
    return operation(mutations.stream().map(Mutation::key).toList(), () -> applyAll(mutations));
  }

  private synchronized BatchResult applyAll(List<Mutation> mutations) {
    TreeMap<Bytes, Bytes> before = new TreeMap<>(data);
    List<Outcome> outcomes = new ArrayList<>();
    try {
      for (Mutation each : mutations) {
        Outcome outcome = apply(each);
        outcomes.add(outcome);
        if (!outcome.conditionMet()) {
          throw new IllegalStateException("a batch with a condition that can fail");
        }
      }
    } catch (KvException e) {
      data.clear();
      data.putAll(before);
      throw e;
    }
    return new BatchResult(true, outcomes);
  }

  @Override
  public CompletableFuture<Void> putAll(Map<Bytes, Bytes> pairs) {
    throw new UnsupportedOperationException("would not tell what was done");
  }

  @Override
  public CompletableFuture<Long> deleteAll(Collection<Bytes> keys) {
    throw new UnsupportedOperationException("would not tell what was done");
  }

  @Override
  public CompletableFuture<Page> scan(Scan scan) {
    return operation(List.of(), () -> page(scan));
  }

  private synchronized Page page(Scan scan) {
    Scan.Slots slots = (Scan.Slots) scan.range();
    List<Entry> entries = new ArrayList<>();
    Bytes from = scan.from().orElse(slotStart(slots.start()));
    for (Map.Entry<Bytes, Bytes> each : data.tailMap(from).entrySet()) {
      if (slots.end() < HashSlot.COUNT && each.getKey().compareTo(slotStart(slots.end())) >= 0) {
        break;
      }
      if (entries.size() == scan.limit()) {
        return new Page(entries, Optional.of(each.getKey()), Optional.empty());
      }
      byte[] encoded = each.getKey().toByteArray();
      entries.add(new Entry(Bytes.of(Arrays.copyOfRange(encoded, 2, encoded.length)), Bytes.EMPTY));
    }
    return new Page(entries, Optional.empty(), Optional.empty());
  }

  @Override
  public CompletableFuture<Void> scanAll(Scan scan, Consumer<Page> onPage) {
    throw new UnsupportedOperationException("no command takes so much at once");
  }

  @Override
  public CompletableFuture<Long> count(Scan scan) {
    return operation(List.of(), () -> (long) size());
  }

  private CompletableFuture<Outcome> single(Mutation mutation) {
    return operation(List.of(mutation.key()), () -> apply(mutation));
  }

  private synchronized Optional<Bytes> look(Bytes key) {
    return Optional.ofNullable(data.get(encoded(key)));
  }

  private synchronized Outcome apply(Mutation mutation) {
    Optional<Bytes> before = look(mutation.key());
    if (mutation instanceof Mutation.Put put) {
      return applyPut(put, before);
    }
    if (mutation instanceof Mutation.Delete delete) {
      data.remove(encoded(delete.key()));
      Optional<Bytes> previous = delete.returnPrevious() ? before : Optional.empty();
      return new Outcome(true, before.isPresent(), previous, 0);
    }
    if (mutation instanceof Mutation.Increment increment) {
      return applyIncrement(increment, before);
    }
    Mutation.Append append = (Mutation.Append) mutation;
    return new Outcome(
        true,
        before.isPresent(),
        Optional.empty(),
        store(append.key(), before.orElse(Bytes.EMPTY).concat(append.suffix())));
  }

  private Outcome applyPut(Mutation.Put put, Optional<Bytes> before) {
    boolean met =
        switch (put.options().condition()) {
          case ALWAYS -> true;
          case IF_ABSENT -> before.isEmpty();
          case IF_PRESENT -> before.isPresent();
        };
    if (met) {
      store(put.key(), put.value());
    }
    boolean looks = !put.options().equals(PutOptions.DEFAULT);
    Optional<Bytes> previous = put.options().returnPrevious() ? before : Optional.empty();
    return new Outcome(met, looks && before.isPresent(), previous, 0);
  }

  private Outcome applyIncrement(Mutation.Increment increment, Optional<Bytes> before) {
    long number =
        Numbers.parse(before.map(Bytes::toByteArray).orElse(new byte[] {'0'}))
            .orElseThrow(() -> invalid("value is not an integer or out of range"));
    try {
      number = Math.addExact(number, increment.delta());
    } catch (ArithmeticException e) {
      throw invalid("increment or decrement would overflow");
    }
    store(increment.key(), Bytes.of(Long.toString(number).getBytes(StandardCharsets.US_ASCII)));
    return new Outcome(true, before.isPresent(), Optional.empty(), number);
  }

  private long store(Bytes key, Bytes value) {
    if (value.length() > VALUE_BYTES_MAX) {
      throw invalid("string exceeds maximum allowed size (" + VALUE_BYTES_MAX + " bytes)");
    }
    data.put(encoded(key), value);
    return value.length();
  }

  private static KvException invalid(String message) {
    return new KvException(ErrorCode.INVALID_REQUEST, message);
  }

  private static Bytes encoded(Bytes key) {
    return slotStart(HashSlot.of(key)).concat(key);
  }

  private static Bytes slotStart(int slot) {
    return Bytes.of((byte) (slot >> 8), (byte) slot);
  }

  @Override
  public void close() throws InterruptedException {
    store.shutdown();
    store.awaitTermination(5, TimeUnit.SECONDS);
  }
}
