package io.flotilla.raft.state;

import java.util.Arrays;
import java.util.Comparator;

/**
 * The keys of a state database from one up to, not including, another. Nobody may change the bytes.
 */
public record KeySpan(byte[] from, byte[] to) {
  static final Comparator<KeySpan> BY_FROM = (one, other) -> compare(one.from, other.from);

  /** All keys of a generation. */
  public static KeySpan of(long generation) {
    return new KeySpan(Generations.beginOf(generation), Generations.beginOf(generation + 1));
  }

  static int compare(byte[] one, byte[] other) {
    return Arrays.compareUnsigned(one, other);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof KeySpan that
        && Arrays.equals(from, that.from)
        && Arrays.equals(to, that.to);
  }

  @Override
  public int hashCode() {
    return 31 * Arrays.hashCode(from) + Arrays.hashCode(to);
  }
}
