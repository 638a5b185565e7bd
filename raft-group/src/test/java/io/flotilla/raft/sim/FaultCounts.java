package io.flotilla.raft.sim;

import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;
import java.util.stream.Collectors;

/** How often each kind has happened. One thread. */
public final class FaultCounts {
  private final Map<FaultKind, Long> counts = new EnumMap<>(FaultKind.class);

  public void add(FaultKind kind) {
    add(kind, 1);
  }

  void add(FaultKind kind, long times) {
    if (times > 0) {
      counts.merge(kind, times, Long::sum);
    }
  }

  void addAll(FaultCounts others) {
    for (FaultKind kind : FaultKind.values()) {
      add(kind, others.of(kind));
    }
  }

  public long of(FaultKind kind) {
    return counts.getOrDefault(kind, 0L);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof FaultCounts counted && counts.equals(counted.counts);
  }

  @Override
  public int hashCode() {
    return counts.hashCode();
  }

  @Override
  public String toString() {
    return Arrays.stream(FaultKind.values())
        .filter(kind -> of(kind) > 0)
        .map(kind -> kind.text() + " " + of(kind))
        .collect(Collectors.joining(", ", "[", "]"));
  }
}
