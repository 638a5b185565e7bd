package io.flotilla.raft.sim;

import io.flotilla.raft.core.Entry;
import io.flotilla.raft.core.HardState;
import io.flotilla.raft.core.Position;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * The disk of one replica. Batches are written in order and each is atomic; a crash keeps what was
 * synced and, as chance wills, some of the first batches that were not. One thread.
 */
final class SimDisk {
  private record Batch(
      long number,
      Optional<HardState> hardState,
      Optional<SimSnapshot> restore,
      List<Entry> entries) {}

  private final ArrayDeque<Batch> unsynced = new ArrayDeque<>();
  private final SimLog log = new SimLog();
  private final Consumer<SimState> adopt;
  private HardState hardState = HardState.INITIAL;

  /**
   * @param adopt makes a snapshot the state that a restart finds, together with the batch's log
   */
  SimDisk(Consumer<SimState> adopt) {
    this.adopt = adopt;
  }

  void write(
      long number, Optional<HardState> state, Optional<SimSnapshot> restore, List<Entry> entries) {
    unsynced.add(new Batch(number, state, restore, entries));
  }

  boolean hasUnsynced() {
    return !unsynced.isEmpty();
  }

  long lastWritten() {
    return unsynced.getLast().number();
  }

  void syncUpTo(long number) {
    while (!unsynced.isEmpty() && unsynced.peek().number() <= number) {
      keep(unsynced.remove());
    }
  }

  /** The power is gone. */
  void crash(Chance chance) {
    int kept = chance.below(unsynced.size() + 1);
    for (int i = 0; i < kept; i++) {
      keep(unsynced.remove());
    }
    unsynced.clear();
  }

  private void keep(Batch batch) {
    batch.hardState().ifPresent(state -> hardState = state);
    if (batch.restore().isPresent()) {
      log.begin(batch.restore().get().last());
      adopt.accept(batch.restore().get().state());
    }
    log.append(batch.entries());
  }

  /** A cut at the front is durable at once: losing it would only bring back what nobody needs. */
  void truncate(Position upTo) {
    log.truncate(upTo);
  }

  HardState hardState() {
    return hardState;
  }

  /** What is durable. */
  SimLog log() {
    return log;
  }
}
