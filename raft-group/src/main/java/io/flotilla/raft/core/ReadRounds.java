package io.flotilla.raft.core;

import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Linearizable reads of a leader (ReadIndex, thesis §6.4). A round of heartbeats shows that no
 * newer leader had been elected when it began, so whatever was committed before is known here, and
 * the commit index of that moment is what reads have to wait for. One round is under way at a time;
 * who asks meanwhile joins the next one. A round is known by its number alone, which only rises
 * within a term: a late reply can only carry a lower one.
 *
 * <p>Whether a replica was removed is read in the same way: of what this leader knows when a round
 * that began after the question has ended.
 */
final class ReadRounds {
  /** Whoever waits: a local caller, or a replica that asks for its own ones, or about itself. */
  record Read(Optional<ReplicaId> asker, long token) {
    /** No ticket of a replica; see {@link Replica#nextTicket}. */
    private static final long DOUBT = 0;

    static Read doubt(ReplicaId asker) {
      return new Read(Optional.of(asker), DOUBT);
    }

    boolean isDoubt() {
      return asker.isPresent() && token == DOUBT;
    }
  }

  private static final int WAITING_MAX = 1 << 16;

  private Set<Read> waiting = new LinkedHashSet<>();
  private Set<Read> underWay = new LinkedHashSet<>();
  private final Set<ReplicaId> acknowledged = new HashSet<>();
  private long round;
  private long index;

  /** The newest round begun; 0 if none was. */
  long round() {
    return round;
  }

  /** The index that reads of the round under way wait for. */
  long index() {
    return index;
  }

  /** False if too many wait already. */
  boolean ask(Read read) {
    if (waiting.size() == WAITING_MAX) {
      return false;
    }
    waiting.add(read);
    return true;
  }

  /** Begins a round for all who wait, unless one is under way or nobody waits. */
  boolean begin(long commit) {
    if (!underWay.isEmpty() || waiting.isEmpty()) {
      return false;
    }
    Set<Read> empty = underWay;
    underWay = waiting;
    waiting = empty;
    acknowledged.clear();
    index = commit;
    round++;
    return true;
  }

  /** A replica still followed this leader when it heard of that round. */
  void acknowledge(ReplicaId from, long heardRound) {
    if (!underWay.isEmpty() && heardRound >= round) {
      acknowledged.add(from);
    }
  }

  /** Ends the round under way if a quorum, this leader included, has acknowledged it. */
  void finish(Membership membership, ReplicaId self, Consumer<Read> reader) {
    if (!underWay.isEmpty()
        && Quorum.reached(membership, id -> id.equals(self) || acknowledged.contains(id))) {
      underWay.forEach(reader);
      underWay.clear();
    }
  }

  /** Leadership ends, and with it all hope of an answer. */
  void abandon(Consumer<Read> reader) {
    underWay.forEach(reader);
    waiting.forEach(reader);
    underWay.clear();
    waiting.clear();
  }
}
