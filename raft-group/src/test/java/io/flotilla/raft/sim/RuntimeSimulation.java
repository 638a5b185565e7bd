package io.flotilla.raft.sim;

import io.flotilla.raft.core.GroupStatus;
import io.flotilla.raft.core.GroupStatus.RoleName;
import io.flotilla.raft.runtime.RuntimeLimits;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * One run of several groups on several nodes with the real {@code raft.runtime} in each: its loops,
 * apply workers and fetchers take turns on one simulated clock. Faults and judges are those of
 * {@link Simulation}. One thread; the same seed and size give the same run.
 */
public final class RuntimeSimulation implements SimRun {
  /** Of all groups: heartbeats, appends, questions, and what is answered to them. */
  private static final int PARCELS_OF_A_TICK = 64;

  private static final int GROUPS = 3;
  private static final int ELECTION_ROUNDS = 20;
  private static final int CATCH_UP_TICKS = 400;

  /** Nodes that hold nothing at first, and may be given replicas. */
  private static final int SPARES = 2;

  private static final int TIDY_TICKS = 5;

  /** Any: nothing that is promised here hangs on the time of day. */
  private static final Duration WALL_CLOCK_WRONG_MAX = Duration.ofDays(400);

  /** Election timeouts after which another leads than who is at a hung disk, and seeks to write. */
  private static final int HUNG_DISK_TIMEOUTS = 10;

  private static final int FIRST_WRITE_TICKS = 20;

  /**
   * For each entry that nobody else may have yet: where an append carries one, and waits for it.
   */
  private static final int HANDED_OVER_TICKS = 10;

  private final String kind;
  private final long seed;
  private final int voters;
  private final SimStates.Maker states;
  private final World world;
  private boolean clientsAlone;
  private final SimNetwork<Runnable> network;
  private final List<SimGroup> groups;
  private final List<RuntimeNode> nodes;
  private final WallClocks wallClocks;
  private final FaultSchedule schedule;
  private final List<SimClient> clients = new ArrayList<>();
  private final List<SessionClient> sessions;

  private RuntimeSimulation(
      String kind, long seed, int size, SimStates.Maker states, boolean readableTrace) {
    this.kind = kind;
    this.seed = seed;
    this.states = states;
    Chance chance = new Chance(seed * 31 + size);
    this.voters = size;
    Faults faults = Faults.draw(chance).ofNodes(chance);
    int hosts = size + (faults.process().changeEvery() > 0 ? SPARES : 0);
    this.world = new World(chance, faults, size, hosts, readableTrace);
    this.network =
        new SimNetwork<>(
            world.clock(),
            chance.fork(),
            hosts,
            world.faults().network(),
            (from, to, arrival) -> arrival.run());
    network.countIn(world.counts());
    this.groups =
        IntStream.rangeClosed(1, GROUPS)
            .mapToObj(n -> new SimGroup(world.clock(), n, size, world.core()))
            .toList();
    RuntimeLimits limits = limits(chance, parcelsPerTurnMin());
    this.wallClocks = new WallClocks(world, new Chance(~seed), 0, WALL_CLOCK_WRONG_MAX);
    this.nodes =
        IntStream.rangeClosed(1, hosts)
            .mapToObj(
                id ->
                    new RuntimeNode(
                        world, id, groups, network, this::node, limits, states, wallClocks))
            .toList();
    this.schedule = RaftFaults.ofNodes(world, network, nodes);
    this.sessions = groups.stream().map(group -> addClients(group, chance)).toList();
  }

  /** Or a node that takes long for a turn never gets through what comes to it in a tick. */
  private int parcelsPerTurnMin() {
    double turnsOfATick =
        (double) world.ticks(1) / Math.max(1, world.faults().pace().turnMicrosMax());
    return (int) Math.ceil(Math.min(PARCELS_OF_A_TICK, PARCELS_OF_A_TICK / turnsOfATick));
  }

  private static RuntimeLimits limits(Chance chance, int parcelsPerTurnMin) {
    long retain = chance.oneOf(1, 300, 3_000, 16 << 20);
    return chance.happens(0.5)
        ? RuntimeLimits.DEFAULT.retaining(retain)
        : new RuntimeLimits(
            new RuntimeLimits.Inboxes(
                chance.between(4, 16),
                chance.between(8, 64),
                chance.between(500, 10_000),
                chance.between(1, 8),
                Math.max(parcelsPerTurnMin, chance.between(1, 16))),
            chance.between(200, 5_000),
            chance.between(1, 2_000),
            chance.between(0, 3_000),
            retain);
  }

  /** All clients of a group share one session, and so several writes of it are open at a time. */
  private SessionClient addClients(SimGroup group, Chance chance) {
    SimSession session = new SimSession(1);
    List<Door> doors = nodes.stream().map(node -> node.clients().door(group)).toList();
    for (SimClient.Kind kind : SimClient.Kind.values()) {
      clients.add(new SimClient(world, group.properties(), doors, group.record(), session, kind));
    }
    return new SessionClient(world, chance.fork(), group, nodes, session);
  }

  public static RuntimeSimulation of(long seed, int nodes) {
    return of("runtime", seed, nodes, (node, chance) -> new MemoryStates(chance), false);
  }

  /**
   * With other states in the nodes than the simulator's own.
   *
   * @param kind as the run is then called
   */
  public static RuntimeSimulation of(
      String kind, long seed, int nodes, SimStates.Maker states, boolean readableTrace) {
    return new RuntimeSimulation(kind, seed, nodes, states, readableTrace);
  }

  @Override
  public RuntimeSimulation readable() {
    RuntimeSimulation again = new RuntimeSimulation(kind, seed, voters, states, true);
    return clientsAlone ? again.judgedByClientsAlone() : again;
  }

  /** A run that has not begun yet, in which no other judge looks at reads. */
  RuntimeSimulation judgedByClientsAlone() {
    clientsAlone = true;
    world.letClientsAloneJudgeReads();
    return this;
  }

  private RuntimeNode node(int id) {
    return nodes.get(id - 1);
  }

  @Override
  public Simulation.Outcome run() {
    nodes.forEach(RuntimeNode::start);
    clients.forEach(SimClient::start);
    if (!clientsAlone) {
      sessions.forEach(SessionClient::start);
    }
    schedule.start();
    world.clock().runUntil(world.ticks(Faults.FAULT_TICKS), () -> false);
    world.heal();
    network.faults(world.faults().network());
    schedule.stop();
    wallClocks.stop();
    tidyMembers();
    clientsGoOn();
    sessionsGoOn();
    goOnBesideAHungDisk();
    clients.forEach(SimClient::stop);
    sessions.forEach(SessionClient::stop);
    within("every group's members, and nobody else, have its log and state", this::converged);
    within("no log waits for a flush that nobody thinks of", () -> areLogsShort(4));
    nodes.forEach(node -> node.replicas().flush());
    within("no log weighs more than it may", () -> areLogsShort(1));
    long answered = groups.stream().mapToLong(group -> group.record().answered()).sum();
    groups.forEach(this::checkFinalState);
    groups.forEach(group -> world.counts().add(FaultKind.RESTORE, group.properties().restored()));
    groups.forEach(group -> world.counts().add(FaultKind.TRUNCATION, group.truncations()));
    groups.forEach(group -> world.counts().add(FaultKind.MEMBERSHIP, group.memberships()));
    return new Simulation.Outcome(
        seed,
        voters,
        world.clock().nowMicros(),
        world.clock().happened(),
        answered,
        groups.stream().mapToLong(group -> group.properties().commit()).sum(),
        leader(groups.get(0)).orElseThrow().term(),
        groups.size(),
        world.counts(),
        world.trace().hash());
  }

  private boolean areLogsShort(int times) {
    return groups.stream()
        .allMatch(
            group ->
                leader(group).isPresent()
                    && members(group).allMatch(node -> node.isLogShort(group, times)));
  }

  /** What is still to be asked of leaders, or told to replicas, is until it is done. */
  private void tidyMembers() {
    nodes.forEach(node -> node.leaders().tidyMembers());
    world.clock().after(world.ticks(TIDY_TICKS), this::tidyMembers);
  }

  private void clientsGoOn() {
    long[] before = clients.stream().mapToLong(SimClient::finished).toArray();
    within(
        "every client's operation ends, and two more",
        () ->
            IntStream.range(0, before.length)
                .allMatch(i -> clients.get(i).finished() >= before[i] + 3));
  }

  /** A session that reads nothing, or replicas that never know their age, would prove nothing. */
  private void sessionsGoOn() {
    if (!clientsAlone) {
      long[] before = sessions.stream().mapToLong(SessionClient::reads).toArray();
      within(
          "every session reads on, and has heard of an age",
          () ->
              IntStream.range(0, before.length)
                  .allMatch(
                      i -> sessions.get(i).reads() > before[i] && sessions.get(i).ages() > 0));
    }
  }

  /**
   * A leader whose disk hangs is heard as ever, but can answer nobody. Others lead before long, and
   * all that clients want is done, while the disk still hangs. Where leaders do not look for a
   * quorum, one that its own disk has made deaf leads on: that is what looking is for.
   */
  private void goOnBesideAHungDisk() {
    if (!world.core().checkQuorum()) {
      return;
    }
    Optional<RuntimeNode> leading = awaitReplaceable();
    if (leading.isPresent()) {
      RuntimeNode hung = leading.get();
      world.counts().add(FaultKind.HUNG_LEADER);
      long alone = groups.stream().mapToLong(group -> uncommitted(group, hung)).sum();
      hung.hangDisk();
      within(
          "others lead than node " + hung.id() + ", whose disk hangs",
          HUNG_DISK_TIMEOUTS * world.core().electionTicks()
              + FIRST_WRITE_TICKS
              + HANDED_OVER_TICKS * alone,
          () -> groups.stream().allMatch(group -> isLedBeside(group, hung)));
      clientsGoOn();
      hung.diskGetsOn();
    }
  }

  private static long uncommitted(SimGroup group, RuntimeNode leading) {
    return leading
        .statusIfHere(group)
        .map(status -> status.lastIndex() - status.commitIndex())
        .orElse(0L);
  }

  /** A node that leads, as soon as all groups could do without it; if that is soon. */
  private Optional<RuntimeNode> awaitReplaceable() {
    AtomicReference<RuntimeNode> found = new AtomicReference<>();
    AtomicLong looked = new AtomicLong(-1);
    world
        .clock()
        .runUntil(
            world.clock().nowMicros() + world.ticks(CATCH_UP_TICKS),
            () -> {
              if (looked.getAndSet(world.changes()) == world.changes()) {
                return false;
              }
              nodes.stream().filter(node -> node.leaders().canBeReplaced()).forEach(found::set);
              return found.get() != null;
            });
    return Optional.ofNullable(found.get());
  }

  private boolean isLedBeside(SimGroup group, RuntimeNode hung) {
    return nodes.stream()
        .filter(node -> node != hung)
        .flatMap(node -> node.statusIfHere(group).stream())
        .anyMatch(status -> status.role() == RoleName.LEADER);
  }

  private void within(String what, BooleanSupplier holds) {
    long electionTicks = 2L * world.core().electionTicks() * ELECTION_ROUNDS;
    within(what, electionTicks + CATCH_UP_TICKS, holds);
  }

  private void within(String what, long ticks, BooleanSupplier holds) {
    long bound = world.ticks(ticks) * world.faults().slowestTickPercent() / 100;
    if (!world.clock().runUntil(world.clock().nowMicros() + bound, holds)) {
      StringBuilder text = new StringBuilder("LIVENESS: not within " + bound + " us: " + what);
      for (SimGroup group : groups) {
        nodes.forEach(
            node ->
                text.append("\n  ")
                    .append(group.id())
                    .append(" at ")
                    .append(node.id())
                    .append(": ")
                    .append(node.replicas().tenant(group))
                    .append(' ')
                    .append(node.statusIfHere(group)));
      }
      throw new AssertionError(text.toString());
    }
  }

  private boolean converged() {
    return clients.stream().allMatch(SimClient::idle)
        && nodes.stream().allMatch(node -> node.clients().hasAnswered())
        && groups.stream().allMatch(this::converged);
  }

  private boolean converged(SimGroup group) {
    GroupStatus leader = leader(group).orElse(null);
    if (leader == null || leader.membership().isJoint()) {
      return false;
    }
    return nodes.stream().allMatch(node -> node.replicas().isClean(group, leader.membership()))
        && members(group).allMatch(node -> sameAs(leader, node, group));
  }

  /** If there is one, and one only. */
  private Optional<GroupStatus> leader(SimGroup group) {
    List<GroupStatus> leaders =
        nodes.stream()
            .flatMap(node -> node.statusIfHere(group).stream())
            .filter(status -> status.role() == RoleName.LEADER)
            .toList();
    return leaders.size() == 1 ? Optional.of(leaders.get(0)) : Optional.empty();
  }

  private Stream<RuntimeNode> members(SimGroup group) {
    return leader(group).stream()
        .flatMap(status -> status.membership().everybody().stream())
        .map(member -> node((int) member.node()));
  }

  private static boolean sameAs(GroupStatus first, RuntimeNode node, SimGroup group) {
    GroupStatus status = node.status(group);
    return status.term() == first.term()
        && status.leader().isPresent()
        && status.leader().equals(first.leader())
        && status.membership().equals(first.membership())
        && status.commitIndex() == first.lastIndex()
        && status.lastIndex() == first.lastIndex()
        && node.replicas().state(group).applied() == first.lastIndex();
  }

  private void checkFinalState(SimGroup group) {
    List<SimState> states = new ArrayList<>();
    for (RuntimeNode node : members(group).toList()) {
      int replica = SimReplica.number(node.status(group).replica());
      group.properties().applied(replica, node.replicas().state(group));
      states.add(node.replicas().state(group));
    }
    group.record().requireLinearizable("seed-" + seed + "-" + group.id() + "-on-" + voters, states);
  }

  @Override
  public Trace trace() {
    return world.trace();
  }

  @Override
  public String toString() {
    return String.format(Locale.ROOT, "%s seed %d of %d: %s", kind, seed, voters, world.drawn());
  }
}
