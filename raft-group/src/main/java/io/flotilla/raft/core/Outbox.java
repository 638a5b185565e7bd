package io.flotilla.raft.core;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What the next drain will say; filled by any number of steps. */
final class Outbox {
  private Optional<HardState> hardState = Optional.empty();
  private final List<Entry> append = new ArrayList<>();
  private final List<Envelope> beforeSync = new ArrayList<>();
  private final List<Envelope> afterSync = new ArrayList<>();
  private final List<Answer> answers = new ArrayList<>();
  private final List<RaftEvent> events = new ArrayList<>();

  void keep(HardState state) {
    hardState = Optional.of(state);
  }

  void keep(Entry entry) {
    append.add(entry);
  }

  /** Entries that a conflict replaces before they were ever handed out. */
  void dropFrom(long index) {
    if (!append.isEmpty()) {
      long first = append.get(0).index();
      int kept = (int) Math.max(0, Math.min(append.size(), index - first));
      append.subList(kept, append.size()).clear();
    }
  }

  /** Entries that nobody but this outbox has yet. */
  List<Entry> undrained() {
    return append;
  }

  void beforeSync(Envelope envelope) {
    beforeSync.add(envelope);
  }

  void afterSync(Envelope envelope) {
    afterSync.add(envelope);
  }

  void answer(Answer answer) {
    answers.add(answer);
  }

  void event(RaftEvent event) {
    events.add(event);
  }

  boolean mustSync() {
    return hardState.isPresent() || !append.isEmpty();
  }

  boolean isEmpty() {
    return !mustSync()
        && beforeSync.isEmpty()
        && afterSync.isEmpty()
        && answers.isEmpty()
        && events.isEmpty();
  }

  Effects drain(long batch, Optional<Effects.Range> apply) {
    Effects effects =
        new Effects(batch, hardState, append, beforeSync, afterSync, apply, answers, events);
    hardState = Optional.empty();
    append.clear();
    beforeSync.clear();
    afterSync.clear();
    answers.clear();
    events.clear();
    return effects;
  }
}
