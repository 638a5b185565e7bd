package io.flotilla.raft.runtime;

import io.flotilla.raft.port.StateStore;
import io.flotilla.raft.port.StorageException;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * Makes the states durable for the sake of logs that cannot be cut before: what weighs much in a
 * log may weigh next to nothing in the state, whose store would not think of a flush for long. One
 * flush serves all groups that have asked by then.
 */
final class StateFlusher implements Agent {
  private final StateStore<?> states;
  private final Doorbell doorbell = new Doorbell();
  private final Owner owner = new Owner();

  /** One for each group at most: who has asked waits. */
  private final Queue<Runnable> asked = new ConcurrentLinkedQueue<>();

  StateFlusher(StateStore<?> states) {
    this.states = states;
  }

  /**
   * By any thread.
   *
   * @param done run when all that was committed before this call is durable
   */
  void ask(Runnable done) {
    asked.add(done);
    doorbell.ring();
  }

  @Override
  public String name() {
    return "raft-state-flush";
  }

  @Override
  public Doorbell doorbell() {
    return doorbell;
  }

  /** Blocks for as long as the flush takes. */
  @Override
  public int turn() throws StorageException {
    owner.check();
    List<Runnable> served = new ArrayList<>(0);
    for (Runnable done = asked.poll(); done != null; done = asked.poll()) {
      served.add(done);
    }
    if (!served.isEmpty()) {
      states.flush();
      served.forEach(Runnable::run);
    }
    return served.size();
  }
}
