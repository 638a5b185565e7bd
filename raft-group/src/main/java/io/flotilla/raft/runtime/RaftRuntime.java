package io.flotilla.raft.runtime;

import io.flotilla.raft.core.GroupId;
import io.flotilla.raft.core.GroupStatus.RoleName;
import io.flotilla.raft.core.Recovered;
import io.flotilla.raft.core.ReplicaId;
import io.flotilla.raft.port.ApplyRound;
import io.flotilla.raft.port.LogStore.DamagedLog;
import io.flotilla.raft.port.LogStore.RecoveredLog;
import io.flotilla.raft.port.RaftParcel;
import io.flotilla.raft.port.SnapshotTransport;
import io.flotilla.raft.port.StateMachine;
import io.flotilla.raft.port.StorageException;
import io.flotilla.raft.port.Transport;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hosts many replicas on few threads; see the package. All methods may be called by any thread, and
 * none blocks but {@link #resign} and {@link #close}.
 *
 * @param <R> the kind of round of the state store
 */
public final class RaftRuntime<R extends ApplyRound>
    implements AutoCloseable, Transport.Receiver, SnapshotSource {
  private static final Logger LOG = LoggerFactory.getLogger(RaftRuntime.class);

  private final RuntimeConfig config;
  private final RuntimePorts<R> ports;
  private final List<Loop<R>> loops = new ArrayList<>();
  private final List<ApplyWorker<R>> workers = new ArrayList<>();
  private final List<LogFetcher> fetchers = new ArrayList<>();
  private final SnapshotSender sender;
  private final SnapshotLoader loader;
  private final SnapshotFetcher snapshots;
  private final StateFlusher flusher;
  private final List<AgentThread> threads = new ArrayList<>();
  private final Map<GroupId, RecoveredLog> recovered;
  private final Map<GroupId, HostedGroup<R>> groups = new ConcurrentHashMap<>();

  /** The last replica of each group that was opened here, closed or not. */
  private final Map<GroupId, Opened> opened = new ConcurrentHashMap<>();

  private @Nullable StallWatch watch;
  private volatile boolean closed;

  /**
   * @param removed completes when there is nothing left of it
   */
  private record Opened(ReplicaId self, CompletableFuture<Void> removed) {}

  /** Makes all parts; none runs before {@link #start}. */
  public RaftRuntime(RuntimeConfig config, RuntimePorts<R> ports) {
    this.config = config;
    this.ports = ports;
    this.recovered = ports.log().recovered();
    for (int i = 0; i < config.loops(); i++) {
      loops.add(new Loop<>("raft-loop-" + i, config, ports));
    }
    for (int i = 0; i < config.applyThreads(); i++) {
      workers.add(new ApplyWorker<>("raft-apply-" + i, config.limits(), ports));
    }
    for (int i = 0; i < config.fetchThreads(); i++) {
      fetchers.add(new LogFetcher("raft-fetch-" + i, ports.log()));
    }
    this.flusher = new StateFlusher(ports.states());
    SnapshotPorts files = ports.snapshots();
    this.sender =
        new SnapshotSender(this, files.store(), files.send(), ports.nanos(), files.chance());
    this.loader = new SnapshotLoader(this::replicaOf);
    this.snapshots =
        new SnapshotFetcher(
            files.transport(), files.store(), loader, files.fetch(), ports.nanos(), files.chance());
  }

  /** Gives each part a thread of its own. Not called by who drives {@link #agents} himself. */
  public void start() {
    List<AgentThread> watched = new ArrayList<>();
    // One turn of theirs is a whole snapshot, or waits until the disk has taken a flush.
    List<Agent> slow = List.of(loader, sender.writer(), flusher);
    for (Agent agent : agents()) {
      AgentThread thread = new AgentThread(agent, ports.fatal());
      threads.add(thread);
      if (!slow.contains(agent)) {
        watched.add(thread);
      }
    }
    threads.forEach(AgentThread::start);
    watch = new StallWatch(watched, new DiskWatch(ports.log()), ports.fatal());
    watch.start();
  }

  /** All parts that need turns. */
  public List<Agent> agents() {
    List<Agent> agents = new ArrayList<>(loops);
    agents.addAll(workers);
    agents.addAll(fetchers);
    agents.addAll(List.of(sender, sender.writer(), snapshots, loader, flusher));
    return agents;
  }

  /**
   * Starts a replica: as the log knows its group, or, if it does not, as the first of a new one. A
   * group that has left this node may come back to it under a higher id: when {@link
   * RaftGroup#removed} has completed and the group is closed.
   *
   * @throws ReplicaLostException if this replica must not take part here any more; told to the
   *     listener as stopped. Others are not affected
   * @throws StorageException if state and log do not fit together: one of them lost something
   * @throws IllegalStateException if the group is open in this runtime, or was and has not removed
   *     that replica, or the runtime is closed
   */
  public RaftGroup open(GroupSpec spec, StateMachine<R> machine)
      throws StorageException, ReplicaLostException {
    GroupId id = spec.id();
    if (closed) {
      throw new IllegalStateException("the runtime is closed");
    }
    Opened before = opened.get(id);
    checkMayOpen(spec, before);
    RecoveredLog found = before == null ? recovered.get(id) : null;
    long applied = machine.appliedIndex();
    Recovered known =
        found == null ? Recovered.empty(spec.initial(), spec.begin()) : recoveredOf(found, applied);
    checkFit(id, known, applied);
    Replica<R> replica = replica(new Replica.Start(spec, known, found == null), machine);
    claim(id, before, new Opened(spec.self(), replica.removed));
    HostedGroup<R> group = new HostedGroup<>(replica, this);
    groups.put(id, group);
    replica.summonLoop();
    return group;
  }

  private void claim(GroupId id, @Nullable Opened before, Opened now) {
    boolean first =
        before == null ? opened.putIfAbsent(id, now) == null : opened.replace(id, before, now);
    if (!first) {
      throw new IllegalStateException("group " + id + " is being opened by another thread");
    }
  }

  private static void checkFit(GroupId id, Recovered known, long applied) throws StorageException {
    if (applied > known.lastIndex() || applied < known.truncated().index()) {
      throw new StorageException(
          "the state of group "
              + id
              + " stands at index "
              + applied
              + " but its log holds "
              + known.truncated()
              + " to "
              + known.lastIndex());
    }
  }

  /**
   * Who may have forgotten what he promised must not go on: not from a log that is not whole, nor
   * from one of another replica, nor anew under an id that was here before.
   */
  private void checkMayOpen(GroupSpec spec, @Nullable Opened before) throws ReplicaLostException {
    if (before != null) {
      checkMayFollow(spec, before);
      return;
    }
    ReplicaId self = spec.self();
    RecoveredLog found = recovered.get(spec.id());
    DamagedLog damaged = ports.log().damaged().get(spec.id());
    ReplicaId removed = ports.log().tombstones().get(spec.id());
    Optional<ReplicaId> forgotten = ports.log().forgottenUpTo();
    if (damaged != null && self.compareTo(damaged.upTo()) <= 0) {
      throw lost(spec, "has a damaged log: " + damaged.why());
    }
    if (forgotten.isPresent() && self.compareTo(forgotten.get()) <= 0) {
      throw lost(spec, "may be of what the disk of this node forgot");
    }
    if (removed != null && self.compareTo(removed) <= 0) {
      throw lost(spec, "was removed from this node");
    }
    if (found != null && !found.self().equals(self)) {
      throw lost(spec, "finds the log of replica " + found.self());
    }
  }

  /** What the log knew at the start is of the one before, or of those before that. */
  private void checkMayFollow(GroupSpec spec, Opened before) throws ReplicaLostException {
    if (groups.containsKey(spec.id())) {
      throw new IllegalStateException("group " + spec.id() + " is open in this process");
    }
    if (!before.removed().isDone()) {
      throw new IllegalStateException(
          "replica " + before.self() + " of group " + spec.id() + " was here and is not removed");
    }
    if (spec.self().compareTo(before.self()) <= 0) {
      throw lost(spec, "was removed from this node");
    }
  }

  private ReplicaLostException lost(GroupSpec spec, String why) {
    ReplicaLostException lost =
        new ReplicaLostException("replica " + spec.self() + " of group " + spec.id() + " " + why);
    ports.listener().stopped(spec.id(), spec.self(), lost);
    return lost;
  }

  private Replica<R> replica(Replica.Start start, StateMachine<R> machine) {
    GroupId id = start.spec().id();
    Replica.Crew<R> crew =
        new Replica.Crew<>(
            pinned(loops, id), pinned(workers, id), pinned(fetchers, id), snapshots, flusher);
    return new Replica<>(start, machine, crew, config, ports.chance());
  }

  private static Recovered recoveredOf(RecoveredLog found, long applied) {
    return new Recovered(
        found.hardState(),
        found.truncated(),
        found.membershipAtTruncation(),
        found.terms(),
        found.lastIndex(),
        found.memberships(),
        applied);
  }

  private static <T> T pinned(List<T> parts, GroupId id) {
    return parts.get((int) Long.remainderUnsigned(id.value(), parts.size()));
  }

  /**
   * Stops a replica. What it was asked and has not answered fails with an unknown outcome.
   *
   * @return completes when the state machine will be called no more; at once if there is no such
   *     group
   */
  public CompletableFuture<Void> close(GroupId id) {
    HostedGroup<R> group = groups.remove(id);
    if (group == null) {
      return CompletableFuture.completedFuture(null);
    }
    group.replica.askToClose();
    return group.replica.lane.closed;
  }

  private @Nullable Replica<?> replicaOf(GroupId id) {
    HostedGroup<R> group = groups.get(id);
    return group == null ? null : group.replica;
  }

  @Override
  public CompletionStage<Optional<Image>> imageOf(GroupId id) {
    Replica<?> replica = replicaOf(id);
    return replica == null ? CompletableFuture.completedFuture(Optional.empty()) : replica.image();
  }

  Optional<SnapshotProgress> snapshotComing(GroupId group) {
    return snapshots.progress(group);
  }

  /** Who answers what other nodes ask about snapshots. */
  public SnapshotTransport.Server snapshotServer() {
    return sender;
  }

  /**
   * Hands all leaderships of this node over, as far as others take them within an election timeout:
   * before an orderly end. Blocks until then.
   */
  public void resign() {
    List<CompletableFuture<Void>> transfers = new ArrayList<>();
    for (HostedGroup<R> group : groups.values()) {
      if (group.status().role() == RoleName.LEADER) {
        transfers.add(group.transferLeadership(Optional.empty()).exceptionally(failed -> null));
      }
    }
    long millis = config.tick().toMillis() * config.core().electionTicks();
    CompletableFuture.allOf(transfers.toArray(CompletableFuture[]::new))
        .completeOnTimeout(null, millis, TimeUnit.MILLISECONDS)
        .join();
  }

  public Optional<RaftGroup> group(GroupId id) {
    return Optional.ofNullable(groups.get(id));
  }

  public List<RaftGroup> groups() {
    return List.copyOf(groups.values());
  }

  /** What the log knew when this runtime was made, open or not. */
  public Map<GroupId, RecoveredLog> recovered() {
    return recovered;
  }

  @Override
  public void receive(List<RaftParcel> parcels) {
    int dropped = 0;
    long touched = 0;
    for (RaftParcel parcel : parcels) {
      int loop = (int) Long.remainderUnsigned(parcel.group().value(), loops.size());
      if (loops.get(loop).offer(parcel)) {
        touched |= 1L << loop;
      } else {
        dropped++;
      }
    }
    for (int loop = 0; touched != 0; loop++, touched >>>= 1) {
      if ((touched & 1) != 0) {
        loops.get(loop).ring();
      }
    }
    if (dropped > 0) {
      ports.listener().dropped(dropped);
    }
  }

  /** Committed entries in memory that wait to be applied. */
  public long applyBacklogBytes() {
    return workers.stream().mapToLong(ApplyWorker::backlogBytes).sum();
  }

  boolean isOverloaded() {
    return ports.log().backlogBytes() > config.limits().logBacklogBytesMax();
  }

  int commandBytesMax() {
    return ports.transport().commandBytesMax();
  }

  Freshness freshness() {
    return new Freshness(ports.nanos(), ports.wallMillis());
  }

  RaftListener listener() {
    return ports.listener();
  }

  /**
   * Ends all threads after the turn they are in. Replicas just stop, as in a crash; what is not
   * answered fails as with {@link RaftGroup#close}. Blocks for as long as those turns take.
   */
  @Override
  public void close() {
    closed = true;
    if (watch != null) {
      watch.stop();
    }
    threads.forEach(AgentThread::stop);
    threads.forEach(AgentThread::join);
    loops.forEach(Loop::close);
    workers.forEach(ApplyWorker::close);
    sender.close();
    snapshots.close();
    groups.clear();
    LOG.info("raft runtime of node {} closed", config.self());
  }
}
