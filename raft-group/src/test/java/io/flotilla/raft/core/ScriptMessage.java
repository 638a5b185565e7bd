package io.flotilla.raft.core;

/** A message under way between two replicas of a script. */
record ScriptMessage(long from, long to, RaftMessage message) {
  @Override
  public String toString() {
    return from + "->" + to + " " + ScriptWords.of(message);
  }
}
