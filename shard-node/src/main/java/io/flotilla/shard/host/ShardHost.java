package io.flotilla.shard.host;

import io.flotilla.proto.map.Replica;
import io.flotilla.proto.map.Shard;
import io.flotilla.raft.core.GroupId;
import io.flotilla.raft.core.GroupStatus;
import io.flotilla.raft.core.Membership;
import io.flotilla.raft.core.Membership.Member;
import io.flotilla.raft.core.Position;
import io.flotilla.raft.core.ReplicaId;
import io.flotilla.raft.port.LogStore.RecoveredLog;
import io.flotilla.raft.port.StorageException;
import io.flotilla.raft.runtime.GroupSpec;
import io.flotilla.raft.runtime.RaftGroup;
import io.flotilla.raft.runtime.ReplicaLostException;
import io.flotilla.rpc.ErrorCode;
import io.flotilla.rpc.RpcException;
import io.flotilla.shard.kv.KvStateMachine;
import io.flotilla.shard.kv.KvStore;
import io.flotilla.shard.kv.Members;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The replicas that are open on this node. Looking up is for any thread and does not block; opening
 * blocks on the disk and is for one thread at a time.
 */
public final class ShardHost {
  private static final Logger LOG = LoggerFactory.getLogger(ShardHost.class);

  private final long node;
  private final KvStore store;
  private final GroupOpener groups;
  private final ConcurrentMap<Long, HostedShard> shards = new ConcurrentHashMap<>();

  /** The highest replica of a shard that must not take part here any more. */
  private final ConcurrentMap<Long, Long> lost = new ConcurrentHashMap<>();

  /**
   * @param node this node's id
   */
  public ShardHost(long node, KvStore store, GroupOpener groups) {
    this.node = node;
    this.store = store;
    this.groups = groups;
  }

  /**
   * Opens what is already here, and deletes states that no log names. Once, before anything else.
   *
   * @param logs of the groups that have one here
   * @throws StorageException if a state or a log cannot be read, or a log names a state that is not
   *     here
   */
  public void recover(Map<GroupId, RecoveredLog> logs) throws StorageException {
    Set<Long> generations = new HashSet<>();
    logs.values().forEach(log -> generations.add(log.generation()));
    store.deleteAllBut(generations);
    for (Map.Entry<GroupId, RecoveredLog> log : logs.entrySet()) {
      long shard = log.getKey().value();
      long generation = log.getValue().generation();
      KvStateMachine state = KvStateMachine.open(store, shard, generation);
      open(state, joining(shard, log.getValue().self(), generation));
    }
    LOG.info("node {} has opened {} shards", node, shards.size());
  }

  /**
   * Opens the shards among {@code descriptors} that have a replica on this node and are not open
   * yet. What a newer descriptor of an open shard says, it learns from its own log; but if it does
   * not name the replica here any more, that one may not hear of it by itself, and asks.
   *
   * @return how many were opened
   * @throws StorageException if the disk fails
   */
  public int offer(Collection<Shard> descriptors) throws StorageException {
    List<Shard> founded = new ArrayList<>();
    List<Shard> joined = new ArrayList<>();
    for (Shard shard : descriptors) {
      if (replicaHere(shard).filter(replica -> isToBeOpened(shard, replica)).isPresent()) {
        (shard.getEpoch().getConfVersion() == 1 ? founded : joined).add(shard);
      } else {
        doubtIfLeftOut(shard);
      }
    }
    found(founded);
    for (Shard shard : joined) {
      join(shard, replicaHere(shard).orElseThrow());
    }
    return founded.size() + joined.size();
  }

  private void doubtIfLeftOut(Shard shard) {
    HostedShard hosted = shards.get(shard.getId());
    if (hosted != null) {
      GroupStatus status = hosted.group().status();
      boolean wasMember = isAmong(status.membership().everybody(), status.replica());
      if (wasMember
          && isNewer(shard, hosted.descriptor())
          && !isAmong(Members.of(shard), status.replica())) {
        hosted.group().askIfRemoved(Members.of(shard));
      }
    }
  }

  private static boolean isNewer(Shard shard, Shard than) {
    return shard.getEpoch().getConfVersion() > than.getEpoch().getConfVersion();
  }

  private static boolean isAmong(List<Member> members, ReplicaId replica) {
    return members.stream().anyMatch(member -> member.replica().equals(replica));
  }

  /**
   * Opens a replica that is to join a shard: it knows nothing and decides nothing until the shard's
   * leader has told it. Does nothing if this one is open or was lost. An earlier one that is still
   * open asks whether it was removed: it has to go before another may come.
   *
   * @param shard as somebody knows it
   * @throws StorageException if the disk fails
   */
  public void join(Shard shard, Replica self) throws StorageException {
    HostedShard open = shards.get(shard.getId());
    if (open != null && open.group().status().replica().value() < self.getReplica()) {
      open.group().askIfRemoved(Members.of(shard));
    }
    if (isToBeOpened(shard, self)) {
      long generation = store.create(List.of(shard), 0).get(0);
      KvStateMachine state = KvStateMachine.open(store, shard.getId(), generation);
      open(state, joining(shard.getId(), new ReplicaId(self.getReplica()), generation));
      LOG.info("node {} joins shard {} as replica {}", node, shard.getId(), self.getReplica());
    }
  }

  private boolean isToBeOpened(Shard shard, Replica replica) {
    return !shards.containsKey(shard.getId())
        && replica.getReplica() > lost.getOrDefault(shard.getId(), 0L);
  }

  /** Opens the first replicas of new shards. */
  private void found(List<Shard> created) throws StorageException {
    List<Long> generations = store.create(created, KvStateMachine.BEGIN.index());
    for (int i = 0; i < created.size(); i++) {
      Shard shard = created.get(i);
      long self = replicaHere(shard).orElseThrow().getReplica();
      KvStateMachine state = KvStateMachine.open(store, shard.getId(), generations.get(i));
      open(
          state,
          new GroupSpec(
              new GroupId(shard.getId()),
              new ReplicaId(self),
              Members.first(shard),
              KvStateMachine.BEGIN,
              generations.get(i),
              shard.getPreferredLeader() == self));
    }
    if (!created.isEmpty()) {
      LOG.info("node {} has created {} shards", node, created.size());
    }
  }

  private static GroupSpec joining(long shard, ReplicaId self, long generation) {
    return new GroupSpec(
        new GroupId(shard), self, Membership.of(List.of()), Position.ZERO, generation, false);
  }

  /**
   * Has the replicas here that should lead ask for it again, where nobody leads. What they asked
   * before may have come when the others had not opened the shard or could not be reached yet; and
   * whoever's timeout passes first would then lead instead. Pre-votes see to it that this harms no
   * leader.
   */
  public void campaignWherePreferred() {
    for (HostedShard shard : shards.values()) {
      GroupStatus status = shard.group().status();
      if (status.leader().isEmpty()
          && status.replica().value() == shard.descriptor().getPreferredLeader()) {
        shard.group().campaign();
      }
    }
  }

  /**
   * Finds the shard that a request names.
   *
   * @throws RpcException with {@link ErrorCode#NO_SUCH_SHARD}
   */
  public HostedShard find(long shard) {
    HostedShard found = shards.get(shard);
    if (found == null) {
      throw new RpcException(
          ErrorCode.NO_SUCH_SHARD, "node " + node + " has no replica of shard " + shard);
    }
    return found;
  }

  /** A shard's group, if it is open here. */
  public Optional<RaftGroup> group(long shard) {
    return Optional.ofNullable(shards.get(shard)).map(HostedShard::group);
  }

  /** All open shards, by id. */
  public List<HostedShard> shards() {
    List<HostedShard> all = new ArrayList<>(shards.values());
    all.sort(Comparator.comparingLong(shard -> shard.descriptor().getId()));
    return all;
  }

  /** What a shard's data weighs, in bytes, roughly; 0 if it is not open. Blocks on the disk. */
  public long approximateBytes(long shard) throws StorageException {
    HostedShard found = shards.get(shard);
    return found == null ? 0 : found.approximateBytes();
  }

  /** Deletes from disk what was replaced or removed and is not read any more. May block on it. */
  public void sweep() throws StorageException {
    store.sweep();
  }

  private void open(KvStateMachine state, GroupSpec spec) throws StorageException {
    long shard = spec.id().value();
    try {
      RaftGroup group = groups.open(spec, state);
      HostedShard hosted = new HostedShard(state, group);
      shards.put(shard, hosted);
      var unused = group.removed().thenRun(() -> forget(spec, hosted, state));
    } catch (ReplicaLostException e) { // whose listener has logged it
      LOG.debug("shard {} is not opened on node {}", shard, node, e);
      lose(spec);
      state.retire();
    }
  }

  private void lose(GroupSpec spec) {
    lost.merge(spec.id().value(), spec.self().value(), Math::max);
  }

  /** The group has removed the replica here: its log is gone, and now its state goes. */
  private void forget(GroupSpec spec, HostedShard hosted, KvStateMachine state) {
    lose(spec);
    var unused =
        hosted
            .group()
            .close()
            .thenRun(
                () -> {
                  state.retire();
                  shards.remove(spec.id().value(), hosted);
                });
  }

  private Optional<Replica> replicaHere(Shard shard) {
    return shard.getReplicasList().stream()
        .filter(replica -> replica.getNode() == node)
        .findFirst();
  }
}
