package io.flotilla.raft.sim;

import java.util.Arrays;
import java.util.stream.Collectors;

/** How often each kind has happened. One thread. */
final class FaultCounts {
  private final long[] counts = new long[FaultKind.values().length];

  void add(FaultKind kind) {
    add(kind, 1);
  }

  void add(FaultKind kind, long times) {
    counts[kind.ordinal()] += times;
  }

  void addAll(FaultCounts others) {
    for (FaultKind kind : FaultKind.values()) {
      add(kind, others.of(kind));
    }
  }

  long of(FaultKind kind) {
    return counts[kind.ordinal()];
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof FaultCounts counted && Arrays.equals(counts, counted.counts);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(counts);
  }

  @Override
  public String toString() {
    return Arrays.stream(FaultKind.values())
        .filter(kind -> of(kind) > 0)
        .map(kind -> kind.text() + " " + of(kind))
        .collect(Collectors.joining(", ", "[", "]"));
  }
}
