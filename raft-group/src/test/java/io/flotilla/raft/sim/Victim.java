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

  /** Stands for election for no reason. */
  void campaign();

  /** If it leads: it is asked for some other membership. */
  void changeMembers();

  /** If it leads: it is asked to hand that over. */
  void handOver();

  /**
   * Goes down and loses all that it has kept, for good, unless too much would hang on that.
   *
   * @return whether it did
   */
  boolean loseDisk();

  /** Nothing becomes durable there any more, and nothing fails. */
  void hangDisk();

  /** Or has never hung. */
  void diskGetsOn();

  /** Up to where it would not miss its log itself, even after a crash. */
  long flushedIndex();

  /** Cuts the log in front; its own flushed state must be past {@code index}. */
  void truncate(long index);

  /** Fetches the other one's state, and restores from it, for no reason. */
  void fetch(int from);
}
