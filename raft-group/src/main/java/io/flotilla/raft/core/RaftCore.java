package io.flotilla.raft.core;

/**
 * One replica of one group. Pure: the same inputs in the same order give the same effects,
 * anywhere.
 */
public final class RaftCore {
  public RaftCore(
      CoreConfig config,
      ReplicaId self,
      Recovered recovered,
      LogReader log,
      ElectionTimeouts timeouts) {
    throw new UnsupportedOperationException("not yet");
  }

  /** Takes in what happened. Any number of steps may share one {@link #drain}, and so one sync. */
  public void step(Input input) {
    throw new UnsupportedOperationException("not yet");
  }

  /** Whether {@link #drain} would say anything. */
  public boolean hasEffects() {
    throw new UnsupportedOperationException("not yet");
  }

  /** What is to be done about all that was stepped since the last drain. */
  public Effects drain() {
    throw new UnsupportedOperationException("not yet");
  }

  public GroupStatus status() {
    throw new UnsupportedOperationException("not yet");
  }
}
