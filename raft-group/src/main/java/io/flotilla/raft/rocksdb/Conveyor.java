package io.flotilla.raft.rocksdb;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Things on their way to one thread, which takes all there are at once. Putting never waits; what
 * lies here is bounded by those who put, see {@code LogStore.backlogBytes}.
 */
final class Conveyor<T> {
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private List<T> lying = new ArrayList<>();
  private boolean closed;

  /** False if it is closed. */
  boolean put(T thing) {
    lock.lock();
    try {
      if (closed) {
        return false;
      }
      lying.add(thing);
      if (lying.size() == 1) {
        changed.signal();
      }
      return true;
    } finally {
      lock.unlock();
    }
  }

  boolean putAll(List<T> things) {
    lock.lock();
    try {
      if (closed) {
        return false;
      }
      lying.addAll(things);
      changed.signal();
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** Waits for something; empty when closed and nothing is left. */
  List<T> takeAll() {
    lock.lock();
    try {
      while (lying.isEmpty() && !closed) {
        changed.awaitUninterruptibly();
      }
      return take();
    } finally {
      lock.unlock();
    }
  }

  /** Waits for something, but not longer than this; empty if nothing came, too. */
  List<T> takeAll(long nanosMax) {
    lock.lock();
    try {
      long left = nanosMax;
      while (lying.isEmpty() && !closed && left > 0) {
        left = changed.awaitNanos(left);
      }
      return take();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return take();
    } finally {
      lock.unlock();
    }
  }

  private List<T> take() {
    List<T> taken = lying;
    lying = new ArrayList<>(taken.size());
    return taken;
  }

  /** Nothing more can be put; what lies here can still be taken. */
  void close() {
    close(false);
  }

  /** Nothing more can be put, and what lies here is dropped. */
  void abort() {
    close(true);
  }

  private void close(boolean drop) {
    lock.lock();
    try {
      closed = true;
      if (drop) {
        lying.clear();
      }
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }
}
