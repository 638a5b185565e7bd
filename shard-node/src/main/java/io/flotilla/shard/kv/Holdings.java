package io.flotilla.shard.kv;

import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Which extents the states on a node have: all that a log names or is about to, whether or not they
 * are opened. Two may have the same, when one was absorbed by the other and is not dissolved yet:
 * so whoever leaves learns what nobody else has. What was left by all never comes to anybody again.
 * Any thread; does not block on the disk.
 */
final class Holdings {
  /** A state, and the extents that it has. */
  record Holding(long generation, long shard, Extents extents) {
    private State state() {
      return new State(generation, shard);
    }
  }

  private record State(long generation, long shard) {}

  private final ReentrantLock changing = new ReentrantLock();
  private final Map<State, Holding> held = new HashMap<>();

  /** A state has these extents from now on, and no others. */
  void hold(Holding now) {
    changing.lock();
    try {
      held.put(now.state(), now);
    } finally {
      changing.unlock();
    }
  }

  /**
   * A state has from now on what another has, too.
   *
   * @param united with what both have
   * @return whether the source is still there; if not, nothing was changed
   */
  boolean absorb(Holding united, Holding source) {
    changing.lock();
    try {
      boolean there = source.equals(held.get(source.state()));
      if (there) {
        held.put(united.state(), united);
      }
      return there;
    } finally {
      changing.unlock();
    }
  }

  /** A state leaves. Returns which of its extents no other has. */
  Extents release(Holding last) {
    changing.lock();
    try {
      held.remove(last.state());
      Extents left = last.extents();
      for (Holding other : held.values()) {
        left = left.without(other.extents());
      }
      return left;
    } finally {
      changing.unlock();
    }
  }

  /** The states of a shard. */
  List<Holding> of(long shard) {
    changing.lock();
    try {
      return held.values().stream()
          .filter(state -> state.shard() == shard)
          .sorted(Comparator.comparingLong(Holding::generation))
          .toList();
    } finally {
      changing.unlock();
    }
  }
}
