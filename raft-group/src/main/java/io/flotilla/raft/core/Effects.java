package io.flotilla.raft.core;

import java.util.List;
import java.util.Optional;

/**
 * What the outside must now do. When a message may leave is part of its type, not of a comment.
 *
 * @param batch number of this drain, rising by one; {@link Input.Synced} names it
 * @param hardState to be made durable in one atomic batch with {@code restore} and {@code append}
 * @param restore the snapshot of the last {@link Input.Restore} becomes the state, and the log is
 *     empty before {@code append}
 * @param append entries without a gap, replacing all from the first one's index on; readable
 *     through {@link LogReader} as soon as the drain returns
 * @param beforeSync may leave at once: says nothing about our disk
 * @param afterSync votes and acknowledgements: may leave once this and all earlier batches are
 *     durable
 * @param apply entries that are committed and durable here, to be handed to the state machine in
 *     order
 * @param snapshotWanted what this replica lacks is in nobody's log: a snapshot is to be fetched,
 *     and then to be offered by {@link Input.Restore}. Said again for each offer that comes.
 * @param answers to what was asked
 * @param removed the group has removed this replica, for good: it is to be destroyed. Said once.
 * @param events for logs, metrics and checkers
 */
public record Effects(
    long batch,
    Optional<HardState> hardState,
    Optional<Restore> restore,
    List<Entry> append,
    List<Envelope> beforeSync,
    List<Envelope> afterSync,
    Optional<Range> apply,
    Optional<SnapshotWanted> snapshotWanted,
    List<Answer> answers,
    boolean removed,
    List<RaftEvent> events) {
  /** Indexes from {@code first} to {@code last}, both included. */
  public record Range(long first, long last) {}

  /**
   * The log begins anew after {@code last}, with {@code membership} in force there. All entries
   * before go, whatever their index. What was handed out before and is not applied goes with them:
   * nothing is to be applied until this batch is durable, and then the machine's state is the
   * snapshot's, and nothing up to {@code last} is handed out any more.
   */
  public record Restore(Position last, Membership membership) {}

  /**
   * @param from the leader that offers it
   * @param atLeast its log begins after this: an older snapshot would not do
   */
  public record SnapshotWanted(ReplicaId from, Position atLeast) {}

  public Effects {
    append = List.copyOf(append);
    beforeSync = List.copyOf(beforeSync);
    afterSync = List.copyOf(afterSync);
    answers = List.copyOf(answers);
    events = List.copyOf(events);
  }

  /** Whether the disk has to do something before {@code afterSync} may leave. */
  public boolean mustSync() {
    return hardState.isPresent() || restore.isPresent() || !append.isEmpty();
  }
}
