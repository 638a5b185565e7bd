package io.flotilla.raft.state;

import java.util.Arrays;
import java.util.Comparator;

/**
 * The keys of a state database from one up to, not including, another. Nobody may change the bytes.
 */
public final class KeySpan {
  static final Comparator<KeySpan> BY_FROM = (one, other) -> compare(one.from, other.from);

  private final byte[] from;
  private final byte[] to;

  public KeySpan(byte[] from, byte[] to) {
    this.from = from;
    this.to = to;
  }

  /** All keys of a generation. */
  public static KeySpan of(long generation) {
    return new KeySpan(Generations.beginOf(generation), Generations.beginOf(generation + 1));
  }

  public byte[] from() {
    return from;
  }

  public byte[] to() {
    return to;
  }

  static int compare(byte[] one, byte[] other) {
    return Arrays.compareUnsigned(one, other);
  }
}
