package io.flotilla.shard.host;

import io.flotilla.raft.port.StateMachine;
import io.flotilla.raft.port.StorageException;
import io.flotilla.raft.runtime.GroupSpec;
import io.flotilla.raft.runtime.RaftGroup;
import io.flotilla.raft.runtime.ReplicaLostException;
import io.flotilla.shard.kv.KvRound;

/** Where the groups of shards run. */
@FunctionalInterface
public interface GroupOpener {
  /**
   * Opens a replica that is not open. May block on the disk.
   *
   * @throws ReplicaLostException if that replica must not take part here any more
   * @throws StorageException if its log cannot be read
   */
  RaftGroup open(GroupSpec spec, StateMachine<KvRound> state)
      throws StorageException, ReplicaLostException;
}
