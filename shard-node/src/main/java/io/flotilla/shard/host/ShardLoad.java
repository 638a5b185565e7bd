package io.flotilla.shard.host;

import com.google.protobuf.ByteString;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.IntUnaryOperator;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * How much a shard is asked here, and for which keys. Counting is for any thread, takes no lock and
 * makes nothing; an idle shard keeps no keys.
 *
 * <p>The keys are a sample of the latest: each operation has the same chance to get into it, and
 * then takes the place of any other. So no operation has to be numbered, nothing begins anew, and
 * what was asked fades as the rate does. CockroachDB and TiKV, which cut by load, sample for a few
 * seconds at a time instead.
 */
public final class ShardLoad {
  /** From so many operations per second on, keys are sampled. */
  public static final long BUSY = 100;

  private static final int KEYS = 128;

  /** How long a change takes to show for the most part, in the rate and in the sample. */
  private static final double FADES_SECONDS = 10;

  private static final long MEASURE_EVERY_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

  /** Keys of operations, of which one in {@code stride} is kept. */
  private static final class Sample {
    final AtomicReferenceArray<@Nullable ByteString> keys = new AtomicReferenceArray<>(KEYS);
    volatile int stride = 1;
  }

  private final LongSupplier nanos;
  private final IntUnaryOperator chance;
  private final LongAdder operations = new LongAdder();
  private volatile @Nullable Sample sample;

  // Of whoever measures.
  private double perSecond;
  private long counted;
  private long measuredNanos;

  /**
   * @param nanos a clock that only moves forward, as {@link System#nanoTime}
   * @param chance a number from 0 up to, not including, its argument; for any thread
   */
  public ShardLoad(LongSupplier nanos, IntUnaryOperator chance) {
    this.nanos = nanos;
    this.chance = chance;
    this.measuredNanos = nanos.getAsLong();
  }

  /** By the clock and the chance of this process. */
  static ShardLoad ofThisProcess() {
    return new ShardLoad(System::nanoTime, bound -> ThreadLocalRandom.current().nextInt(bound));
  }

  /** An operation on this key, or one that begins there. */
  public void count(ByteString key) {
    operations.increment();
    Sample kept = sample;
    if (kept != null && chance.applyAsInt(kept.stride) == 0) {
      kept.keys.lazySet(chance.applyAsInt(KEYS), key);
    }
  }

  /** Each an operation. */
  public void count(List<ByteString> keys) {
    for (int i = 0; i < keys.size(); i++) {
      count(keys.get(i));
    }
  }

  /** Operations per second, smoothed. For one thread at a time. */
  public long perSecond() {
    long nowNanos = nanos.getAsLong();
    long passedNanos = nowNanos - measuredNanos;
    if (passedNanos >= MEASURE_EVERY_NANOS) {
      long now = operations.sum();
      double seconds = passedNanos / 1e9;
      double weight = 1 - Math.exp(-seconds / FADES_SECONDS);
      perSecond += weight * ((now - counted) / seconds - perSecond);
      counted = now;
      measuredNanos = nowNanos;
      adapt();
    }
    return Math.round(perSecond);
  }

  private void adapt() {
    Sample kept = sample;
    if (perSecond < BUSY) {
      sample = null;
    } else {
      if (kept == null) {
        kept = new Sample();
      }
      kept.stride = (int) Math.max(1, Math.min(1 << 30, perSecond * FADES_SECONDS / KEYS));
      sample = kept;
    }
  }

  /** The keys in the sample; none as long as half of it is empty. */
  public List<ByteString> sampled() {
    List<ByteString> keys = new ArrayList<>();
    Sample kept = sample;
    for (int i = 0; kept != null && i < KEYS; i++) {
      ByteString key = kept.keys.get(i);
      if (key != null) {
        keys.add(key);
      }
    }
    return keys.size() * 2 < KEYS ? List.of() : keys;
  }
}
