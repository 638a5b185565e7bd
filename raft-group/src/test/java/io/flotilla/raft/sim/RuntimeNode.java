package io.flotilla.raft.sim;

import io.flotilla.raft.core.CoreConfig;
import io.flotilla.raft.core.GroupId;
import io.flotilla.raft.core.GroupStatus;
import io.flotilla.raft.core.GroupStatus.RoleName;
import io.flotilla.raft.core.ReplicaId;
import io.flotilla.raft.port.ApplyRound;
import io.flotilla.raft.port.LogWrite;
import io.flotilla.raft.port.NodeId;
import io.flotilla.raft.runtime.MemoryBounds;
import io.flotilla.raft.runtime.RaftGroup;
import io.flotilla.raft.runtime.RaftRuntime;
import io.flotilla.raft.runtime.RuntimeConfig;
import io.flotilla.raft.runtime.RuntimeLimits;
import io.flotilla.raft.runtime.RuntimePorts;
import io.flotilla.raft.runtime.SnapshotFetchConfig;
import io.flotilla.raft.runtime.SnapshotPorts;
import io.flotilla.raft.runtime.SnapshotProgress;
import io.flotilla.raft.runtime.SnapshotSendConfig;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.IntFunction;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A node with the real runtime in it, whose agents take their turns when the clock says so. At
 * first node n holds replica n of each group, as long as there is one. One thread.
 */
final class RuntimeNode implements RaftVictim {
  private static final long ENTRY_BYTES_MAX = 300;

  private final World world;
  private final int id;
  private final List<SimGroup> groups;
  private final RuntimeLimits limits;
  private final MemoryBounds bounds;
  private final LongSupplier wallMillis;
  private final long tickMicros;
  private final SnapshotSendConfig send;
  private final SnapshotFetchConfig fetch;
  private final ArrayDeque<Runnable> missed = new ArrayDeque<>();
  private final MemberMoves moves;
  private final NodeReplicas replicas;
  private final NodeWires wires;
  private final NodeClients clients;
  private final NodeLeaders leaders;

  private @Nullable RaftRuntime<?> alive;
  private NodeReplicas.@Nullable Opener opener;
  private @Nullable AgentTurns turns;
  private @Nullable SimLogStore log;
  private @Nullable LogBounds logs;
  private boolean paused;

  /** The most that was on its way to the disk at once since the node started. */
  private long unsyncedBytesMax;

  private Runnable onNextTerm = () -> {};

  RuntimeNode(
      World world,
      int id,
      List<SimGroup> groups,
      SimNetwork<Runnable> network,
      IntFunction<RuntimeNode> nodes,
      RuntimeLimits limits,
      SimStates.Maker maker,
      WallClocks wallClocks) {
    this.world = world;
    this.id = id;
    this.groups = groups;
    this.limits = limits;
    this.bounds = new MemoryBounds(limits, 1);
    this.wallMillis = wallClocks.of(id);
    this.replicas = new NodeReplicas(world, this, maker);
    this.wires = new NodeWires(world, this, network, nodes);
    double skew = 1 + world.faults().pace().clockSkew() * (world.chance().upTo(2) - 1);
    this.tickMicros = (long) (world.ticks(1) * skew);
    this.send = SnapshotDraws.send(world);
    this.fetch = SnapshotDraws.fetch(world);
    this.moves = new MemberMoves(world, groups, nodes);
    this.clients = new NodeClients(world, this);
    this.leaders = new NodeLeaders(world, this, groups, moves);
    if (id <= world.voters()) {
      groups.forEach(group -> replicas.settle(group, new ReplicaId(id)));
    }
  }

  @Override
  public void start() {
    start(replicas.states());
  }

  private <R extends ApplyRound> void start(SimStates<R> own) {
    world.changed();
    world.trace().add("start", id, 0, 0, () -> "");
    SimLogStore store =
        new SimLogStore(
            world.clock(),
            world.chance(),
            () -> world.faults().disk(),
            replicas.platter(),
            this::fatal);
    store.countIn(world.counts());
    CoreConfig core = world.core();
    LogBounds logBounds = new LogBounds(limits.logRetainBytes());
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
                wires::send,
                own,
                snapshots(),
                () -> world.clock().nowMicros() * 1000,
                wallMillis,
                world.chance().fork()::between,
                new GroupEvents(groups, logBounds),
                this::fatal));
    log = store;
    unsyncedBytesMax = 0;
    logs = logBounds;
    wires.connect();
    alive = runtime;
    NodeReplicas.Opener opens = spec -> runtime.open(spec, own.machine(spec.id()));
    opener = opens;
    replicas.restart(runtime);
    turns =
        new AgentTurns(
            world,
            id,
            runtime.agents(),
            action -> unlessGone(runtime, action),
            () -> observe(runtime));
    groups.forEach(group -> replicas.open(runtime, opens, group));
    wake();
  }

  private SnapshotPorts snapshots() {
    try {
      return new SnapshotPorts(
          replicas.states().snapshots(),
          wires::ask,
          send,
          fetch,
          new SplittableRandom(world.chance().between(Long.MIN_VALUE, Long.MAX_VALUE - 1)));
    } catch (IOException broken) {
      throw new UncheckedIOException(broken);
    }
  }

  private void fatal(Throwable failure) {
    throw new AssertionError("FATAL at node " + id, failure);
  }

  // ---- what is seen of its turns

  void wake() {
    if (turns != null) {
      turns.wake();
    }
  }

  private void observe(RaftRuntime<?> runtime) {
    world.changed();
    unsyncedBytesMax = Math.max(unsyncedBytesMax, Objects.requireNonNull(log).backlogBytes());
    bounds.checkCache(runtime, unsyncedBytesMax);
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
        Objects.requireNonNull(logs)
            .observe(group.id(), status, group.log(status.replica()), replicas.platter());
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

  SimGroup group(GroupId group) {
    return groups.get((int) group.value() - 1);
  }

  /** From now on, and whenever the node starts again, this replica of a group is here. */
  void host(SimGroup group, ReplicaId replica) {
    replicas.settle(group, replica);
    RaftRuntime<?> runtime = alive;
    if (runtime != null) {
      unlessGone(runtime, () -> replicas.open(runtime, Objects.requireNonNull(opener), group));
      wake();
    }
  }

  // ---- its parts

  NodeReplicas replicas() {
    return replicas;
  }

  NodeWires wires() {
    return wires;
  }

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

  private void receive(@Nullable RaftRuntime<?> born, Runnable action) {
    RaftRuntime<?> runtime = born;
    if (runtime != null) {
      unlessGone(
          runtime,
          () -> {
            action.run();
            bounds.checkInboxes(runtime);
            wake();
          });
    }
  }

  /** Says from now on whether the node has not crashed since. */
  BooleanSupplier life() {
    RaftRuntime<?> runtime = alive;
    return () -> alive == runtime;
  }

  /** Outside of the future's completion, which would swallow what a judge throws. */
  void now(Runnable action) {
    world.clock().after(0, action);
  }

  // ---- what may happen to it

  void unlessGone(RaftRuntime<?> born, Runnable action) {
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
      wires.close();
      clients.crashed();
      replicas.crash();
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
  public void heal() {
    RaftVictim.super.heal();
    diskGetsOn();
  }

  /**
   * Goes down and loses all that it has kept, for good, unless too much would hang on that.
   *
   * @return whether it did
   */
  boolean loseDisk() {
    boolean mayLose = alive != null && !replicas.isEmpty() && moves.mayLoseDisk(this);
    if (mayLose) {
      crash();
      world.trace().add("lose", id, 0, 0, replicas::toString);
      groups.forEach(group -> replicas.tenant(group).ifPresent(group.homes()::lose));
      replicas.lose();
    }
    return mayLose;
  }

  /**
   * Nothing becomes durable there any more, and nothing fails. A crash ends it: another process
   * finds another disk.
   */
  void hangDisk() {
    if (log != null && alive != null) {
      world.trace().add("hang", id, 0, 0, () -> "");
      log.hang();
    }
  }

  /** Or has never hung. */
  void diskGetsOn() {
    if (log != null) {
      log.getsOn();
    }
  }

  @Override
  public void campaign() {
    RaftRuntime<?> runtime = alive;
    if (runtime != null && !runtime.groups().isEmpty()) {
      List<RaftGroup> open = runtime.groups();
      open.get(world.chance().below(open.size())).campaign();
      wake();
    }
  }

  @Override
  public void changeMembers() {
    leaders.changeMembers();
  }

  @Override
  public void handOver() {
    leaders.handOver();
  }

  /** Of a node that is up and holds a replica of it. */
  GroupStatus status(SimGroup group) {
    return statusIfHere(group)
        .orElseThrow(() -> new IllegalStateException("node " + id + " has no " + group.id()));
  }

  Optional<GroupStatus> statusIfHere(SimGroup group) {
    return alive == null ? Optional.empty() : alive.group(group.id()).map(RaftGroup::status);
  }

  /** Nothing while the node is down. */
  Optional<SnapshotProgress> snapshotComing(SimGroup group) {
    return alive == null
        ? Optional.empty()
        : alive.group(group.id()).flatMap(RaftGroup::snapshotComing);
  }

  /** Whether the group's log weighs no more than it may, so many times, give or take an entry. */
  boolean isLogShort(SimGroup group, int times) {
    return replicas.logBytes(group) <= times * limits.logRetainBytes() + ENTRY_BYTES_MAX;
  }
}
