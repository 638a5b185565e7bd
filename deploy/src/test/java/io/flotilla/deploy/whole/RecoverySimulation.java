package io.flotilla.deploy.whole;

import com.google.protobuf.ByteString;
import io.flotilla.placement.model.ClusterView;
import io.flotilla.placement.plan.Policy;
import io.flotilla.placement.service.PlacementPolicy;
import io.flotilla.placement.store.MapMessages;
import io.flotilla.proto.map.Partitioning;
import io.flotilla.raft.history.Action;
import io.flotilla.raft.history.Linearizability;
import io.flotilla.raft.history.Operation;
import io.flotilla.raft.runtime.SnapshotFetchConfig;
import io.flotilla.raft.sim.Chance;
import io.flotilla.raft.sim.FaultKind;
import io.flotilla.raft.sim.FaultSchedule;
import io.flotilla.raft.sim.RunKind;
import io.flotilla.raft.sim.SimRun;
import io.flotilla.raft.sim.Simulation;
import io.flotilla.raft.sim.Trace;
import io.flotilla.raft.sim.WallClocks;
import io.flotilla.raft.sim.World;
import io.flotilla.router.client.AdminClient;
import io.flotilla.router.client.KvClient;
import io.flotilla.router.map.KeyCodec;
import io.flotilla.shard.kv.KeyRange;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * One run of a {@link WholeCluster} that loses the majority of some of its shards for good, while
 * users and an operator are at work, and is recovered by another: by {@code shard recover
 * --unsafe}. In one run of three, shards have five replicas, and so two of a lost one are left.
 * What holds always is looked at always ({@link Judges}, {@link LostPasts}); shards that have lost
 * nothing show nothing of it, of the others see {@link LossyHistory}; in the end the cluster has to
 * come to rest ({@link Rest}). One thread; the same seed gives the same run.
 */
final class RecoverySimulation implements SimRun {
  static final RunKind KIND = new RunKind("recovery", RecoverySimulation::of);

  private static final Duration WALL_CLOCK_WRONG_MAX = Duration.ofHours(11);
  private static final int USERS = 2;
  private static final double DIGESTED = 0.02;
  private static final long BEFORE_MICROS = 8_000_000;
  private static final long RETAINED_BYTES_MAX = 16 << 20;
  private static final long REST_MICROS = 25 * 60_000_000L;

  /** Until the lost are taken for dead, all that is left was reported, and has been recovered. */
  private static final long RECOVERED_MICROS = 3 * 60_000_000L;

  private static final long LATER_MICROS_MAX = 10_000_000;
  private static final long RESTART_MICROS = 3_000_000;

  private final long seed;
  private final boolean readable;
  private final WholeCluster whole;
  private final World world;
  private final Chance chance;
  private final List<UserWork> work;
  private final FaultSchedule schedule;
  private final Set<Integer> answered = new HashSet<>();

  private RecoverySimulation(long seed, boolean readable) {
    this.seed = seed;
    this.readable = readable;
    Chance drawn = new Chance(seed);
    boolean many = seed % 3 == 0;
    ClusterPlan plan =
        new ClusterPlan(
            many ? 8 : 6,
            USERS,
            WholeSimulation.faults(drawn),
            SnapshotFetchConfig.DEFAULT,
            new Draws(many ? 5 : 3),
            of ->
                new WallClocks(
                    of, new Chance(~seed), WholeCluster.BEGIN_MILLIS, WALL_CLOCK_WRONG_MAX),
            DIGESTED);
    this.whole = new WholeCluster(plan, drawn, readable);
    this.world = whole.world();
    this.chance = world.chance().fork();
    this.work = whole.users().stream().map(UserWork::ofWhoForgets).toList();
    this.schedule = whole.faultSchedule();
  }

  static RecoverySimulation of(long seed) {
    return new RecoverySimulation(seed, false);
  }

  /** Nobody who only restarts or is cut off for a while is taken for dead. */
  private record Draws(int replicas) implements ClusterPlan.Draws {
    @Override
    public PlacementPolicy policy(Chance chance) {
      return new PlacementPolicy(
          replicas,
          chance.between(1, 3),
          chance.between(2_000, 3_000),
          chance.between(10_000, 14_000),
          chance.between(1_000, 3_000),
          Policy.DEFAULT);
    }

    @Override
    public long logRetainBytes(Chance chance) {
      return chance.oneOf(1_000L, 20_000L, RETAINED_BYTES_MAX);
    }
  }

  @Override
  public RecoverySimulation readable() {
    return new RecoverySimulation(seed, true);
  }

  @Override
  public Simulation.Outcome run() {
    try (whole) {
      return runInDirectory();
    }
  }

  private Simulation.Outcome runInDirectory() {
    AdminClient admin = begin();
    Operator operator = new Operator(whole, whole.nodes().get(0), admin);
    operator.neverWants(
        EnumSet.of(Operator.Wish.NODE_DIES, Operator.Wish.NODE_JOINS, Operator.Wish.DRAIN));
    work.forEach(UserWork::start);
    schedule.start();
    operator.start();
    whole.within(BEFORE_MICROS, () -> false);
    schedule.stop();
    whole.within(chance.between(1, 3_000_000), () -> false);
    Loss loss = new Loss(whole, admin);
    loss.happen();
    if (chance.happens(0.5)) {
      operator.stop();
    }
    Rescuer rescuer = new Rescuer(whole, admin);
    rescue(rescuer, loss.lost());
    operator.stop();
    Set<Integer> keys = answering(rescuer);
    keysAnswer(keys);
    boolean all = rescuer.beyond().isEmpty();
    if (all) {
      afterwards(rescuer, loss.lost());
    }
    rescuer.count();
    end(all);
    keysAnswer(keys);
    checkHistory();
    return whole.outcome(seed);
  }

  private AdminClient begin() {
    whole.repeatLateOrders();
    whole.members().forEach(SimProcess::start);
    whole.nodes().forEach(SimProcess::start);
    whole.users().forEach(SimProcess::start);
    whole.calm();
    whole.within("keyspaces are there", REST_MICROS, whole.judges().owners()::isFounded);
    whole.network().faults(world.drawn().network());
    return whole.users().get(0).client().admin();
  }

  /** While placement's leader, and what is left of a shard, may begin anew. */
  private void rescue(Rescuer rescuer, List<SimNode> lost) {
    if (chance.happens(0.5)) {
      later(
          15_000_000,
          () -> whole.members().stream().filter(SimMember::leads).forEach(this::restart));
    }
    if (chance.happens(0.5)) {
      List<SimNode> left = whole.nodes().stream().filter(node -> !lost.contains(node)).toList();
      later(20_000_000, () -> restart(left.get(chance.below(left.size()))));
    }
    rescuer.begin();
    if (!whole.within(RECOVERED_MICROS, rescuer::isOver)) {
      throw new AssertionError(
          "LIVENESS: not recovered: " + rescuer.obstacles() + new Picture(whole));
    }
  }

  private void later(long microsMax, Runnable action) {
    world.clock().after(chance.between(1, microsMax), action);
  }

  /** It is down for less than {@link #RESTART_MICROS}. */
  private void restart(SimProcess process) {
    if (process.isUp()) {
      world.counts().add(FaultKind.CRASH);
      process.crash();
      later(2_000_000, process::start);
    }
  }

  /** The lost are removed, but for one that may come back before; or it comes back after. */
  private void afterwards(Rescuer rescuer, List<SimNode> lost) {
    SimNode back = lost.get(chance.below(lost.size()));
    int when = chance.below(3);
    if (when == 0) {
      comeBack(back);
    }
    List<SimNode> gone = lost.stream().filter(SimNode::isDead).toList();
    gone.forEach(rescuer::remove);
    whole.within(
        "the lost are removed", REST_MICROS, () -> gone.stream().allMatch(rescuer::hasRemoved));
    if (when == 1) {
      comeBack(back);
      whole.within("who was removed ends", REST_MICROS, back::isDead);
    }
    beginAnew();
  }

  /**
   * One after the other, when shards have several replicas again: what is old stays without effect.
   */
  private void beginAnew() {
    whole.within(chance.between(1, LATER_MICROS_MAX), () -> false);
    List<SimProcess> all = new ArrayList<>(whole.members());
    all.addAll(whole.nodes());
    for (SimProcess process : all) {
      restart(process);
      whole.within(RESTART_MICROS, () -> false);
    }
  }

  private void comeBack(SimNode node) {
    world.counts().add(FaultKind.COMEBACK);
    world.trace().add("back", node.id(), node.node(), 0, node::address);
    node.comeBack();
  }

  private void end(boolean all) {
    world.heal();
    whole.calm();
    world.trace().add("healed", 0, 0, 0, () -> "");
    whole.members().forEach(SimMember::heal);
    whole.nodes().forEach(SimNode::heal);
    whole.wallClocks().stop();
    Rest rest = new Rest(whole);
    if (all) {
      rest.begin();
      whole.awaitMore("users go on", REST_MICROS, whole.users(), SimUser::finished, 10);
      rest.await(REST_MICROS);
    }
    work.forEach(UserWork::stop);
    whole.within("every operation ends", REST_MICROS, whole::usersAreIdle);
    if (all) {
      rest.await(REST_MICROS);
      rest.checkDigests();
    }
  }

  /** Those whose shard could be recovered, or need not. */
  private Set<Integer> answering(Rescuer rescuer) {
    ClusterView view = whole.newestView().orElseThrow();
    List<KeyRange> silent =
        rescuer.beyond().stream()
            .map(shard -> KeyRange.of(MapMessages.write(view.shard(shard).orElseThrow())))
            .toList();
    return IntStream.range(0, UserKeys.COUNT)
        .filter(key -> silent.stream().noneMatch(range -> range.contains(encoded(key))))
        .boxed()
        .collect(Collectors.toSet());
  }

  /** Each of these is read, as often as that takes. */
  private void keysAnswer(Set<Integer> keys) {
    answered.clear();
    keys.forEach(this::read);
    whole.within("keys answer", REST_MICROS, () -> answered.equals(keys));
  }

  private void read(int key) {
    SimUser user = whole.users().get(0);
    KvClient keys = user.client().keyspace("default");
    user.perform(
        keys,
        UserKeys.name(key),
        UserKeys.key(key),
        new Action.Get(),
        told ->
            told.ifPresentOrElse(
                found -> answered.add(key), () -> later(1_000_000, () -> read(key))));
  }

  private void checkHistory() {
    Map<String, List<Operation>> keys =
        whole.history().operations().stream()
            .collect(Collectors.groupingBy(Operation::key, TreeMap::new, Collectors.toList()));
    for (int key = 0; key < UserKeys.COUNT; key++) {
      List<Operation> own = keys.getOrDefault(UserKeys.name(key), List.of());
      String name = "recovery-seed-" + seed + "-" + UserKeys.name(key);
      OptionalLong givenUp = whole.judges().owners().pasts().givenUp(encoded(key));
      if (givenUp.isEmpty() || own.isEmpty()) {
        Linearizability.require(own, name);
      } else {
        new LossyHistory(own, givenUp.getAsLong(), name).require();
      }
    }
  }

  private static ByteString encoded(int key) {
    return new KeyCodec(1, Partitioning.RANGE)
        .encode(ByteString.copyFrom(UserKeys.key(key).toByteArray()));
  }

  @Override
  public Trace trace() {
    return world.trace();
  }

  @Override
  public String toString() {
    return String.format(
        Locale.ROOT, "recovery seed %d%s: %s", seed, readable ? " again" : "", world.drawn());
  }
}
