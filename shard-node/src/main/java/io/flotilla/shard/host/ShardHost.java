package io.flotilla.shard.host;

import io.flotilla.proto.map.Replica;
import io.flotilla.proto.map.ReplicaRole;
import io.flotilla.proto.map.Shard;
import io.flotilla.raft.core.GroupId;
import io.flotilla.raft.core.GroupStatus;
import io.flotilla.raft.core.Membership;
import io.flotilla.raft.core.Membership.Member;
import io.flotilla.raft.core.ReplicaId;
import io.flotilla.raft.port.StorageException;
import io.flotilla.raft.runtime.GroupSpec;
import io.flotilla.raft.runtime.RaftGroup;
import io.flotilla.raft.runtime.ReplicaLostException;
import io.flotilla.rpc.ErrorCode;
import io.flotilla.rpc.RpcException;
import io.flotilla.shard.kv.KvStateMachine;
import io.flotilla.shard.kv.KvStore;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
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

  /** Replicas that must not take part here any more; for placement to replace. */
  private final Set<Long> lost = ConcurrentHashMap.newKeySet();

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
   * @param generations of the groups that have a log here: what its head says, by group
   * @throws StorageException if a state or a log cannot be read, or a log names a state that is not
   *     here
   */
  public void recover(Map<GroupId, Long> generations) throws StorageException {
    store.deleteAllBut(Set.copyOf(generations.values()));
    for (Map.Entry<GroupId, Long> group : generations.entrySet()) {
      open(KvStateMachine.open(store, group.getKey().value(), group.getValue()), group.getValue());
    }
    LOG.info("node {} has opened {} shards", node, shards.size());
  }

  /**
   * Opens the shards among {@code descriptors} that have a replica on this node and are not open
   * yet. What a newer descriptor of an open shard says, it learns from its own log.
   *
   * @return how many were opened
   * @throws StorageException if the disk fails
   */
  public int offer(Collection<Shard> descriptors) throws StorageException {
    List<Shard> fresh = new ArrayList<>();
    for (Shard shard : descriptors) {
      boolean known = shards.containsKey(shard.getId()) || lost.contains(shard.getId());
      if (!known && replicaHere(shard).isPresent()) {
        fresh.add(shard);
      }
    }
    List<Long> generations = store.create(fresh);
    for (int i = 0; i < fresh.size(); i++) {
      open(
          KvStateMachine.open(store, fresh.get(i).getId(), generations.get(i)), generations.get(i));
    }
    if (!fresh.isEmpty()) {
      LOG.info("node {} has created {} shards", node, fresh.size());
    }
    return fresh.size();
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

  private void open(KvStateMachine state, long generation) throws StorageException {
    Shard shard = state.shard();
    Replica self =
        replicaHere(shard)
            .orElseThrow(
                () ->
                    new StorageException(
                        "the state of shard "
                            + shard.getId()
                            + " is here, but its descriptor names no replica on node "
                            + node));
    GroupSpec spec =
        new GroupSpec(
            new GroupId(shard.getId()),
            new ReplicaId(self.getReplica()),
            membership(shard),
            generation,
            shard.getPreferredLeader() == self.getReplica());
    try {
      RaftGroup group = groups.open(spec, state);
      HostedShard hosted = new HostedShard(state, group);
      shards.put(shard.getId(), hosted);
      var unused = group.removed().thenRun(() -> forget(shard.getId(), hosted, state));
    } catch (ReplicaLostException e) {
      LOG.error("shard {} is not opened on node {}", shard.getId(), node, e);
      lost.add(shard.getId());
      state.retire();
    }
  }

  /** The group has removed the replica here: its log is gone, and now its state goes. */
  private void forget(long shard, HostedShard hosted, KvStateMachine state) {
    shards.remove(shard, hosted);
    lost.add(shard);
    var unused = hosted.group().close().thenRun(state::retire);
  }

  private Optional<Replica> replicaHere(Shard shard) {
    return shard.getReplicasList().stream()
        .filter(replica -> replica.getNode() == node)
        .findFirst();
  }

  private static Membership membership(Shard shard) {
    return new Membership(
        members(shard, ReplicaRole.VOTER), List.of(), members(shard, ReplicaRole.LEARNER));
  }

  private static List<Member> members(Shard shard, ReplicaRole role) {
    return shard.getReplicasList().stream()
        .filter(replica -> replica.getRole() == role)
        .map(replica -> new Member(new ReplicaId(replica.getReplica()), replica.getNode()))
        .sorted(Comparator.comparing(Member::replica))
        .toList();
  }
}
