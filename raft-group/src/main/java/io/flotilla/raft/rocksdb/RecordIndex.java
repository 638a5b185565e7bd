package io.flotilla.raft.rocksdb;

import java.util.Arrays;

/** First indexes of a group's live records, rising, and what each record weighs. */
final class RecordIndex {
  private long[] firsts = new long[4];
  private int[] weights = new int[4];
  private int start;
  private int size;
  private long bytes;

  boolean isEmpty() {
    return size == 0;
  }

  int size() {
    return size;
  }

  /** What all of them weigh. */
  long bytes() {
    return bytes;
  }

  long get(int i) {
    return firsts[start + i];
  }

  long last() {
    return get(size - 1);
  }

  void add(long first, int weight) {
    if (start + size == firsts.length) {
      makeRoom();
    }
    firsts[start + size] = first;
    weights[start + size] = weight;
    size++;
    bytes += weight;
  }

  long removeLast() {
    size--;
    bytes -= weights[start + size];
    return firsts[start + size];
  }

  long removeFirst() {
    size--;
    bytes -= weights[start];
    return firsts[start++];
  }

  private void makeRoom() {
    boolean roomInFront = start > firsts.length / 2;
    int length = roomInFront ? firsts.length : 2 * firsts.length;
    firsts = Arrays.copyOf(Arrays.copyOfRange(firsts, start, start + size), length);
    weights = Arrays.copyOf(Arrays.copyOfRange(weights, start, start + size), length);
    start = 0;
  }

  @Override
  public String toString() {
    return Arrays.toString(Arrays.copyOfRange(firsts, start, start + size));
  }
}
