package io.flotilla.raft.rocksdb;

import java.util.Arrays;

/** First indexes of a group's live records, rising. */
final class RecordIndex {
  private long[] firsts = new long[4];
  private int start;
  private int size;

  boolean isEmpty() {
    return size == 0;
  }

  int size() {
    return size;
  }

  long get(int i) {
    return firsts[start + i];
  }

  long last() {
    return get(size - 1);
  }

  void add(long first) {
    if (start + size == firsts.length) {
      makeRoom();
    }
    firsts[start + size++] = first;
  }

  long removeLast() {
    return firsts[start + --size];
  }

  long removeFirst() {
    size--;
    return firsts[start++];
  }

  private void makeRoom() {
    long[] to = start > firsts.length / 2 ? firsts : new long[2 * firsts.length];
    System.arraycopy(firsts, start, to, 0, size);
    firsts = to;
    start = 0;
  }

  @Override
  public String toString() {
    return Arrays.toString(Arrays.copyOfRange(firsts, start, start + size));
  }
}
