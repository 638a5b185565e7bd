package io.flotilla.raft.rocksdb;

import io.flotilla.raft.core.ReplicaId;
import io.flotilla.raft.port.LogStore.DamagedLog;

/**
 * What lies here of a log that is not whole. Nobody goes on from it, but its records must be known
 * to be removed one day.
 */
record Debris(DamagedLog verdict, RecordIndex records) {
  ReplicaId upTo() {
    return verdict.upTo();
  }
}
