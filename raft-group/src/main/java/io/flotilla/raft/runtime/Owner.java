package io.flotilla.raft.runtime;

import org.jspecify.annotations.Nullable;

/** The one thread that may touch something: the first one that does. */
final class Owner {
  private volatile @Nullable Thread thread;

  void check() {
    Thread now = Thread.currentThread();
    Thread owner = thread;
    if (owner == null) {
      thread = now;
    } else if (owner != now) {
      throw new IllegalStateException("owned by " + owner.getName() + ", not " + now.getName());
    }
  }

  /** Once the owner has ended, for who tidies up after it. */
  void release() {
    thread = null;
  }
}
