package io.flotilla.shard.kv;

import com.google.protobuf.ByteString;
import io.flotilla.raft.port.StorageException;
import io.flotilla.raft.state.StateView;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Finds where the data of a range of keys is best cut in two. Little data is read; of more, RocksDB
 * estimates what stands before a key, and the key is found by bisection. Either way the work is
 * bounded: some thousand records, or some dozen estimates. Blocks on the disk, and, of more data,
 * for a flush. Where flushes or compactions are so far behind that one more would stall writers,
 * RocksDB has it wait until they are not, as it does with the flush that makes the split durable:
 * to go ahead would have all shards of the node wait for one that is to be cut.
 */
final class Middle {
  private static final int READ_KEYS_MAX = 4096;
  private static final long READ_BYTES_MAX = 4L << 20;
  private static final int ESTIMATES_MAX = 64;

  /** An estimate is good enough within this part of the whole. */
  private static final int ACCURACY = 16;

  /** Bytes behind what two keys begin with in common: enough to halve what is between them. */
  private static final int DIGITS = 9;

  private final KvStore store;
  private final Extents extents;

  Middle(KvStore store, Extents extents) {
    this.store = store;
    this.extents = extents;
  }

  /**
   * A key within the range, not its start, with about half of the data on either side, and some on
   * both if there is more than one record; nothing if there is no such key.
   */
  Optional<ByteString> find() throws StorageException {
    try (StateView view = store.view()) {
      List<byte[]> read = new ArrayList<>();
      List<Long> upTo = new ArrayList<>();
      long bytes = 0;
      boolean all;
      try (Cursor at = Cursor.forward(view, extents.data())) {
        for (;
            at.isValid() && read.size() < READ_KEYS_MAX && bytes < READ_BYTES_MAX;
            at.advance()) {
          read.add(KvKeys.encodedKey(at.key()));
          bytes += at.key().length + at.value().length;
          upTo.add(bytes);
        }
        all = !at.isValid();
      }
      byte[] found = null;
      if (!all) {
        store.flush(); // what is still in memory is estimated badly
        found = estimated(read.get(0), last(view));
      }
      if (found == null && read.size() > 1) {
        found = read.get(middleOf(upTo, bytes));
      }
      return found == null
          ? between(extents.range().start(), extents.range().end())
          : Optional.of(ByteString.copyFrom(found));
    }
  }

  private byte[] last(StateView view) throws StorageException {
    try (Cursor at = Cursor.backward(view, extents.data())) {
      return KvKeys.encodedKey(at.key());
    }
  }

  /** The record with which the first half is over, and not the first. */
  private static int middleOf(List<Long> upTo, long all) {
    int middle = 1;
    while (middle < upTo.size() - 1 && 2 * upTo.get(middle - 1) < all) {
      middle++;
    }
    return middle;
  }

  /** Some key behind {@code first} and up to {@code last}; null if there is none that is short. */
  private byte @Nullable [] estimated(byte[] first, byte[] last) throws StorageException {
    long all = bytesBetween(first, last);
    byte[] low = first;
    byte[] high = last;
    byte[] found = null;
    for (int i = 0; i < ESTIMATES_MAX; i++) {
      Optional<ByteString> between = between(ByteString.copyFrom(low), ByteString.copyFrom(high));
      if (between.isEmpty()) {
        break;
      }
      found = between.get().toByteArray();
      long before = bytesBetween(first, found);
      if (Math.abs(2 * before - all) <= all / ACCURACY) {
        break;
      }
      if (2 * before < all) {
        low = found;
      } else {
        high = found;
      }
    }
    return found;
  }

  private long bytesBetween(byte[] from, byte[] to) throws StorageException {
    KeyRange range = new KeyRange(ByteString.copyFrom(from), ByteString.copyFrom(to));
    return store.generations().approximateBytes(extents.within(range).data());
  }

  /**
   * A key in the middle between two, as if they were the digits of fractions.
   *
   * @param high empty for no bound
   */
  static Optional<ByteString> between(ByteString low, ByteString high) {
    int common = 0;
    while (common < low.size()
        && common < high.size()
        && low.byteAt(common) == high.byteAt(common)) {
      common++;
    }
    int digits = common + DIGITS;
    BigInteger from = fraction(low, digits);
    BigInteger to =
        high.isEmpty() ? BigInteger.ONE.shiftLeft(digits * Byte.SIZE) : fraction(high, digits);
    if (to.subtract(from).compareTo(BigInteger.TWO) < 0) {
      return Optional.empty();
    }
    byte[] sum = from.add(to).shiftRight(1).toByteArray(); // with a sign, and without leading zeros
    byte[] middle = new byte[digits];
    int taken = Math.min(sum.length, digits);
    System.arraycopy(sum, sum.length - taken, middle, digits - taken, taken);
    int end = digits;
    while (middle[end - 1] == 0) {
      end--;
    }
    return Optional.of(ByteString.copyFrom(middle, 0, end));
  }

  private static BigInteger fraction(ByteString key, int digits) {
    ByteString first = key.substring(0, Math.min(key.size(), digits));
    return new BigInteger(1, Arrays.copyOf(first.toByteArray(), digits));
  }
}
