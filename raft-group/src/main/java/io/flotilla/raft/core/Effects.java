package io.flotilla.raft.core;

import java.util.List;
import java.util.Optional;

/**
 * What the outside must now do. When a message may leave is part of its type, not of a comment.
 *
 * @param batch number of this drain, rising by one; {@link Input.Synced} names it
 * @param hardState to be made durable in one atomic batch with {@code append}
 * @param append entries without a gap, replacing all from the first one's index on; readable
 *     through {@link LogReader} as soon as the drain returns
 * @param beforeSync may leave at once: says nothing about our disk
 * @param afterSync votes and acknowledgements: may leave once this and all earlier batches are
 *     durable
 * @param apply entries that are committed and durable here, to be handed to the state machine in
 *     order
 * @param answers to proposals and reads
 * @param events for logs, metrics and checkers
 */
public record Effects(
    long batch,
    Optional<HardState> hardState,
    List<Entry> append,
    List<Envelope> beforeSync,
    List<Envelope> afterSync,
    Optional<Range> apply,
    List<Answer> answers,
    List<RaftEvent> events) {
  /** Indexes from {@code first} to {@code last}, both included. */
  public record Range(long first, long last) {}

  public Effects {
    append = List.copyOf(append);
    beforeSync = List.copyOf(beforeSync);
    afterSync = List.copyOf(afterSync);
    answers = List.copyOf(answers);
    events = List.copyOf(events);
  }

  /** Whether the disk has to do something before {@code afterSync} may leave. */
  public boolean mustSync() {
    return hardState.isPresent() || !append.isEmpty();
  }
}
