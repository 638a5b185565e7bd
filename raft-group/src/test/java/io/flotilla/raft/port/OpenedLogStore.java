package io.flotilla.raft.port;

import io.flotilla.raft.core.GroupId;
import io.flotilla.raft.core.ReplicaId;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** What a log store of a test says that it found when it was opened: what was put into it. */
public abstract class OpenedLogStore implements LogStore {
  private final Map<GroupId, RecoveredLog> recovered = new LinkedHashMap<>();
  private final Map<GroupId, DamagedLog> damaged = new LinkedHashMap<>();
  private final Map<GroupId, ReplicaId> tombstones = new LinkedHashMap<>();
  private Optional<ReplicaId> forgottenUpTo = Optional.empty();

  @Override
  public final Map<GroupId, RecoveredLog> recovered() {
    return recovered;
  }

  @Override
  public final Map<GroupId, DamagedLog> damaged() {
    return damaged;
  }

  @Override
  public final Map<GroupId, ReplicaId> tombstones() {
    return tombstones;
  }

  @Override
  public final Optional<ReplicaId> forgottenUpTo() {
    return forgottenUpTo;
  }

  public final void forgetUpTo(ReplicaId replica) {
    forgottenUpTo = Optional.of(replica);
  }
}
