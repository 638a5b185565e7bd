package io.flotilla.raft.sim;

import io.flotilla.raft.core.GroupId;
import io.flotilla.raft.port.ApplyRound;
import io.flotilla.raft.port.SnapshotStore;
import io.flotilla.raft.port.StateStore;
import io.flotilla.raft.port.StorageException;
import java.io.IOException;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.LongFunction;

/**
 * What one simulated node keeps of its groups' states, on a disk that outlives its crashes. One
 * thread.
 *
 * @param <R> the kind of round that it makes
 */
public interface SimStates<R extends ApplyRound> extends StateStore<R> {
  /** Makes what one node keeps: at first, and again whenever its disk was lost. */
  interface Maker {
    /**
     * @param node whose states these are
     * @param chance of being flushed at some moment
     */
    SimStates<?> make(int node, Chance chance);
  }

  /**
   * Makes an empty state for a new replica, also while the node is down.
   *
   * @param judge sees each state that becomes visible
   * @param truth what the committed entries up to an index make
   */
  void create(GroupId group, Consumer<SimState> judge, LongFunction<SimState> truth)
      throws StorageException;

  /** Of a replica that was created here, and not removed. */
  JudgedMachine<R> machine(GroupId group);

  /** The replica is gone for good. */
  void remove(GroupId group) throws StorageException;

  /** The node has crashed: what was not flushed is gone. */
  void crash() throws StorageException;

  /**
   * The node starts, on what was durable when it ended.
   *
   * @param named for each group the generation that its log names: all others go
   */
  void restart(Map<GroupId, Long> named) throws StorageException;

  /** Emptied, as for a node that starts. */
  SnapshotStore snapshots() throws IOException;
}
