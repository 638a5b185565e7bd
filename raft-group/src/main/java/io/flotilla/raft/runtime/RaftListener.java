package io.flotilla.raft.runtime;

import io.flotilla.raft.core.GroupId;
import io.flotilla.raft.core.RaftEvent;
import io.flotilla.raft.core.ReplicaId;

/**
 * Told what happens, for logs and metrics; never for decisions. Called by any thread, by several at
 * once; must not block. Doing nothing is an ordinary implementation.
 */
public interface RaftListener {
  RaftListener NONE = new RaftListener() {};

  default void happened(GroupId group, ReplicaId self, RaftEvent event) {}

  /** A loop handed over a batch of {@code groups} with {@code entries} entries. */
  default void appended(int groups, int entries) {}

  /** An apply thread committed a round; {@code acknowledged} proposals of this node got results. */
  default void applied(int groups, int entries, int acknowledged) {}

  /** A proposal or read was refused before any loop saw it. */
  default void refused() {}

  /** Messages were dropped because an inbox was full. */
  default void dropped(int parcels) {}

  /** A log is cut up to an index, which is kept with the next hand-over. */
  default void cut(GroupId group, long upTo) {}

  /** An image of the state as of an index was handed out, for another node. */
  default void imaged(GroupId group, long index) {}

  /** A snapshot up to an index takes the state's place with the next hand-over. */
  default void restored(GroupId group, long index) {}

  /**
   * The replica takes no further part: its log cannot be read, an entry was not understood, or an
   * invariant broke; or it was not even opened, because what it has promised may be forgotten. Who
   * listens logs it, nobody else does.
   */
  default void stopped(GroupId group, ReplicaId self, Throwable cause) {}

  /** Tells both, this one first. */
  default RaftListener and(RaftListener other) {
    return new ListenerPair(this, other);
  }
}
