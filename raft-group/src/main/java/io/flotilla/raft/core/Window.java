package io.flotilla.raft.core;

import java.util.Arrays;

/** Spans of the log under way, oldest first, each with its last index and its weight in bytes. */
final class Window {
  private long[] lasts = new long[4];
  private long[] weights = new long[4];
  private int head;
  private int count;
  private long bytes;

  int count() {
    return count;
  }

  long bytes() {
    return bytes;
  }

  /** Adds a span that ends at {@code last}, behind all spans before it. */
  void add(long last, long weight) {
    if (count == lasts.length) {
      lasts = unrolled(lasts);
      weights = unrolled(weights);
      head = 0;
    }
    int slot = (head + count) & (lasts.length - 1);
    lasts[slot] = last;
    weights[slot] = weight;
    count++;
    bytes += weight;
  }

  /** Lets go of all spans that end at or before {@code index}. */
  void releaseTo(long index) {
    while (count > 0 && lasts[head] <= index) {
      bytes -= weights[head];
      head = (head + 1) & (lasts.length - 1);
      count--;
    }
  }

  void clear() {
    head = 0;
    count = 0;
    bytes = 0;
  }

  private long[] unrolled(long[] ring) {
    long[] wider = Arrays.copyOfRange(ring, head, head + 2 * ring.length);
    System.arraycopy(ring, 0, wider, ring.length - head, head);
    return wider;
  }
}
