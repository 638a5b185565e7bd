package io.flotilla.raft.runtime;

import io.flotilla.raft.port.RaftParcel;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What a loop has handed to the log store and waits for, in order. The store's thread only moves
 * {@link #durable}; all else is owned by the loop.
 */
final class SyncQueue {
  /** One group's part of a hand-over: what to say and to whom once it is on disk. */
  record Waiting(Replica<?> replica, long batch, long lastIndex, List<RaftParcel> afterSync) {}

  /** What a group says that keeps nothing itself, but rests on what was kept before. */
  private record Saying(Replica<?> replica, List<RaftParcel> parcels) {}

  private record HandOver(
      long ticket, List<Waiting> waiting, List<Replica<?>> removed, List<Saying> alsoAfterSync) {}

  private final AtomicLong durable = new AtomicLong();
  private final Deque<HandOver> waiting = new ArrayDeque<>();
  private long lastTicket;

  /** The number that the next hand-over will have. */
  long nextTicket() {
    return lastTicket + 1;
  }

  /**
   * @param removed whose logs are gone with this hand-over
   */
  long add(List<Waiting> groups, List<Replica<?>> removed) {
    waiting.add(new HandOver(++lastTicket, groups, removed, new ArrayList<>(0)));
    return lastTicket;
  }

  /** By the log store's thread; in order, as it promises. */
  void durable(long ticket) {
    durable.accumulateAndGet(ticket, Math::max);
  }

  /** Whether anything that was handed over is not durable yet. */
  boolean isWaiting() {
    return !waiting.isEmpty();
  }

  boolean isDurable(long ticket) {
    return waiting.isEmpty() || ticket < waiting.peek().ticket();
  }

  /** Lets parcels leave when all that was handed over so far is durable. */
  void afterAllSoFar(Replica<?> replica, List<RaftParcel> parcels) {
    waiting.getLast().alsoAfterSync().add(new Saying(replica, parcels));
  }

  /**
   * Takes from the front what has become durable. Who was stopped meanwhile says nothing more: its
   * log may be gone by now, and what it promised with it.
   */
  int takeDurable(WhenDurable speak, List<RaftParcel> outgoing) {
    long upTo = durable.get();
    int taken = 0;
    while (!waiting.isEmpty() && waiting.peek().ticket() <= upTo) {
      HandOver handOver = waiting.remove();
      for (Waiting group : handOver.waiting()) {
        speak.accept(handOver.ticket(), group);
      }
      handOver.removed().forEach(replica -> replica.removed.complete(null));
      for (Saying saying : handOver.alsoAfterSync()) {
        if (saying.replica().takesPart()) {
          outgoing.addAll(saying.parcels());
        }
      }
      taken++;
    }
    return taken;
  }

  /** Met once for each group of a hand-over. */
  interface WhenDurable {
    void accept(long ticket, Waiting group);
  }
}
