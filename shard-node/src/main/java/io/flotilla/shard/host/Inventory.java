package io.flotilla.shard.host;

import io.flotilla.proto.map.Replica;
import io.flotilla.proto.map.Shard;
import io.flotilla.raft.core.GroupId;
import io.flotilla.raft.port.LogStore.RecoveredLog;
import io.flotilla.raft.port.StorageException;
import io.flotilla.shard.kv.KvStore.Found;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BinaryOperator;

/**
 * Which of the states that a node finds at a start count. A log says where its shard's state is; so
 * a second one of that shard was replaced, or never took the other's place. A state without a log
 * counts if it is as a new shard begins and has a replica on this node: a crash came before its log
 * was made, which is made up for now. It cannot be one that has left, whose log is gone but which
 * has applied something; and if it left before it did, its tombstone keeps it from being opened.
 *
 * <p>A frozen state that no log names is kept, though it is of no replica: who is to absorb it may
 * have to do that again. If it was given up already, it will be again: see {@link Leavings}. Of
 * several of one shard, and if there is a later one with a log, only the last is needed.
 *
 * <p>Everything else is what a crash left of a deletion, or of an image. Pure.
 *
 * @param live what counts
 * @param withoutLog those of them whose logs are to be made
 * @param pinned frozen, and of no replica
 */
record Inventory(List<Found> live, List<Found> withoutLog, List<Found> pinned) {
  private static final Comparator<Found> BY_VERSION =
      Comparator.comparingLong(state -> state.shard().getEpoch().getVersion());

  static Inventory of(List<Found> found, Map<GroupId, RecoveredLog> logs, long node)
      throws StorageException {
    List<Found> live = new ArrayList<>();
    Map<Long, Found> withoutLog = new HashMap<>();
    Map<GroupId, RecoveredLog> missing = new HashMap<>(logs);
    for (Found state : found) {
      GroupId group = new GroupId(state.shard().getId());
      RecoveredLog log = logs.get(group);
      if (log == null && state.begins() && replicaOn(node, state.shard()).isPresent()) {
        withoutLog.putIfAbsent(group.value(), state);
      } else if (log != null && log.generation() == state.generation()) {
        live.add(state);
        missing.remove(group);
      }
    }
    for (Map.Entry<GroupId, RecoveredLog> log : missing.entrySet()) {
      throw new StorageException(
          "the log of shard %s names generation %d, where there is no state of it"
              .formatted(log.getKey(), log.getValue().generation()));
    }
    live.addAll(withoutLog.values());
    return new Inventory(live, List.copyOf(withoutLog.values()), pinned(found, live));
  }

  private static List<Found> pinned(List<Found> found, List<Found> live) {
    Map<Long, Found> last = new HashMap<>();
    for (Found state : found) {
      if (state.isFrozen() && !live.contains(state)) {
        last.merge(state.shard().getId(), state, BinaryOperator.maxBy(BY_VERSION));
      }
    }
    for (Found state : live) {
      if (state.applied() > 0) {
        last.computeIfPresent(
            state.shard().getId(),
            (shard, frozen) -> BY_VERSION.compare(state, frozen) < 0 ? frozen : null);
      }
    }
    return List.copyOf(last.values());
  }

  /** All that is not to be deleted. */
  List<Found> kept() {
    List<Found> kept = new ArrayList<>(live);
    kept.addAll(pinned);
    return kept;
  }

  static Optional<Replica> replicaOn(long node, Shard shard) {
    return shard.getReplicasList().stream()
        .filter(replica -> replica.getNode() == node)
        .findFirst();
  }
}
