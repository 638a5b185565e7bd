package io.flotilla.shard.host;

import io.flotilla.proto.map.Frozen;
import io.flotilla.proto.map.Shard;
import io.flotilla.raft.port.StorageException;
import io.flotilla.shard.kv.KvStateMachine;
import io.flotilla.shard.kv.KvStore;
import io.flotilla.shard.kv.Merge;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What merges leave on a node. The group of a shard that was absorbed is needed by nobody, but has
 * nobody either to remove its replicas: each node ends its own, by what the map says, and not
 * before the replica here of who absorbed it would know so after a crash.
 *
 * <p>The frozen state itself may be needed longer than its group: a replica here that is to absorb
 * it may not have come so far yet, or have to do it again after a crash, when the group has removed
 * the other replica, or that was lost. So a frozen state is <em>pinned</em> when its replica is
 * gone, until the map says that the shard is no more, or that it has thawed; and what is found
 * frozen and without a log at a start is, too.
 *
 * <p>What is not said to be for any thread is called by one at a time.
 */
final class Leavings {
  private static final Logger LOG = LoggerFactory.getLogger(Leavings.class);

  private final KvStore store;
  private final ConcurrentMap<Long, HostedShard> shards;
  private final Owners owners = new Owners();

  /** By shard; the last that was pinned. */
  private final ConcurrentMap<Long, KvStateMachine> pinned = new ConcurrentHashMap<>();

  /**
   * @param shards those that are open
   */
  Leavings(KvStore store, ConcurrentMap<Long, HostedShard> shards) {
    this.store = store;
    this.shards = shards;
  }

  void learn(boolean complete, Collection<Shard> changed, Collection<Long> removed) {
    owners.take(complete, changed, removed);
  }

  /** The replica of this state is no more, and its log is gone. Any thread; does not block. */
  void leave(KvStateMachine state) {
    if (isFrozen(state)) {
      pin(state);
    } else {
      state.retire();
    }
  }

  /**
   * Who waits for an image has the descriptor, and nothing else yet. Nothing is applied any more.
   */
  private static boolean isFrozen(KvStateMachine state) {
    return state.frozen().filter(how -> state.appliedIndex() >= how.getIndex()).isPresent();
  }

  /** Any thread; does not block. */
  void pin(KvStateMachine state) {
    Shard shard = state.shard();
    LOG.info("the frozen state of shard {}, whose replica here is gone, is kept", shard.getId());
    KvStateMachine before = pinned.put(shard.getId(), state);
    if (before != null) {
      before.retire();
    }
  }

  /** Any thread. */
  boolean holdsFrozen(Shard source) {
    HostedShard open = shards.get(source.getId());
    KvStateMachine kept = pinned.get(source.getId());
    return (open != null && open.isDurablyFrozen() && Merge.isAsFrozen(open.descriptor(), source))
        || (kept != null && Merge.isAsFrozen(kept.shard(), source));
  }

  void tend() throws StorageException {
    for (HostedShard shard : shards.values()) {
      if (shard.isFrozen() && !shard.isDurablyFrozen()) {
        shard.group().askToFlush();
      }
      if (shard.group().stoppedBecause().isEmpty() && mayEnd(shard.descriptor())) {
        LOG.info("shard {} was absorbed, and its replica here ends", shard.descriptor().getId());
        shard.group().dissolve();
      }
    }
    for (Map.Entry<Long, KvStateMachine> each : pinned.entrySet()) {
      KvStateMachine state = each.getValue();
      boolean isOver = owners.arePast(state.shard()) || mayEnd(state.shard());
      if (isOver && pinned.remove(each.getKey(), state)) { // not what was pinned meanwhile
        LOG.info("the frozen state of shard {} is kept no longer", state.shard().getId());
        state.retire();
      }
    }
  }

  private boolean mayEnd(Shard shard) throws StorageException {
    return owners.haveReplaced(shard) && !isStillNeeded(shard);
  }

  /** Whether a replica here is to absorb it, or would have to do so again after a crash. */
  private boolean isStillNeeded(Shard source) throws StorageException {
    Frozen frozen = source.getFrozen();
    if (!source.hasFrozen()) {
      return false;
    }
    HostedShard into = shards.get(frozen.getInto());
    if (into == null) {
      return isYetToBeOpened(frozen);
    }
    if (isPast(into.durableDescriptor(), frozen)) {
      return false;
    }
    into.group().askToFlush();
    return true;
  }

  /**
   * Whether who is to absorb it may be cut off from another here, and then go through its log from
   * the beginning: that one has not come so far, or it has and the new one is not opened yet. In
   * this order: it is here before the other one lets it go. Who joins gets an image of later.
   */
  private boolean isYetToBeOpened(Frozen frozen) {
    KvStateMachine kept = pinned.get(frozen.getInto());
    if (kept != null) {
      return !isPast(Optional.of(kept.shard()), frozen);
    }
    long version = frozen.getIntoEpoch().getVersion();
    return shards.values().stream()
            .map(HostedShard::descriptor)
            .anyMatch(shard -> shard.getEpoch().getVersion() < version && owners.arePast(shard))
        || store.isHere(frozen.getInto());
  }

  /**
   * It is absorbed at that version and none other, and whatever happens at a version ends it. Who
   * came by an image of later is past it as well.
   */
  static boolean isPast(Optional<Shard> into, Frozen frozen) {
    return into.isPresent()
        && into.get().getEpoch().getVersion() > frozen.getIntoEpoch().getVersion();
  }
}
