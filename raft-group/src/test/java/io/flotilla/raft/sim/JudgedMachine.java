package io.flotilla.raft.sim;

import io.flotilla.raft.port.ApplyRound;
import io.flotilla.raft.port.StateMachine;

/**
 * A replica's state machine in a simulated node, which its judges look into: it executes entries
 * whose payloads are {@link SimCommand}s, and answers as {@link SimState} does. One thread.
 *
 * @param <R> the kind of round that its store makes
 */
public interface JudgedMachine<R extends ApplyRound> extends StateMachine<R> {
  /** What is visible: what was committed to the store, and not more. */
  SimState state();

  /** In which the state is, or was when the node ended. */
  long generation();
}
