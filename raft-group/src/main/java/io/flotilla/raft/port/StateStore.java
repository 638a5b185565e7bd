package io.flotilla.raft.port;

/** What holds the states of all groups of a node: makes one round for each apply thread. */
public interface StateStore<R extends ApplyRound> {
  R newRound();

  /**
   * Makes durable what was committed before this call, of all groups: {@link
   * StateMachine#durableIndex} says so afterwards. Any thread; blocks on the state's disk.
   *
   * @throws StorageException if the state's disk failed; the process must end
   */
  void flush() throws StorageException;
}
