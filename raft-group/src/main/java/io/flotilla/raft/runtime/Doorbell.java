package io.flotilla.raft.runtime;

import java.lang.invoke.VarHandle;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Wakes the thread behind it if it sleeps; costs a fence if it does not. A simulator, too, learns
 * from it who has something to do.
 */
public final class Doorbell {
  private final AtomicReference<@Nullable Thread> sleeper = new AtomicReference<>();

  /** By any thread, after it has put the work where the agent looks. */
  void ring() {
    VarHandle.fullFence(); // a queue may publish its element with less; see listen()
    if (sleeper.get() != null) {
      Thread woken = sleeper.getAndSet(null);
      if (woken != null) {
        LockSupport.unpark(woken);
      }
    }
  }

  /** By the agent's thread, before it looks for work once more and then sleeps. */
  public void listen() {
    sleeper.set(Thread.currentThread());
    VarHandle.fullFence();
  }

  /** Whether somebody sleeps, or is about to, and nobody has rung since. */
  public boolean isListening() {
    return sleeper.get() != null;
  }

  public void stopListening() {
    sleeper.set(null);
  }
}
