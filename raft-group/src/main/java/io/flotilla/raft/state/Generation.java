package io.flotilla.raft.state;

import io.flotilla.raft.port.StorageException;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A generation in use by one owner; several may share one, each with keys of his own. Once it is
 * retired there are no new views of it, {@link Generations#sweep} deletes the owner's keys, and who
 * views it goes on to see them. Any thread.
 */
public final class Generation {
  private final StateDb db;
  private final long number;
  private final Consumer<List<KeySpan>> whenRetired;
  private final AtomicBoolean retired = new AtomicBoolean();

  Generation(StateDb db, long number, Consumer<List<KeySpan>> whenRetired) {
    this.db = db;
    this.number = number;
    this.whenRetired = whenRetired;
  }

  public long number() {
    return number;
  }

  /** As of now, to be closed; null if it was retired. */
  public @Nullable StateView view() throws StorageException {
    StateView view = db.view(number);
    if (!retired.get()) {
      return view; // which is older than any deletion
    }
    view.close();
    return null;
  }

  /** As the other one, by who has all of the generation. */
  public void retire() {
    retire(List.of(KeySpan.of(number)));
  }

  /**
   * To be called when nothing that survives a crash names the owner's keys any more. Again is no
   * error.
   */
  public void retire(List<KeySpan> owned) {
    if (!retired.getAndSet(true)) {
      whenRetired.accept(owned);
    }
  }

  boolean isRetired() {
    return retired.get();
  }

  @Override
  public String toString() {
    return "generation " + number;
  }
}
