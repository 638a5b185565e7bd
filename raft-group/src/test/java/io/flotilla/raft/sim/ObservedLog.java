package io.flotilla.raft.sim;

import io.flotilla.raft.core.Entry;
import io.flotilla.raft.core.GroupId;
import io.flotilla.raft.core.ReplicaId;
import io.flotilla.raft.port.LogStore;
import io.flotilla.raft.port.LogWrite;
import io.flotilla.raft.port.StorageException;
import io.flotilla.raft.port.UnreadableLogException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/** A log store that is looked at: at what is handed over, and when it has become durable. */
record ObservedLog(LogStore log, Consumer<LogWrite> handedOver, Runnable becameDurable)
    implements LogStore {
  @Override
  public void append(List<LogWrite> writes, Runnable durable) {
    writes.forEach(handedOver);
    log.append(
        writes,
        () -> {
          durable.run();
          becameDurable.run();
        });
  }

  @Override
  public long backlogBytes() {
    return log.backlogBytes();
  }

  @Override
  public long firstUnsynced() {
    return log.firstUnsynced();
  }

  @Override
  public List<Entry> read(GroupId group, long first, long last, long maxBytes)
      throws StorageException, UnreadableLogException {
    return log.read(group, first, last, maxBytes);
  }

  @Override
  public long retainedBytes(GroupId group) {
    return log.retainedBytes(group);
  }

  @Override
  public Map<GroupId, RecoveredLog> recovered() {
    return log.recovered();
  }

  @Override
  public Map<GroupId, DamagedLog> damaged() {
    return log.damaged();
  }

  @Override
  public Optional<ReplicaId> forgottenUpTo() {
    return log.forgottenUpTo();
  }

  @Override
  public Map<GroupId, ReplicaId> tombstones() {
    return log.tombstones();
  }

  @Override
  public void close() throws StorageException {
    log.close();
  }
}
