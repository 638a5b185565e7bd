package io.flotilla.raft.history;

/** A budget of steps, used up one by one. One thread. */
final class Steps {
  private final long most;
  private long taken;

  Steps(long most) {
    this.most = most;
  }

  void take() {
    taken++;
  }

  boolean usedUp() {
    return taken >= most;
  }

  long taken() {
    return taken;
  }
}
