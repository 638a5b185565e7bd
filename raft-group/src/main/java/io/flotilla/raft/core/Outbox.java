package io.flotilla.raft.core;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What the next drain will say; filled by any number of steps. */
final class Outbox {
  private Optional<HardState> hardState = Optional.empty();
  private Optional<Effects.Restore> restore = Optional.empty();
  private Optional<Effects.SnapshotWanted> snapshotWanted = Optional.empty();
  private final List<Entry> append = new ArrayList<>();
  private final List<Envelope> beforeSync = new ArrayList<>();
  private final List<Envelope> afterSync = new ArrayList<>();
  private final List<Answer> answers = new ArrayList<>();
  private boolean removed;
  private final List<RaftEvent> events = new ArrayList<>();

  void keep(HardState state) {
    hardState = Optional.of(state);
  }

  void keep(Entry entry) {
    append.add(entry);
  }

  /** Nothing kept so far belongs into the log that begins with this. */
  void keep(Effects.Restore base) {
    append.clear();
    restore = Optional.of(base);
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

  void want(Effects.SnapshotWanted snapshot) {
    snapshotWanted = Optional.of(snapshot);
  }

  void answer(Answer answer) {
    answers.add(answer);
  }

  void removed() {
    removed = true;
  }

  void event(RaftEvent event) {
    events.add(event);
  }

  boolean mustSync() {
    return hardState.isPresent() || restore.isPresent() || !append.isEmpty();
  }

  boolean isEmpty() {
    return !mustSync()
        && beforeSync.isEmpty()
        && afterSync.isEmpty()
        && snapshotWanted.isEmpty()
        && answers.isEmpty()
        && !removed
        && events.isEmpty();
  }

  Effects drain(long batch, Optional<Effects.Range> apply) {
    Effects effects =
        new Effects(
            batch,
            hardState,
            restore,
            append,
            beforeSync,
            afterSync,
            apply,
            snapshotWanted,
            answers,
            removed,
            events);
    hardState = Optional.empty();
    restore = Optional.empty();
    snapshotWanted = Optional.empty();
    append.clear();
    beforeSync.clear();
    afterSync.clear();
    answers.clear();
    removed = false;
    events.clear();
    return effects;
  }
}
