package io.flotilla.raft.sim;

import io.flotilla.raft.core.CoreConfig;
import io.flotilla.raft.core.GroupId;
import io.flotilla.raft.core.GroupStatus;
import io.flotilla.raft.core.GroupStatus.RoleName;
import io.flotilla.raft.core.Membership;
import io.flotilla.raft.core.ReplicaId;
import io.flotilla.raft.port.ApplyRound;
import io.flotilla.raft.port.LogStore.RecoveredLog;
import io.flotilla.raft.port.LogWrite;
import io.flotilla.raft.port.NodeId;
import io.flotilla.raft.port.RaftParcel;
import io.flotilla.raft.port.SnapshotReply;
import io.flotilla.raft.port.SnapshotRequest;
import io.flotilla.raft.port.StateImage;
import io.flotilla.raft.port.StorageException;
import io.flotilla.raft.runtime.GroupSpec;
import io.flotilla.raft.runtime.RaftGroup;
import io.flotilla.raft.runtime.RaftRuntime;
import io.flotilla.raft.runtime.ReplicaLostException;
import io.flotilla.raft.runtime.RuntimeConfig;
import io.flotilla.raft.runtime.RuntimeLimits;
import io.flotilla.raft.runtime.RuntimePorts;
import io.flotilla.raft.runtime.SnapshotFetchConfig;
import io.flotilla.raft.runtime.SnapshotPorts;
import io.flotilla.raft.runtime.SnapshotSendConfig;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * A node with the real runtime in it, whose agents take their turns when the clock says so. At
 * first node n holds replica n of each group, as long as there is one. One thread.
 */
final class RuntimeNode implements Victim {
  private static final long ENTRY_BYTES_MAX = 300;

  private final World world;
  private final int id;
  private final List<SimGroup> groups;
  private final SimNetwork<Runnable> network;
  private final IntFunction<RuntimeNode> nodes;
  private final RuntimeLimits limits;
  private final SimStates.Maker maker;
  private final long tickMicros;
  private final SnapshotSendConfig send;
  private final SnapshotFetchConfig fetch;
  private final ArrayDeque<Runnable> missed = new ArrayDeque<>();
  private final MemberMoves moves;
  private final NodeClients clients;
  private final NodeLeaders leaders;

  /** What it was told to hold: kept on its disk, as the two below. */
  private final Map<GroupId, ReplicaId> tenants = new HashMap<>();

  private SimPlatter platter = new SimPlatter();
  private SimStates<?> states;
  private @Nullable RaftRuntime<?> alive;
  private @Nullable Opener opener;
  private @Nullable AgentTurns turns;
  private @Nullable SimLogStore log;
  private SimTransport transport;
  private SimSnapshotTransport questions;
  private boolean paused;
  private Runnable onNextTerm = () -> {};

  /** Opens a replica on the machine that is kept for its group. */
  private interface Opener {
    RaftGroup open(GroupSpec spec) throws StorageException, ReplicaLostException;
  }

  RuntimeNode(
      World world,
      int id,
      List<SimGroup> groups,
      SimNetwork<Runnable> network,
      IntFunction<RuntimeNode> nodes,
      RuntimeLimits limits,
      SimStates.Maker maker) {
    this.world = world;
    this.id = id;
    this.groups = groups;
    this.network = network;
    this.nodes = nodes;
    this.limits = limits;
    this.maker = maker;
    this.states = maker.make(id, world.chance());
    this.transport = newTransport();
    this.questions = newQuestions();
    double skew = 1 + world.faults().pace().clockSkew() * (world.chance().upTo(2) - 1);
    this.tickMicros = (long) (world.ticks(1) * skew);
    this.send = SnapshotDraws.send(world);
    this.fetch = SnapshotDraws.fetch(world);
    this.moves = new MemberMoves(world, groups, nodes);
    this.clients = new NodeClients(world, this);
    this.leaders = new NodeLeaders(world, this, groups, moves);
    if (id <= world.voters()) {
      groups.forEach(group -> settle(group, new ReplicaId(id)));
    }
  }

  @Override
  public void start() {
    start(states);
  }

  private <R extends ApplyRound> void start(SimStates<R> own) {
    world.changed();
    world.trace().add("start", id, 0, 0, () -> "");
    SimLogStore store =
        new SimLogStore(
            world.clock(), world.chance(), () -> world.faults().disk(), platter, this::fatal);
    store.countIn(world.counts());
    CoreConfig core = world.core();
    RuntimeConfig config =
        new RuntimeConfig(
            new NodeId(id),
            1,
            2,
            1,
            Duration.ofNanos(tickMicros * 1000),
            Duration.ofNanos(world.chance().oneOf(0, 200, 2_000, (int) tickMicros - 1) * 1000L),
            core,
            limits);
    RaftRuntime<R> runtime =
        new RaftRuntime<>(
            config,
            new RuntimePorts<>(
                new ObservedLog(store, this::handedOver, this::wake),
                parcels -> parcels.forEach(this::send),
                own,
                snapshots(),
                () -> world.clock().nowMicros() * 1000,
                () -> world.clock().nowMicros() / 1000,
                world.chance().fork()::between,
                new GroupEvents(groups),
                this::fatal));
    log = store;
    transport = newTransport();
    questions = newQuestions();
    alive = runtime;
    opener = spec -> runtime.open(spec, own.machine(spec.id()));
    onDisk(() -> own.restart(generations(runtime)));
    turns =
        new AgentTurns(
            world,
            id,
            runtime.agents(),
            action -> unlessGone(runtime, action),
            () -> observe(runtime));
    groups.forEach(group -> open(runtime, group));
    wake();
  }

  /** What the logs name, and of groups without a log here what was made last. */
  private Map<GroupId, Long> generations(RaftRuntime<?> runtime) {
    Map<GroupId, Long> named = new TreeMap<>(Comparator.comparingLong(GroupId::value));
    tenants.forEach(
        (group, replica) ->
            named.put(
                group,
                found(runtime, group, replica)
                    .map(RecoveredLog::generation)
                    .orElseGet(() -> states.machine(group).generation())));
    return named;
  }

  private static Optional<RecoveredLog> found(
      RaftRuntime<?> runtime, GroupId group, ReplicaId replica) {
    return Optional.ofNullable(runtime.recovered().get(group))
        .filter(log -> log.self().equals(replica));
  }

  private SnapshotPorts snapshots() {
    try {
      return new SnapshotPorts(
          states.snapshots(),
          this::ask,
          send,
          fetch,
          new SplittableRandom(world.chance().between(Long.MIN_VALUE, Long.MAX_VALUE - 1)));
    } catch (IOException broken) {
      throw new UncheckedIOException(broken);
    }
  }

  private interface DiskAction {
    void run() throws StorageException;
  }

  /** The disk of the states never fails. */
  private void onDisk(DiskAction action) {
    try {
      action.run();
    } catch (StorageException broken) {
      throw new AssertionError("the states of node " + id, broken);
    }
  }

  private void fatal(Throwable failure) {
    throw new AssertionError("FATAL at node " + id, failure);
  }

  // ---- replicas come and go

  /** From now on, and whenever the node starts again, this replica of a group is here. */
  void host(SimGroup group, ReplicaId replica) {
    settle(group, replica);
    RaftRuntime<?> runtime = alive;
    if (runtime != null) {
      unlessGone(runtime, () -> open(runtime, group));
      wake();
    }
  }

  private void settle(SimGroup group, ReplicaId replica) {
    world.changed();
    world
        .trace()
        .add("host", id, group.number(), replica.value(), () -> group.id() + ": " + replica);
    int number = SimReplica.number(replica);
    onDisk(
        () ->
            states.create(
                group.id(),
                state -> group.properties().applied(number, state),
                group.properties()::truthAt));
    group.properties().disk(number, index -> platter.durableTerm(group.id(), replica, index));
    if (tenants.put(group.id(), replica) != null) {
      throw new AssertionError("two replicas of " + group.id() + " on node " + id);
    }
  }

  /** What it holds of a group, or is to hold as soon as it is up. */
  Optional<ReplicaId> tenant(SimGroup group) {
    return Optional.ofNullable(tenants.get(group.id()));
  }

  private void open(RaftRuntime<?> runtime, SimGroup group) {
    ReplicaId replica = tenants.get(group.id());
    if (replica == null || runtime.group(group.id()).isPresent()) {
      return;
    }
    boolean hasLog = found(runtime, group.id(), replica).isPresent();
    group.restarted(replica, hasLog ? platter.log(group.id()) : new SimLog());
    boolean isFirst = replica.value() <= world.voters();
    GroupSpec spec =
        new GroupSpec(
            group.id(),
            replica,
            isFirst ? MembershipRules.voters(world.voters()) : Membership.of(List.of()),
            generations(runtime).get(group.id()),
            group.number() % world.voters() + 1 == replica.value());
    try {
      RaftGroup opened = Objects.requireNonNull(opener).open(spec);
      var unused = opened.removed().thenRun(() -> removed(runtime, group, replica));
    } catch (ReplicaLostException removed) {
      group.properties().members().removed(SimReplica.number(replica));
      destroy(group, replica);
    } catch (StorageException broken) {
      throw new AssertionError("node " + id + " cannot open group " + group.id(), broken);
    }
  }

  /** Its log is gone: its state goes as soon as nobody touches it any more. */
  private void removed(RaftRuntime<?> runtime, SimGroup group, ReplicaId replica) {
    now(
        () ->
            unlessGone(
                runtime,
                () -> {
                  var unused =
                      runtime
                          .close(group.id())
                          .thenRun(
                              () -> now(() -> unlessGone(runtime, () -> destroy(group, replica))));
                  wake();
                }));
  }

  private void destroy(SimGroup group, ReplicaId replica) {
    world.changed();
    world.trace().add("destroy", id, group.number(), replica.value(), replica::toString);
    if (platter.holder(group.id()).equals(Optional.of(replica))) {
      throw new AssertionError(
          "REMOVED: the log of %s in %s is still on node %d".formatted(replica, group.id(), id));
    }
    if (tenants.remove(group.id(), replica)) {
      onDisk(() -> states.remove(group.id()));
    }
  }

  /** Whether it runs and keeps the replica that a membership names here, or else none at all. */
  boolean isClean(SimGroup group, Membership membership) {
    Optional<ReplicaId> named =
        membership.everybody().stream()
            .filter(member -> member.node() == id)
            .map(Membership.Member::replica)
            .findFirst();
    return platter.holder(group.id()).equals(named)
        && tenant(group).equals(named)
        && statusIfHere(group).map(GroupStatus::replica).equals(named);
  }

  // ---- what is seen of its turns

  private void wake() {
    if (turns != null) {
      turns.wake();
    }
  }

  private void observe(RaftRuntime<?> runtime) {
    world.changed();
    for (SimGroup group : groups) {
      RaftGroup replica = runtime.group(group.id()).orElse(null);
      if (replica == null || group.isRemoved(replica.status().replica())) {
        continue;
      }
      replica
          .stoppedBecause()
          .ifPresent(
              cause -> {
                throw new AssertionError("STOPPED: " + group.id() + " at node " + id, cause);
              });
      GroupStatus status = replica.status();
      if (group.observe(status)) {
        world
            .trace()
            .add(
                "status",
                id,
                group.number() * 31 + status.term(),
                status.commitIndex() << 32 ^ status.lastIndex(),
                status::toString);
      }
    }
  }

  private void handedOver(LogWrite write) {
    GroupStatus status = Objects.requireNonNull(alive).group(write.group()).orElseThrow().status();
    group(write.group()).handedOver(status, write);
    if (write.hardState().isPresent()) {
      Runnable action = onNextTerm;
      onNextTerm = () -> {};
      world.clock().after(world.chance().between(0, world.faults().disk().syncMicrosMin()), action);
    }
  }

  private SimGroup group(GroupId group) {
    return groups.get((int) group.value() - 1);
  }

  // ---- the network

  private void send(RaftParcel parcel) {
    SimGroup group = group(parcel.group());
    if (group.homes().isLost(parcel.from())) {
      throw new AssertionError("LOST: %s speaks: %s".formatted(parcel.from(), parcel.message()));
    }
    Promises.check(
        parcel.from(),
        parcel.to(),
        parcel.message(),
        platter.hardState(parcel.group(), parcel.from()),
        platter.lastIndex(parcel.group(), parcel.from()));
    if (Promises.isVote(parcel.message())) {
      int voter = SimReplica.number(parcel.from());
      int candidate = SimReplica.number(parcel.to());
      group.properties().voted(voter, parcel.message().term(), candidate);
    }
    RaftParcel sent =
        new RaftParcel(
            parcel.fromNode(),
            parcel.toNode(),
            parcel.group(),
            parcel.from(),
            parcel.to(),
            world.perhapsShorter(parcel.message()));
    transport.send(List.of(sent));
  }

  private SimTransport newTransport() {
    return new SimTransport(id, network, to -> nodes.apply(to)::receive);
  }

  private SimSnapshotTransport newQuestions() {
    return new SimSnapshotTransport(id, network, to -> nodes.apply(to)::serve);
  }

  void receive(List<RaftParcel> parcels) {
    whileUp(runtime -> runtime.receive(parcels));
  }

  private void ask(NodeId node, SnapshotRequest request, Consumer<SnapshotReply> reply) {
    questions.ask(node, request, answer -> whileUp(runtime -> reply.accept(answer)));
  }

  private void serve(NodeId from, SnapshotRequest request, Consumer<SnapshotReply> answer) {
    whileUp(runtime -> runtime.snapshotServer().serve(from, request, answer));
  }

  private void receive(@Nullable RaftRuntime<?> born, Runnable action) {
    if (born != null) {
      unlessGone(
          born,
          () -> {
            action.run();
            wake();
          });
    }
  }

  // ---- clients

  NodeClients clients() {
    return clients;
  }

  NodeLeaders leaders() {
    return leaders;
  }

  /** Lets somebody at its runtime, unless it is down. */
  void whileUp(Consumer<RaftRuntime<?>> action) {
    RaftRuntime<?> runtime = alive;
    receive(runtime, () -> action.accept(runtime));
  }

  /** Lets somebody at this node's replica of a group, unless there is none or the node is down. */
  void visit(SimGroup group, Consumer<RaftGroup> visitor) {
    whileUp(runtime -> runtime.group(group.id()).ifPresent(visitor));
  }

  /** Says from now on whether the node has not crashed since. */
  BooleanSupplier life() {
    RaftRuntime<?> runtime = alive;
    return () -> alive == runtime;
  }

  JudgedMachine<?> machine(SimGroup group) {
    return states.machine(group.id());
  }

  /** Outside of the future's completion, which would swallow what a judge throws. */
  void now(Runnable action) {
    world.clock().after(0, action);
  }

  // ---- what may happen to it

  private void unlessGone(RaftRuntime<?> born, Runnable action) {
    if (born == alive && paused) {
      missed.add(() -> unlessGone(born, action));
    } else if (born == alive) {
      action.run();
    }
  }

  @Override
  public int id() {
    return id;
  }

  @Override
  public boolean isUp() {
    return alive != null;
  }

  @Override
  public boolean leads() {
    return alive != null
        && alive.groups().stream().anyMatch(group -> group.status().role() == RoleName.LEADER);
  }

  /** Nothing of it is closed in an orderly way. */
  @Override
  public void crash() {
    if (log != null && alive != null) {
      world.changed();
      world.trace().add("crash", id, 0, 0, () -> "");
      log.crash();
      transport.close();
      questions.close();
      clients.crashed();
      onDisk(states::crash);
      alive = null;
      paused = false;
      missed.clear();
    }
  }

  @Override
  public void whileKeepingATerm(Runnable action) {
    onNextTerm = action;
  }

  @Override
  public void pause() {
    paused = alive != null;
  }

  @Override
  public void resume() {
    paused = false;
    while (!paused && !missed.isEmpty()) {
      missed.remove().run();
    }
  }

  @Override
  public boolean loseDisk() {
    boolean mayLose = alive != null && !tenants.isEmpty() && moves.mayLoseDisk(this);
    if (mayLose) {
      crash();
      world.trace().add("lose", id, 0, 0, tenants::toString);
      groups.forEach(group -> tenant(group).ifPresent(group.homes()::lose));
      tenants.clear();
      platter = new SimPlatter();
      states = maker.make(id, world.chance());
    }
    return mayLose;
  }

  /** A crash ends it: another process finds another disk. */
  @Override
  public void hangDisk() {
    if (log != null && alive != null) {
      world.trace().add("hang", id, 0, 0, () -> "");
      log.hang();
    }
  }

  @Override
  public void diskGetsOn() {
    if (log != null) {
      log.getsOn();
    }
  }

  @Override
  public void campaign() {
    RaftRuntime<?> runtime = alive;
    if (runtime != null && !runtime.groups().isEmpty()) {
      List<RaftGroup> replicas = runtime.groups();
      replicas.get(world.chance().below(replicas.size())).campaign();
      wake();
    }
  }

  @Override
  public long flushedIndex() {
    return 0;
  }

  @Override
  public void changeMembers() {
    leaders.changeMembers();
  }

  @Override
  public void handOver() {
    leaders.handOver();
  }

  @Override
  public void truncate(long index) {
    throw new UnsupportedOperationException("the runtime cuts its logs itself");
  }

  @Override
  public void fetch(int from) {
    throw new UnsupportedOperationException("the runtime fetches what it needs itself");
  }

  /** Of a node that is up and holds a replica of it. */
  GroupStatus status(SimGroup group) {
    return statusIfHere(group)
        .orElseThrow(() -> new IllegalStateException("node " + id + " has no " + group.id()));
  }

  Optional<GroupStatus> statusIfHere(SimGroup group) {
    return alive == null ? Optional.empty() : alive.group(group.id()).map(RaftGroup::status);
  }

  /** All that is applied is durable now. */
  void flush() {
    onDisk(states::flush);
  }

  /** Whether the group's log weighs no more than it may, so many times, give or take an entry. */
  boolean isLogShort(SimGroup group, int times) {
    return logBytes(group) <= times * limits.logRetainBytes() + ENTRY_BYTES_MAX;
  }

  /** What a group's log weighs on the disk. */
  long logBytes(SimGroup group) {
    return platter.bytes(group.id());
  }

  /** The last index that is gone from a group's log on the disk. */
  long cutAt(SimGroup group) {
    return platter.log(group.id()).truncated().index();
  }

  /** What a snapshot that is taken now weighs. */
  long snapshotBytes(SimGroup group) {
    try (StateImage image = machine(group).image()) {
      return image.approximateBytes();
    } catch (StorageException broken) {
      throw new AssertionError("no image of " + group.id(), broken);
    }
  }

  SimState state(SimGroup group) {
    return machine(group).state();
  }

  /** What its disk holds of a group, beyond what is decided: by that others may still go. */
  boolean hasUndecided(SimGroup group) {
    ReplicaId replica = Objects.requireNonNull(tenants.get(group.id()));
    return platter.lastIndex(group.id(), replica) > group.properties().commit();
  }
}
