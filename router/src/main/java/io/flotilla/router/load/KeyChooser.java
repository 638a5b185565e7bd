package io.flotilla.router.load;

import io.flotilla.router.client.Bytes;
import java.nio.ByteBuffer;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Chooses keys by number and makes their bytes. A key's number is mixed into its first eight bytes,
 * so that neighbouring numbers, and the popular ones, lie in different shards.
 *
 * <p>The popular ones follow YCSB's Zipfian distribution with constant 0.99: Gray et al., "Quickly
 * Generating Billion-Record Synthetic Databases" (SIGMOD 1994), section 3.2.
 */
final class KeyChooser {
  private static final double THETA = 0.99;

  private final long keys;
  private final int keyBytes;
  private final boolean zipfian;
  private final double zeta;
  private final double eta;

  KeyChooser(LoadConfig config) {
    this.keys = config.keys();
    this.keyBytes = config.keyBytes();
    this.zipfian = config.zipfian();
    this.zeta = zipfian ? zeta(keys) : 0;
    this.eta = (1 - Math.pow(2.0 / keys, 1 - THETA)) / (1 - zeta(2) / zeta);
  }

  Bytes next() {
    ThreadLocalRandom random = ThreadLocalRandom.current();
    return key(zipfian ? zipf(random.nextDouble()) : random.nextLong(keys));
  }

  /** The bytes of a key's number. */
  Bytes key(long number) {
    byte[] key = new byte[keyBytes];
    ByteBuffer.wrap(key).putLong(mix(number));
    return Bytes.wrap(key);
  }

  /** The number at this place, 0 to 1, of all choices in the order of their popularity. */
  long zipf(double place) {
    double weight = place * zeta;
    if (weight < 1 || keys == 1) {
      return 0;
    }
    if (weight < 1 + Math.pow(0.5, THETA)) {
      return 1;
    }
    long number = (long) (keys * Math.pow(eta * place - eta + 1, 1 / (1 - THETA)));
    return Math.min(number, keys - 1);
  }

  /** Exact up to a million keys; beyond, the sum's integral is close enough. */
  private static double zeta(long count) {
    int exact = (int) Math.min(count, 1_000_000);
    double sum = 0;
    for (int i = 1; i <= exact; i++) {
      sum += 1 / Math.pow(i, THETA);
    }
    if (count > exact) {
      sum += (Math.pow((double) count, 1 - THETA) - Math.pow(exact, 1 - THETA)) / (1 - THETA);
    }
    return sum;
  }

  /** One to one: different numbers have different keys. */
  private static long mix(long number) {
    long z = (number + 1) * 0x9e3779b97f4a7c15L;
    z = (z ^ z >>> 30) * 0xbf58476d1ce4e5b9L;
    z = (z ^ z >>> 27) * 0x94d049bb133111ebL;
    return z ^ z >>> 31;
  }
}
