package io.flotilla.raft.sim;

import io.flotilla.raft.core.CoreConfig;
import io.flotilla.raft.core.GroupId;
import io.flotilla.raft.core.GroupStatus;
import io.flotilla.raft.core.GroupStatus.RoleName;
import io.flotilla.raft.core.Refusal;
import io.flotilla.raft.core.ReplicaId;
import io.flotilla.raft.port.LogStore.RecoveredLog;
import io.flotilla.raft.port.LogWrite;
import io.flotilla.raft.port.NodeId;
import io.flotilla.raft.port.RaftParcel;
import io.flotilla.raft.port.SnapshotReply;
import io.flotilla.raft.port.SnapshotRequest;
import io.flotilla.raft.port.StorageException;
import io.flotilla.raft.runtime.Agent;
import io.flotilla.raft.runtime.Doorbell;
import io.flotilla.raft.runtime.GroupSpec;
import io.flotilla.raft.runtime.RaftException;
import io.flotilla.raft.runtime.RaftGroup;
import io.flotilla.raft.runtime.RaftRuntime;
import io.flotilla.raft.runtime.RuntimeConfig;
import io.flotilla.raft.runtime.RuntimeLimits;
import io.flotilla.raft.runtime.RuntimePorts;
import io.flotilla.raft.runtime.SnapshotFetchConfig;
import io.flotilla.raft.runtime.SnapshotPorts;
import io.flotilla.raft.runtime.SnapshotSendConfig;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * A node with the real runtime in it, whose agents take their turns when the clock says so. Node n
 * holds replica n of each group. One thread.
 */
final class RuntimeNode implements Victim {
  private static final long ENTRY_BYTES_MAX = 300;

  private final World world;
  private final int id;
  private final List<SimGroup> groups;
  private final SimNetwork<Runnable> network;
  private final IntFunction<RuntimeNode> nodes;
  private final RuntimeLimits limits;
  private final long tickMicros;
  private final SimPlatter platter = new SimPlatter();
  private final SimFiles files = new SimFiles();
  private final SnapshotSendConfig send;
  private final SnapshotFetchConfig fetch;
  private final ArrayDeque<Runnable> missed = new ArrayDeque<>();
  private final Set<Agent> due = new HashSet<>();

  /** When each agent's timer will wake it. */
  private final Map<Agent, Long> timed = new HashMap<>();

  /** What each agent that sleeps listens to. */
  private final Map<Agent, Doorbell> bells = new HashMap<>();

  private final List<SimMachine> machines;
  private @Nullable RaftRuntime<SimMachine.Round> alive;
  private List<Agent> agents = List.of();
  private @Nullable SimLogStore log;
  private boolean paused;
  private Runnable onNextTerm = () -> {};

  RuntimeNode(
      World world,
      int id,
      List<SimGroup> groups,
      SimNetwork<Runnable> network,
      IntFunction<RuntimeNode> nodes,
      RuntimeLimits limits) {
    this.world = world;
    this.id = id;
    this.groups = groups;
    this.network = network;
    this.nodes = nodes;
    this.limits = limits;
    double skew = 1 + world.faults().pace().clockSkew() * (world.chance().upTo(2) - 1);
    this.tickMicros = (long) (world.ticks(1) * skew);
    this.send = drawSend();
    this.fetch = drawFetch();
    this.machines = groups.stream().map(this::machine).toList();
    groups.forEach(
        group -> group.properties().disk(id, index -> platter.durableTerm(group.id(), index)));
  }

  @Override
  public void start() {
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
    RaftRuntime<SimMachine.Round> runtime =
        new RaftRuntime<>(
            config,
            new RuntimePorts<>(
                new ObservedLog(store, this::handedOver, this::wake),
                parcels -> parcels.forEach(this::send),
                SimMachine.Round::new,
                snapshots(),
                () -> world.clock().nowMicros() * 1000,
                world.chance().fork()::between,
                new GroupEvents(groups, id),
                this::fatal));
    log = store;
    alive = runtime;
    agents = runtime.agents();
    due.clear();
    timed.clear();
    bells.clear();
    groups.forEach(group -> open(runtime, group));
    wake();
  }

  /** Nothing is given up between two questions of a fetch that goes on: see {@link #turnMicros}. */
  private SnapshotSendConfig drawSend() {
    Chance chance = world.chance();
    int lease = chance.between(4, 60);
    return new SnapshotSendConfig(
        chance.between(1, 2),
        chance.between(2, 4),
        ticks(lease),
        ticks(chance.between(3, lease)),
        (int) Math.max(1, world.ticks(1) / 1000),
        chance.between(4, 64));
  }

  private SnapshotFetchConfig drawFetch() {
    Chance chance = world.chance();
    return new SnapshotFetchConfig(
        chance.between(1, 2),
        chance.oneOf(100_000L, 1L << 40),
        chance.oneOf(50, 200, 1 << 18),
        chance.between(1, 8),
        ticks(chance.between(2, 10)),
        new SnapshotFetchConfig.Backoff(ticks(1), ticks(8), chance.between(1, 8)),
        1 << 20);
  }

  private Duration ticks(int count) {
    return Duration.ofNanos(Math.max(1_000_000, world.ticks(count) * 1000));
  }

  private SnapshotPorts snapshots() {
    return new SnapshotPorts(
        new SimSnapshotStore(files, Path.of("snapshots")),
        this::ask,
        send,
        fetch,
        new SplittableRandom(world.chance().between(Long.MIN_VALUE, Long.MAX_VALUE - 1)));
  }

  private void fatal(Throwable failure) {
    throw new AssertionError("FATAL at node " + id, failure);
  }

  private SimMachine machine(SimGroup group) {
    return new SimMachine(
        world.chance(), group.number(), files, state -> group.properties().applied(id, state));
  }

  private void open(RaftRuntime<SimMachine.Round> runtime, SimGroup group) {
    SimMachine machine = machines.get(group.number() - 1);
    RecoveredLog found = runtime.recovered().get(group.id());
    machine.restart(found == null ? machine.generation() : found.generation());
    group.restarted(id, platter.log(group.id()));
    try {
      runtime.open(
          new GroupSpec(
              group.id(),
              new ReplicaId(id),
              MembershipRules.voters(world.voters()),
              machine.generation(),
              group.number() % world.voters() + 1 == id),
          machine);
    } catch (StorageException broken) {
      throw new AssertionError("node " + id + " cannot open group " + group.id(), broken);
    }
  }

  // ---- the agents' turns

  /** Something has come in: whose bell was rung looks at it soon, each in its own time. */
  private void wake() {
    RaftRuntime<SimMachine.Round> runtime = alive;
    if (runtime != null) {
      for (Agent agent : agents) {
        Doorbell bell = bells.get(agent);
        if (bell == null || !bell.isListening()) {
          later(runtime, agent, turnMicros(agent));
        }
      }
    }
  }

  private long turnMicros(Agent agent) {
    Faults.Pace pace = world.faults().pace();
    if (agent.name().startsWith("raft-loop")) {
      return world.chance().between(1, 1 + pace.turnMicrosMax());
    } else if (agent.name().startsWith("raft-snapshot")) {
      return world.chance().oneOf(1L, Math.min(world.fetchMicros(), world.ticks(2)) / 4);
    }
    return world.chance().between(1, 1 + pace.applyMicrosMax());
  }

  private void later(RaftRuntime<SimMachine.Round> born, Agent agent, long delayMicros) {
    if (due.add(agent)) {
      world.clock().after(delayMicros, () -> unlessGone(born, () -> turn(born, agent)));
    }
  }

  private void turn(RaftRuntime<SimMachine.Round> runtime, Agent agent) {
    due.remove(agent);
    Doorbell before = bells.get(agent);
    if (before != null) {
      before.stopListening();
    }
    Doorbell bell = agent.doorbell();
    bell.listen();
    bells.put(agent, bell);
    int work;
    try {
      work = agent.turn();
    } catch (StorageException broken) {
      throw new AssertionError("FATAL: " + agent.name() + " of node " + id, broken);
    }
    world.trace().add("turn", id, agent.name().hashCode(), work, () -> agent.name() + " " + work);
    if (work > 0) {
      observe(runtime);
    }
    if (work > 0 || agent.doorbell() != bell) {
      bell.stopListening();
    }
    wake();
    if (bell.isListening() && agent.idleNanos() < Long.MAX_VALUE) {
      wakeAt(runtime, agent, world.clock().nowMicros() + agent.idleNanos() / 1000 + 1);
    }
  }

  private void wakeAt(RaftRuntime<SimMachine.Round> runtime, Agent agent, long micros) {
    if (timed.getOrDefault(agent, Long.MAX_VALUE) > micros) {
      timed.put(agent, micros);
      world
          .clock()
          .after(
              micros - world.clock().nowMicros(),
              () -> unlessGone(runtime, () -> timer(runtime, agent, micros)));
    }
  }

  private void timer(RaftRuntime<SimMachine.Round> runtime, Agent agent, long micros) {
    timed.remove(agent, micros);
    later(runtime, agent, 0);
  }

  private void observe(RaftRuntime<SimMachine.Round> runtime) {
    for (SimGroup group : groups) {
      RaftGroup replica = runtime.group(group.id()).orElseThrow();
      replica
          .stoppedBecause()
          .ifPresent(
              cause -> {
                throw new AssertionError("STOPPED: " + group.id() + " at node " + id, cause);
              });
      GroupStatus status = replica.status();
      if (group.observe(id, status)) {
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
    group(write.group()).handedOver(id, write);
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
    long lastKept = platter.lastIndex(parcel.group());
    Promises.check(
        parcel.from(), parcel.to(), parcel.message(), platter.hardState(parcel.group()), lastKept);
    int to = (int) parcel.toNode().value();
    if (Promises.isVote(parcel.message())) {
      group(parcel.group()).properties().voted(id, parcel.message().term(), to);
    }
    RaftParcel sent =
        new RaftParcel(
            parcel.fromNode(),
            parcel.toNode(),
            parcel.group(),
            parcel.from(),
            parcel.to(),
            world.perhapsShorter(parcel.message()));
    network.send(id, to, () -> nodes.apply(to).receive(sent));
  }

  void receive(RaftParcel parcel) {
    RaftRuntime<SimMachine.Round> runtime = alive;
    if (runtime != null) {
      unlessGone(
          runtime,
          () -> {
            runtime.receive(List.of(parcel));
            wake();
          });
    }
  }

  /** Asks another node about a snapshot; what is lost is lost without a word. */
  private void ask(NodeId node, SnapshotRequest request, Consumer<SnapshotReply> reply) {
    RaftRuntime<SimMachine.Round> asker = alive;
    int to = (int) node.value();
    network.send(
        id,
        to,
        () ->
            nodes
                .apply(to)
                .serve(
                    id,
                    request,
                    answer ->
                        network.send(to, id, () -> receive(asker, () -> reply.accept(answer)))));
  }

  private void serve(int from, SnapshotRequest request, Consumer<SnapshotReply> answer) {
    RaftRuntime<SimMachine.Round> runtime = alive;
    receive(runtime, () -> runtime.snapshotServer().serve(new NodeId(from), request, answer));
  }

  private void receive(@Nullable RaftRuntime<SimMachine.Round> born, Runnable action) {
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

  /** Where clients of one group reach this node. */
  Door door(SimGroup group) {
    return (write, key, reply) -> {
      RaftRuntime<SimMachine.Round> runtime = alive;
      if (runtime != null) {
        unlessGone(
            runtime,
            () -> {
              RaftGroup replica = runtime.group(group.id()).orElseThrow();
              if (write == null) {
                read(replica, group, key, reply);
              } else {
                write(replica, write, reply);
              }
              wake();
            });
      }
    };
  }

  /** Lets somebody at this node's replica of a group, unless the node is down. */
  void visit(SimGroup group, Consumer<RaftGroup> visitor) {
    RaftRuntime<SimMachine.Round> runtime = alive;
    if (runtime != null) {
      unlessGone(
          runtime,
          () -> {
            visitor.accept(runtime.group(group.id()).orElseThrow());
            wake();
          });
    }
  }

  private void write(RaftGroup replica, SimCommand command, Consumer<Reply> reply) {
    replica
        .propose(command.encode(world.chance().between(0, 100)))
        .whenComplete(
            (result, failure) ->
                now(
                    () ->
                        reply.accept(
                            failure == null
                                ? new Reply.Wrote(SimCommand.decodeOutcome(result))
                                : refusal(failure))));
  }

  private void read(RaftGroup replica, SimGroup group, int key, Consumer<Reply> reply) {
    long committed = group.properties().commit();
    replica
        .readBarrier()
        .whenComplete(
            (applied, failure) -> {
              SimState state = machines.get(group.number() - 1).state();
              now(
                  () -> {
                    if (failure == null) {
                      world.readsAllThatWasCommitted(applied, committed);
                      reply.accept(new Reply.Read(state.value(key)));
                    } else {
                      reply.accept(refusal(failure));
                    }
                  });
            });
  }

  /** Outside of the future's completion, which would swallow what a judge throws. */
  void now(Runnable action) {
    world.clock().after(0, action);
  }

  private static Reply refusal(Throwable failure) {
    Throwable cause = failure instanceof CompletionException wrapped ? wrapped.getCause() : failure;
    if (cause instanceof RaftException told) {
      return told.outcomeUnknown()
          ? new Reply.Unknown()
          : new Reply.Refused(leader(told.refusal().orElseThrow()));
    }
    throw new AssertionError("a request failed with something else", cause);
  }

  private static Optional<ReplicaId> leader(Refusal refusal) {
    return refusal instanceof Refusal.NotLeader other ? other.leader() : Optional.empty();
  }

  // ---- what may happen to it

  private void unlessGone(RaftRuntime<SimMachine.Round> born, Runnable action) {
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
      world.trace().add("crash", id, 0, 0, () -> "");
      log.crash();
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
  public void campaign() {
    RaftRuntime<SimMachine.Round> runtime = alive;
    if (runtime != null) {
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
    throw new UnsupportedOperationException("see Faults.ofNodes");
  }

  @Override
  public void handOver() {
    groups.forEach(group -> visit(group, replica -> handOver(group, replica)));
  }

  /** To a replica that may lead, or may not, or to any. */
  private void handOver(SimGroup group, RaftGroup leader) {
    long term = leader.status().term();
    if (leader.status().role() == RoleName.LEADER) {
      int to = world.chance().between(0, world.hosts());
      world.counts().add(FaultKind.TRANSFER);
      leader
          .transferLeadership(to == 0 ? Optional.empty() : Optional.of(new ReplicaId(to)))
          .whenComplete(
              (done, failure) -> {
                GroupStatus after = leader.status();
                now(() -> handedOver(group, term, after, failure));
              });
    }
  }

  private void handedOver(
      SimGroup group, long term, GroupStatus after, @Nullable Throwable failure) {
    if (failure != null) {
      refusal(failure);
    } else if (after.term() <= term) {
      throw new AssertionError(
          "TRANSFER: of %s at node %d is done in term %d, and now is %s"
              .formatted(group.id(), id, term, after));
    }
  }

  @Override
  public void truncate(long index) {
    throw new UnsupportedOperationException("the runtime cuts its logs itself");
  }

  @Override
  public void fetch(int from) {
    throw new UnsupportedOperationException("the runtime fetches what it needs itself");
  }

  GroupStatus status(SimGroup group) {
    if (alive == null) {
      throw new IllegalStateException("node " + id + " is down");
    }
    return alive.group(group.id()).orElseThrow().status();
  }

  /** All that is applied is durable now. */
  void flush() {
    machines.forEach(SimMachine::flush);
  }

  /** Whether the group's log weighs no more than it may, give or take an entry. */
  boolean isLogShort(SimGroup group) {
    return platter.bytes(group.id()) <= limits.logRetainBytes() + ENTRY_BYTES_MAX;
  }

  SimState state(SimGroup group) {
    return machines.get(group.number() - 1).state();
  }
}
