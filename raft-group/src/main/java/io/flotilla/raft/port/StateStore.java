package io.flotilla.raft.port;

/** What holds the states of all groups of a node: makes one round for each apply thread. */
public interface StateStore<R extends ApplyRound> {
  R newRound();
}
