package io.flotilla.deploy.whole;

import io.flotilla.placement.plan.Policy;
import io.flotilla.placement.service.PlacementPolicy;
import io.flotilla.raft.core.CoreConfig;
import io.flotilla.raft.history.Linearizability;
import io.flotilla.raft.runtime.SnapshotFetchConfig;
import io.flotilla.raft.sim.Chance;
import io.flotilla.raft.sim.FaultSchedule;
import io.flotilla.raft.sim.Faults;
import io.flotilla.raft.sim.RunKind;
import io.flotilla.raft.sim.SimRun;
import io.flotilla.raft.sim.Simulation;
import io.flotilla.raft.sim.Trace;
import io.flotilla.raft.sim.WallClocks;
import io.flotilla.raft.sim.World;
import java.time.Duration;
import java.util.List;
import java.util.Locale;

/**
 * One run of a {@link WholeCluster}: three members of placement, five nodes and a sixth that may
 * come, users and an operator; in two runs of five a {@link Housekeeper} as well. In one run of
 * three, shards begin with fewer replicas than are asked for. While faults happen that a seed
 * draws, shards are cut, moved and handed over, nodes drained, lost for good and added. What holds
 * always is looked at always ({@link Judges}); when the world was healed it has to come to rest
 * ({@link Rest}), and what users were told must be what one map in one memory could have told them,
 * and no session may have been shown less than before. One thread; the same seed gives the same
 * run.
 */
final class WholeSimulation implements SimRun {
  static final RunKind KIND = new RunKind("whole", WholeSimulation::of);

  /** Of which one more is not there from the beginning. */
  static final int NODES = 5;

  /**
   * Of a clock. A write is sent for 24 hours by the clock of its client, and log time is that of
   * the leader that was furthest ahead: they may be less than that apart.
   */
  private static final Duration WALL_CLOCK_WRONG_MAX = Duration.ofHours(11);

  private static final int USERS = 2;
  private static final double DIGESTED = 0.02;
  private static final long FAULTS_MICROS = 30_000_000;
  private static final long RETAINED_BYTES_MAX = 16 << 20;

  /** What failed lately is tried again after ten minutes, and then again. */
  private static final long REST_MICROS = 25 * 60_000_000L;

  private final long seed;
  private final boolean readable;
  private final WholeCluster whole;
  private final World world;
  private final List<UserWork> work;
  private final FaultSchedule schedule;

  private WholeSimulation(long seed, boolean readable) {
    this.seed = seed;
    this.readable = readable;
    Chance chance = new Chance(seed);
    ClusterPlan plan =
        new ClusterPlan(
            NODES + 1,
            USERS,
            faults(chance),
            SnapshotFetchConfig.DEFAULT,
            new Draws(),
            of ->
                new WallClocks(
                    of, new Chance(~seed), WholeCluster.BEGIN_MILLIS, WALL_CLOCK_WRONG_MAX),
            DIGESTED);
    this.whole = new WholeCluster(plan, chance, readable);
    this.world = whole.world();
    SeenByUsers seen = new SeenByUsers();
    this.work = whole.users().stream().map(user -> new UserWork(user, seen)).toList();
    this.schedule = whole.faultSchedule();
  }

  static WholeSimulation of(long seed) {
    return new WholeSimulation(seed, false);
  }

  private static final class Draws implements ClusterPlan.Draws {
    @Override
    public PlacementPolicy policy(Chance chance) {
      return new PlacementPolicy(
          3,
          chance.between(1, 3),
          chance.between(2_000, 3_000),
          chance.between(4_000, 10_000),
          chance.between(1_000, 3_000),
          Policy.DEFAULT);
    }

    @Override
    public long logRetainBytes(Chance chance) {
      return chance.oneOf(1_000L, 20_000L, RETAINED_BYTES_MAX);
    }
  }

  /** Such as befall processes; limits of the core as they are delivered, but for small windows. */
  static Faults faults(Chance chance) {
    Faults drawn = Faults.draw(chance);
    while (drawn.tickMicros() != WholeCluster.TICK_MICROS) {
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

  @Override
  public WholeSimulation readable() {
    return new WholeSimulation(seed, true);
  }

  @Override
  public Simulation.Outcome run() {
    try (whole) {
      return runInDirectory();
    }
  }

  private Simulation.Outcome runInDirectory() {
    SimNode spare = whole.nodes().get(NODES);
    whole.members().forEach(SimProcess::start);
    if (beginsShort()) {
      whole.calm();
      whole.nodes().subList(0, ShortFounding.NODES).forEach(SimProcess::start);
      new ShortFounding(whole, new Chance(seed)).begin();
      whole.within("few replicas are there", REST_MICROS, whole.judges().owners()::isFounded);
      whole.network().faults(world.drawn().network());
    }
    whole.nodes().stream().filter(node -> node != spare).forEach(SimProcess::start);
    whole.users().forEach(SimProcess::start);
    Operator operator = new Operator(whole, spare, whole.users().get(0).client().admin());
    Housekeeper housekeeper = new Housekeeper(whole, seed, whole.users().get(1).client().admin());
    if (world.chance().happens(0.8)) {
      whole.calm();
      whole.within("keyspaces are there", REST_MICROS, whole.judges().owners()::isFounded);
      world.trace().add("faults", 0, 0, 0, () -> world.faults().toString());
      whole.network().faults(world.drawn().network());
    }
    work.forEach(UserWork::start);
    schedule.start();
    operator.start();
    housekeeper.start();
    whole.within(FAULTS_MICROS, () -> false);
    world.heal();
    whole.calm();
    world.trace().add("healed", 0, 0, 0, () -> "");
    schedule.stop();
    whole.wallClocks().stop();
    operator.stop();
    housekeeper.stop();
    whole.within("balance is on", REST_MICROS, housekeeper::isTidy);
    Rest rest = new Rest(whole);
    rest.begin();
    whole.awaitMore("users go on", REST_MICROS, whole.users(), SimUser::finished, 10);
    rest.await(REST_MICROS);
    work.forEach(UserWork::stop);
    whole.within("every operation ends", REST_MICROS, whole::usersAreIdle);
    rest.await(REST_MICROS);
    rest.checkDigests();
    readAll();
    Linearizability.require(whole.history().operations(), "whole-seed-" + seed);
    return whole.outcome(seed);
  }

  /** Whether shards have fewer replicas at first than are asked for. */
  private boolean beginsShort() {
    return seed % 3 == 0;
  }

  /** No key is lost: what each holds in the end is part of the history, however it is asked for. */
  private void readAll() {
    work.get(0).readAll();
    work.get(1).scanAll();
    whole.within("all keys are read", REST_MICROS, whole::usersAreIdle);
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
