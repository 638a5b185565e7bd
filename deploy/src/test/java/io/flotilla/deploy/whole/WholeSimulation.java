package io.flotilla.deploy.whole;

import io.flotilla.placement.model.ClusterView;
import io.flotilla.placement.plan.Policy;
import io.flotilla.placement.service.PlacementPolicy;
import io.flotilla.raft.core.CoreConfig;
import io.flotilla.raft.history.History;
import io.flotilla.raft.history.Linearizability;
import io.flotilla.raft.sim.Chance;
import io.flotilla.raft.sim.FaultSchedule;
import io.flotilla.raft.sim.Faults;
import io.flotilla.raft.sim.RunKind;
import io.flotilla.raft.sim.SimNetwork;
import io.flotilla.raft.sim.SimRun;
import io.flotilla.raft.sim.Simulation;
import io.flotilla.raft.sim.Trace;
import io.flotilla.raft.sim.WallClocks;
import io.flotilla.raft.sim.World;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * One run of a whole cluster: three members of placement, five nodes and a sixth that may come,
 * users and an operator, on one simulated clock. While faults happen that a seed draws, shards are
 * cut, moved and handed over, nodes drained, lost for good and added. What holds always is looked
 * at always ({@link Judges}); when the world was healed it has to come to rest ({@link Rest}), and
 * what users were told must be what one map in one memory could have told them. One thread; the
 * same seed gives the same run.
 */
final class WholeSimulation implements SimRun {
  static final RunKind KIND = new RunKind("whole", WholeSimulation::of);
  static final String CLUSTER = "whole";
  static final int KEYSPACES = 2;
  static final int NODES = 5;

  /**
   * Of a clock. A write is sent for 24 hours by the clock of its client, and log time is that of
   * the leader that was furthest ahead: they may be less than that apart.
   */
  private static final Duration WALL_CLOCK_WRONG_MAX = Duration.ofHours(11);

  /** Some day. */
  private static final long BEGIN_MILLIS = 1_800_000_000_000L;

  private static final int MEMBERS = 3;
  private static final int USERS = 2;
  private static final long TICK_MICROS = 100_000;
  private static final long FAULTS_MICROS = 30_000_000;

  /** What failed lately is tried again after ten minutes, and then again. */
  private static final long REST_MICROS = 25 * 60_000_000L;

  private final long seed;
  private final boolean readable;
  private final Path directory;
  private final World world;
  private final WallClocks wallClocks;
  private final SimNetwork<Runnable> network;
  private final PlacementPolicy policy;
  private final Judges judges;
  private final History history = new History();
  private final List<SimMember> members;
  private final List<SimNode> nodes;
  private final List<SimUser> users;
  private final Map<String, SimProcess> processes = new HashMap<>();
  private final FaultSchedule schedule;

  private WholeSimulation(long seed, boolean readable) {
    this.seed = seed;
    this.readable = readable;
    this.directory = newDirectory();
    Chance chance = new Chance(seed);
    Faults faults = faults(chance);
    int hosts = MEMBERS + NODES + 1 + USERS;
    this.world = new World(chance, faults, MEMBERS, hosts, readable);
    this.wallClocks = new WallClocks(world, new Chance(~seed), BEGIN_MILLIS, WALL_CLOCK_WRONG_MAX);
    this.network =
        new SimNetwork<>(
            world.clock(),
            chance.fork(),
            hosts,
            faults.network(),
            (from, to, arrival) -> arrival.run());
    network.countIn(world.counts());
    this.policy =
        new PlacementPolicy(
            3,
            chance.between(1, 3),
            chance.between(2_000, 3_000),
            chance.between(4_000, 10_000),
            chance.between(1_000, 3_000),
            Policy.DEFAULT);
    this.judges = new Judges(world);
    this.members = hosts(1, MEMBERS).mapToObj(id -> new SimMember(this, id)).toList();
    this.nodes = hosts(MEMBERS + 1, NODES + 1).mapToObj(id -> new SimNode(this, id)).toList();
    this.users =
        hosts(MEMBERS + NODES + 2, USERS).mapToObj(id -> new SimUser(this, id, history)).toList();
    Stream.of(members, nodes, users)
        .flatMap(List::stream)
        .forEach(process -> processes.put(process.address(), process));
    List<SimProcess> victims = new ArrayList<>(members);
    victims.addAll(nodes);
    this.schedule = new FaultSchedule(world, network, victims);
  }

  static WholeSimulation of(long seed) {
    return new WholeSimulation(seed, false);
  }

  private static IntStream hosts(int first, int count) {
    return IntStream.range(first, first + count);
  }

  /** Such as befall processes; limits of the core as they are delivered, but for small windows. */
  private static Faults faults(Chance chance) {
    Faults drawn = Faults.draw(chance);
    while (drawn.tickMicros() != TICK_MICROS) {
      drawn = Faults.draw(chance);
    }
    Faults.Process often = drawn.process();
    Faults.Process ours =
        new Faults.Process(
            often.partitionEvery(), often.crashEvery(), often.pauseEvery(), 0, 0, 0, 0, 0, 0);
    CoreConfig usual = CoreConfig.DEFAULT;
    CoreConfig core =
        new CoreConfig(
            usual.heartbeatTicks(),
            drawn.core().electionTicks(),
            usual.preVote(),
            usual.checkQuorum(),
            drawn.core().inflightMessages(),
            usual.inflightBytes(),
            drawn.core().appendBytesMax(),
            usual.uncommittedBytesMax(),
            drawn.core().promotionLagEntries());
    return new Faults(
        drawn.tickMicros(),
        drawn.network(),
        drawn.partitions(),
        ours,
        drawn.disk(),
        drawn.pace(),
        core);
  }

  private static Path newDirectory() {
    try {
      Path fast = Path.of("/dev/shm"); // in memory, where there is such a thing
      return Files.isWritable(fast)
          ? Files.createTempDirectory(fast, "flotilla-whole")
          : Files.createTempDirectory("flotilla-whole");
    } catch (IOException broken) {
      throw new UncheckedIOException(broken);
    }
  }

  @Override
  public WholeSimulation readable() {
    return new WholeSimulation(seed, true);
  }

  // ---- what its parts know of each other

  World world() {
    return world;
  }

  WallClocks wallClocks() {
    return wallClocks;
  }

  SimNetwork<Runnable> network() {
    return network;
  }

  PlacementPolicy policy() {
    return policy;
  }

  Path directory() {
    return directory;
  }

  Judges judges() {
    return judges;
  }

  List<SimMember> members() {
    return members;
  }

  SimMember member(int host) {
    return members.get(host - 1);
  }

  List<SimNode> nodes() {
    return nodes;
  }

  SimNode node(int host) {
    return nodes.get(host - 1 - MEMBERS);
  }

  /** Not there from the beginning. */
  SimNode spare() {
    return nodes.get(NODES);
  }

  List<SimUser> users() {
    return users;
  }

  /** By address. */
  SimProcess process(String address) {
    SimProcess process = processes.get(address);
    if (process == null) {
      throw new AssertionError("nobody ever listens at " + address);
    }
    return process;
  }

  List<String> placement() {
    return members.stream().map(SimProcess::address).toList();
  }

  SimConnections connections(SimProcess self, SimProcess.Life born) {
    return new SimConnections(world, network, self, born, this::process, judges::replied);
  }

  /** What the member knows that knows most. */
  Optional<ClusterView> newestView() {
    return members.stream()
        .flatMap(member -> member.view().stream())
        .max(Comparator.comparingLong(ClusterView::revision));
  }

  // ---- the run

  @Override
  public Simulation.Outcome run() {
    try {
      return runInDirectory();
    } finally {
      members.forEach(SimMember::close);
      nodes.forEach(SimNode::close);
      delete(directory);
    }
  }

  private Simulation.Outcome runInDirectory() {
    members.forEach(SimProcess::start);
    nodes.stream().filter(node -> node != spare()).forEach(SimProcess::start);
    users.forEach(SimProcess::start);
    Operator operator = new Operator(this, users.get(0).client().admin());
    if (world.chance().happens(0.8)) {
      calm();
      within("keyspaces are there", REST_MICROS, judges.owners()::isFounded);
      world.trace().add("faults", 0, 0, 0, () -> world.faults().toString());
      network.faults(world.drawn().network());
    }
    users.forEach(SimUser::startWork);
    schedule.start();
    operator.start();
    world.clock().runUntil(world.clock().nowMicros() + FAULTS_MICROS, () -> false);
    world.heal();
    calm();
    world.trace().add("healed", 0, 0, 0, () -> "");
    schedule.stop();
    wallClocks.stop();
    operator.stop();
    Rest rest = new Rest(this);
    rest.begin();
    usersGoOn();
    comesToRest(rest);
    users.forEach(SimUser::stopWork);
    within("every operation ends", REST_MICROS, () -> users.stream().allMatch(SimUser::isIdle));
    comesToRest(rest);
    rest.checkDigests();
    readAll();
    Linearizability.require(history.operations(), "whole-seed-" + seed);
    return outcome();
  }

  private void comesToRest(Rest rest) {
    long deadline = world.clock().nowMicros() + REST_MICROS;
    if (!world.clock().runUntil(deadline, rest::isReached)) {
      throw new AssertionError("LIVENESS: no rest: " + rest.missing() + new Picture(this));
    }
  }

  private void calm() {
    network.faults(world.drawn().healed().network());
  }

  private void usersGoOn() {
    long[] before = users.stream().mapToLong(SimUser::finished).toArray();
    within(
        "users go on",
        REST_MICROS,
        () ->
            IntStream.range(0, before.length)
                .allMatch(i -> users.get(i).finished() >= before[i] + 10));
  }

  /** No key is lost: what each holds in the end is part of the history. */
  private void readAll() {
    SimUser user = users.get(0);
    long before = user.finished();
    for (int key = 0; key < UserKeys.COUNT; key++) {
      user.read(key, () -> {});
    }
    within("all keys are read", REST_MICROS, () -> user.finished() == before + UserKeys.COUNT);
  }

  private void within(String what, long micros, BooleanSupplier holds) {
    if (!world.clock().runUntil(world.clock().nowMicros() + micros, holds)) {
      throw new AssertionError(
          "LIVENESS: not within " + micros + " us: " + what + new Picture(this));
    }
  }

  /** Of replicas, commits and terms there are here shards, revisions and digests compared. */
  private Simulation.Outcome outcome() {
    return new Simulation.Outcome(
        seed,
        judges.owners().shards(),
        world.clock().nowMicros(),
        world.clock().happened(),
        history.answered(),
        newestView().orElseThrow().revision(),
        judges.digests().compared(),
        1,
        world.counts(),
        world.trace().hash());
  }

  private static void delete(Path directory) {
    try (Stream<Path> all = Files.walk(directory)) {
      for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    } catch (IOException broken) {
      throw new UncheckedIOException(broken);
    }
  }

  @Override
  public Trace trace() {
    return world.trace();
  }

  @Override
  public String toString() {
    return String.format(
        Locale.ROOT, "whole seed %d%s: %s", seed, readable ? " again" : "", world.drawn());
  }
}
