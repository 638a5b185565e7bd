package io.flotilla.raft.sim;

/** What {@link FaultSchedule} is let loose on: one host of the simulated network. */
public interface Victim {
  /** From 1, as on the network. */
  int id();

  boolean isUp();

  boolean leads();

  void start();

  /** The power is gone; what was not synced may be lost. */
  void crash();

  /**
   * Does something soon after the next term or vote was handed to the disk, and perhaps before it
   * is there: the moment at which a crash hurts most.
   */
  void whileKeepingATerm(Runnable action);

  void pause();

  void resume();

  /** Nothing keeps it from its work any more. */
  default void heal() {
    if (!isUp()) {
      start();
    }
    resume();
  }
}
