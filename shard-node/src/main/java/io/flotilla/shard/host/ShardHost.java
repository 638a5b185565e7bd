package io.flotilla.shard.host;

import io.flotilla.proto.errors.ErrorDetail;
import io.flotilla.proto.map.Replica;
import io.flotilla.proto.map.Shard;
import io.flotilla.raft.core.GroupId;
import io.flotilla.raft.core.GroupStatus;
import io.flotilla.raft.core.Membership;
import io.flotilla.raft.core.Position;
import io.flotilla.raft.core.ReplicaId;
import io.flotilla.raft.port.LogStore.RecoveredLog;
import io.flotilla.raft.port.StorageException;
import io.flotilla.raft.runtime.GroupSpec;
import io.flotilla.raft.runtime.RaftGroup;
import io.flotilla.raft.runtime.ReplicaLostException;
import io.flotilla.rpc.ErrorCode;
import io.flotilla.rpc.RpcException;
import io.flotilla.shard.host.Unopened.CutOff;
import io.flotilla.shard.kv.KeyRange;
import io.flotilla.shard.kv.KvStateMachine;
import io.flotilla.shard.kv.KvStore;
import io.flotilla.shard.kv.Members;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The replicas that are open on this node. Looking up is for any thread and does not block; opening
 * blocks on the disk, and while another thread opens.
 */
public final class ShardHost {
  private static final Logger LOG = LoggerFactory.getLogger(ShardHost.class);

  private final long node;
  private final KvStore store;
  private final GroupOpener groups;
  private final Executor opener;
  private final Consumer<Throwable> fatal;
  private final Supplier<ShardLoad> loads;
  private final ConcurrentMap<Long, HostedShard> shards = new ConcurrentHashMap<>();

  /** The highest replica of a shard that must not take part here any more. */
  private final ConcurrentMap<Long, Long> lost = new ConcurrentHashMap<>();

  /** Of these, the ones that the map still names, by shard. */
  private final ConcurrentMap<Long, Long> missed = new ConcurrentHashMap<>();

  /** Held by who opens. */
  private final ReentrantLock opening = new ReentrantLock();

  private final Unopened unopened = new Unopened(this::cutOff);

  /** What was offered too early, by id. */
  private final Map<Long, Shard> waiting = new HashMap<>();

  private final Leavings leavings;

  private final Doubts doubts = new Doubts();

  private volatile Runnable onChange = () -> {};

  /**
   * @param node this node's id
   * @param opener opens, on a thread that may block, what was cut off from shards here
   * @param fatal told when the disk fails meanwhile
   */
  public ShardHost(
      long node, KvStore store, GroupOpener groups, Executor opener, Consumer<Throwable> fatal) {
    this(node, store, groups, opener, fatal, ShardLoad::ofThisProcess);
  }

  /**
   * As the other one.
   *
   * @param loads one for each shard that is opened
   */
  public ShardHost(
      long node,
      KvStore store,
      GroupOpener groups,
      Executor opener,
      Consumer<Throwable> fatal,
      Supplier<ShardLoad> loads) {
    this.node = node;
    this.store = store;
    this.groups = groups;
    this.opener = opener;
    this.fatal = fatal;
    this.loads = loads;
    this.leavings = new Leavings(store, shards);
  }

  /**
   * Opens what is already here, and deletes the rest: see {@link Inventory}. Once, before anything
   * else.
   *
   * @param logs of the groups that have one here
   * @throws StorageException if a state or a log cannot be read, or a log names a state that is not
   *     here
   */
  public void recover(Map<GroupId, RecoveredLog> logs) throws StorageException {
    opening.lock();
    try {
      Inventory inventory = Inventory.of(store.found(), logs, node);
      store.deleteAllBut(inventory.kept());
      for (Map.Entry<GroupId, RecoveredLog> log : logs.entrySet()) {
        long shard = log.getKey().value();
        long generation = log.getValue().generation();
        KvStateMachine state = KvStateMachine.open(store, shard, generation);
        open(state, joining(shard, log.getValue().self(), generation));
      }
      for (KvStore.Found pinned : inventory.pinned()) {
        leavings.pin(KvStateMachine.open(store, pinned.shard().getId(), pinned.generation()));
      }
      for (KvStore.Found first : inventory.withoutLog()) {
        KvStateMachine state =
            KvStateMachine.open(store, first.shard().getId(), first.generation());
        open(state, founding(first.shard(), first.generation()));
      }
    } finally {
      opening.unlock();
    }
    LOG.info("node {} has opened {} shards", node, shards.size());
  }

  /**
   * Who is told when a shard here was cut in two, frozen, or has absorbed another. Any thread
   * calls; must not block.
   */
  public void onChange(Runnable told) {
    onChange = told;
  }

  /**
   * Opens the shards among {@code descriptors} that have a replica on this node and are not open
   * yet. What a newer descriptor of an open shard says, it learns from its own log; but if it does
   * not name the replica here any more, that one may not hear of it by itself, and asks.
   *
   * <p>A shard that was cut off from another begins where that one cuts it off. As long as the
   * replica here of the other one has not come so far, the new one waits: see {@link
   * #offerWaiting}.
   *
   * @return how many were opened
   * @throws StorageException if the disk fails
   */
  public int offer(Collection<Shard> descriptors) throws StorageException {
    opening.lock();
    try {
      List<Shard> founded = new ArrayList<>();
      List<Shard> joined = new ArrayList<>();
      for (Shard shard : descriptors) {
        waiting.remove(shard.getId());
        if (replicaHere(shard).filter(replica -> isToBeOpened(shard, replica)).isEmpty()) {
          doubtIfLeftOut(shard);
        } else if (isStillHeldByAnother(shard)) {
          waiting.put(shard.getId(), shard);
        } else {
          (isFirst(shard) ? founded : joined).add(shard);
        }
      }
      found(founded);
      for (Shard shard : joined) {
        join(shard, replicaHere(shard).orElseThrow());
      }
      descriptors.forEach(this::noteIfMissed);
      return founded.size() + joined.size();
    } finally {
      opening.unlock();
    }
  }

  /**
   * Offers again what has waited until now. To be called now and then: mostly in vain, as who waits
   * for a split is opened by it; not if a snapshot took the place of the shard to be split, or that
   * one has left. And those that seem to be left out of their shards ask again: nobody answers a
   * question that was lost.
   *
   * @return how many were opened
   * @throws StorageException if the disk fails
   */
  public int offerWaiting() throws StorageException {
    opening.lock();
    try {
      doubts.open().forEach(this::doubtIfLeftOut);
      return offer(List.copyOf(waiting.values()));
    } finally {
      opening.unlock();
    }
  }

  /**
   * Takes in what the map says of who has which keys.
   *
   * @param complete whether it says all there is
   */
  public void learn(boolean complete, Collection<Shard> changed, Collection<Long> removed) {
    opening.lock();
    try {
      removed.forEach(missed::remove);
      if (complete) {
        missed.clear();
      }
      leavings.learn(complete, changed, removed);
    } finally {
      opening.unlock();
    }
  }

  /**
   * Goes on with what merges have left to do here: has made durable what others wait for, ends the
   * replicas of shards that were absorbed, and gives up what was kept of those that are gone. To be
   * called now and then; whoever is to wait, for the disk or the map, has its turn another time.
   *
   * @throws StorageException if the disk fails
   */
  public void tendMerges() throws StorageException {
    opening.lock();
    try {
      leavings.tend();
    } finally {
      opening.unlock();
    }
  }

  /** Whether this shard is here as it was frozen: what absorbs it finds it. */
  public boolean holdsFrozen(Shard source) {
    return leavings.holdsFrozen(source);
  }

  /**
   * Whether a frozen shard was absorbed, by a shard here. Not if that one has lost sight of it
   * since then; the map has it soon.
   */
  public boolean isReplaced(HostedShard shard) {
    return StaleEpoch.isReplaced(shard.descriptor(), shards);
  }

  private void noteIfMissed(Shard shard) {
    long id = shard.getId();
    Optional<Replica> here = replicaHere(shard).filter(replica -> isLost(id, replica));
    if (here.isPresent() && !shards.containsKey(id)) {
      missed.put(id, here.get().getReplica());
    } else {
      missed.remove(id);
    }
  }

  /** Whether it is as its keyspace was created with it: not cut off from another, and unchanged. */
  private static boolean isFirst(Shard shard) {
    return shard.getEpoch().getVersion() == 1 && shard.getEpoch().getConfVersion() == 1;
  }

  /**
   * Versions tell who is to give way to whom: what cuts a range in two raises them. Who was stopped
   * cuts nothing off any more; should it do so after a restart, what is here by then is kept.
   */
  private boolean isStillHeldByAnother(Shard shard) {
    KeyRange range = KeyRange.of(shard);
    return shards.values().stream()
        .anyMatch(
            other ->
                other.descriptor().getId() != shard.getId()
                    && !other.isLost()
                    && other.range().overlaps(range)
                    && version(other.descriptor()) < version(shard));
  }

  private static long version(Shard shard) {
    return shard.getEpoch().getVersion();
  }

  private void doubtIfLeftOut(Shard shard) {
    HostedShard hosted = shards.get(shard.getId());
    if (hosted == null) {
      doubts.forget(shard.getId());
    } else {
      doubts.consider(hosted, shard);
    }
  }

  /**
   * Opens a replica that is to join a shard: it knows nothing and decides nothing until the shard's
   * leader has told it. Does nothing if this one is open or was lost, or if its keys are still held
   * by a shard that is to be cut in two. An earlier one that is still open asks whether it was
   * removed: it has to go before another may come.
   *
   * @param shard as somebody knows it
   * @throws StorageException if the disk fails
   */
  public void join(Shard shard, Replica self) throws StorageException {
    opening.lock();
    try {
      HostedShard open = shards.get(shard.getId());
      if (open != null && open.group().status().replica().value() < self.getReplica()) {
        doubts.hear(open, shard);
        open.group().askIfRemoved(Members.of(shard));
      }
      if (isToBeOpened(shard, self) && !isStillHeldByAnother(shard)) {
        long generation = store.create(List.of(shard), 0).get(0);
        KvStateMachine state = KvStateMachine.open(store, shard.getId(), generation);
        open(state, joining(shard.getId(), new ReplicaId(self.getReplica()), generation));
        LOG.info("node {} joins shard {} as replica {}", node, shard.getId(), self.getReplica());
      }
    } finally {
      opening.unlock();
    }
  }

  /**
   * Has the replicas that were told nothing yet ask whether they still belong to their shards: who
   * was ordered here when the job was over already is in no map, and nobody would ever tell it.
   *
   * @param expected ids of those that somebody still means to bring in
   */
  public void doubtAllButExpected(Set<Long> expected) {
    shards.values().forEach(shard -> doubts.askUnlessExpected(shard, expected));
  }

  private boolean isToBeOpened(Shard shard, Replica replica) {
    return !shards.containsKey(shard.getId()) && !isLost(shard.getId(), replica);
  }

  private boolean isLost(long shard, Replica replica) {
    return replica.getReplica() <= lost.getOrDefault(shard, 0L);
  }

  /** Opens the first replicas of new shards. */
  private void found(List<Shard> created) throws StorageException {
    List<Long> generations = store.create(created, KvStateMachine.BEGIN.index());
    for (int i = 0; i < created.size(); i++) {
      Shard shard = created.get(i);
      KvStateMachine state = KvStateMachine.open(store, shard.getId(), generations.get(i));
      open(state, founding(shard, generations.get(i)));
    }
    if (!created.isEmpty()) {
      LOG.info("node {} has created {} shards", node, created.size());
    }
  }

  /** By an apply thread. */
  private void cutOff() {
    onChange.run();
    opener.execute(this::openCutOffs);
  }

  private void openCutOffs() {
    opening.lock();
    try {
      List<KvStateMachine> states = new ArrayList<>();
      for (CutOff next = unopened.poll(); next != null; next = unopened.poll()) {
        checkIsNew(next);
        KvStateMachine state = KvStateMachine.open(store, next.shard(), next.generation());
        Optional<Replica> self = replicaHere(state.shard());
        if (self.filter(replica -> isToBeOpened(state.shard(), replica)).isPresent()) {
          states.add(state);
        } else {
          // It is here already, from an image, or has left, or was never meant to be here.
          LOG.info("node {} needs no more of shard {} split off here", node, next.shard());
          state.retire();
          unopened.forget(next.shard());
        }
      }
      if (!states.isEmpty()) {
        store.flush(); // once for all: a log may name only what a crash leaves
      }
      for (KvStateMachine state : states) {
        open(state, founding(state.shard(), state.generation()));
        unopened.forget(state.shard().getId());
        LOG.info("node {} has opened shard {}, split off", node, state.shard().getId());
      }
    } catch (StorageException e) {
      fatal.accept(e);
    } finally {
      opening.unlock();
    }
  }

  private void checkIsNew(CutOff cutOff) {
    HostedShard open = shards.get(cutOff.shard());
    if (open != null && open.generation() == cutOff.generation()) {
      throw new IllegalStateException("shard " + cutOff.shard() + " was split off twice");
    }
  }

  private GroupSpec founding(Shard shard, long generation) {
    long self = replicaHere(shard).orElseThrow().getReplica();
    return new GroupSpec(
        new GroupId(shard.getId()),
        new ReplicaId(self),
        Members.first(shard),
        KvStateMachine.BEGIN,
        generation,
        shard.getPreferredLeader() == self);
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

  /** What a request hears that another version of a shard has routed here. */
  public ErrorDetail staleEpoch(HostedShard shard, KeyRange asked) {
    return StaleEpoch.detail(shard.descriptor(), asked, shards, unopened.descriptors());
  }

  /** A shard's group, if it is open here. */
  public Optional<RaftGroup> group(long shard) {
    return hosted(shard).map(HostedShard::group);
  }

  /** A shard, if it is open here. */
  public Optional<HostedShard> hosted(long shard) {
    return Optional.ofNullable(shards.get(shard));
  }

  /** All open shards, by id. */
  public List<HostedShard> shards() {
    List<HostedShard> all = new ArrayList<>(shards.values());
    all.sort(Comparator.comparingLong(shard -> shard.descriptor().getId()));
    return all;
  }

  /**
   * Replicas that the map, as it was offered last, has on this node, and that must not take part
   * any more: by shard, of those that are not open. Any thread.
   */
  public Map<Long, Long> missed() {
    return Map.copyOf(missed);
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
      state.onCutOff(unopened);
      state.onFlushWanted(() -> flushWanted(shard));
      RaftGroup group = groups.open(spec, state);
      HostedShard hosted = new HostedShard(state, group, loads.get());
      shards.put(shard, hosted);
      var unused = group.removed().thenRun(() -> forget(spec, hosted, state));
    } catch (ReplicaLostException e) { // whose listener has logged it
      LOG.debug("shard {} is not opened on node {}", shard, node, e);
      lose(spec);
      leavings.leave(state);
    }
  }

  /** By an apply thread. */
  private void flushWanted(long shard) {
    hosted(shard).ifPresent(open -> open.group().askToFlush());
    onChange.run();
  }

  private void lose(GroupSpec spec) {
    lost.merge(spec.id().value(), spec.self().value(), Math::max);
  }

  /** The replica here was removed, or dissolved: its log is gone, and now its state goes. */
  private void forget(GroupSpec spec, HostedShard hosted, KvStateMachine state) {
    lose(spec);
    var unused =
        hosted
            .group()
            .close()
            .thenRun(
                () -> {
                  leavings.leave(state);
                  shards.remove(spec.id().value(), hosted);
                });
  }

  private Optional<Replica> replicaHere(Shard shard) {
    return Inventory.replicaOn(node, shard);
  }
}
