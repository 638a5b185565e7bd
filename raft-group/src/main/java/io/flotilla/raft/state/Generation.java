package io.flotilla.raft.state;

import io.flotilla.raft.port.StorageException;
import org.jspecify.annotations.Nullable;

/**
 * A generation in use. Once it is retired there are no new views of it, and after the last one is
 * closed {@link Generations#sweep} deletes it. Any thread.
 */
public final class Generation {
  private final StateDb db;
  private final long number;
  private final Gate gate;

  Generation(StateDb db, long number, Gate gate) {
    this.db = db;
    this.number = number;
    this.gate = gate;
  }

  public long number() {
    return number;
  }

  /** As of now, to be closed; null if the generation was retired. */
  public @Nullable StateView view() throws StorageException {
    return gate.enter() ? db.view(this) : null;
  }

  /** To be called when nothing that survives a crash names it. Again is no error. */
  public void retire() {
    gate.close();
  }

  boolean enter() {
    return gate.enter();
  }

  void leave() {
    gate.leave();
  }

  @Override
  public String toString() {
    return "generation " + number;
  }
}
