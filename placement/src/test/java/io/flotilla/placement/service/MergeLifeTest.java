package io.flotilla.placement.service;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.placement.model.ClusterView;
import io.flotilla.placement.model.Job;
import io.flotilla.placement.model.KeyBytes;
import io.flotilla.placement.model.KeyRange;
import io.flotilla.placement.model.Partitioning;
import io.flotilla.placement.model.Shard;
import io.flotilla.placement.plan.KeyspacePlanner;
import io.flotilla.placement.plan.KeyspaceWish;
import io.flotilla.placement.plan.LoadView;
import io.flotilla.placement.plan.PlanRefusedException;
import io.flotilla.placement.plan.WishPlanner;
import io.flotilla.placement.store.JobMessages;
import io.flotilla.placement.store.MapMessages;
import io.flotilla.placement.store.PlacementRound;
import io.flotilla.placement.store.PlacementStateMachine;
import io.flotilla.placement.store.PlacementStore;
import io.flotilla.proto.map.Frozen;
import io.flotilla.proto.placement.BeginJobs;
import io.flotilla.proto.placement.EndJob;
import io.flotilla.proto.placement.JobEnd;
import io.flotilla.proto.placement.MergeOrder;
import io.flotilla.proto.placement.PlacementCommand;
import io.flotilla.proto.placement.PlacementResult;
import io.flotilla.proto.placement.RegisterNodeRequest;
import io.flotilla.proto.placement.ReportReply;
import io.flotilla.proto.placement.ReportRequest;
import io.flotilla.proto.placement.ShardReport;
import io.flotilla.proto.placement.SplitOrder;
import io.flotilla.raft.core.Entry;
import io.flotilla.raft.state.Generations;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Merges and splits from wish to end over groups that take orders as real ones do, with chance in
 * charge of all else: orders of a leader of placement that has long been deposed, reports that are
 * late, jobs that are cancelled, members that change. A group here knows what a real one would lose
 * data by: what was absorbed never serves again, and nothing is absorbed that is not frozen, with
 * all replicas settled.
 */
final class MergeLifeTest {
  private static final int STEPS = 500;
  private static final int KEYSPACE = 1;

  @TempDir Path directory;

  private final ReportTable reports = new ReportTable(1, 0);
  private final Orders orders = new Orders(reports, job -> false);
  private final List<ClusterView> views = new ArrayList<>();
  private final TreeMap<Long, Group> groups = new TreeMap<>();
  private PlacementStore store;
  private PlacementStateMachine machine;
  private int frozen;
  private int absorbed;
  private int thawed;

  static LongStream seeds() {
    return LongStream.rangeClosed(1, 25);
  }

  @BeforeEach
  void eightShardsOnThreeNodes() throws Exception {
    store = new PlacementStore(directory);
    machine = new PlacementStateMachine(store, Generations.INITIAL);
    for (int i = 1; i <= 3; i++) {
      run(
          PlacementCommand.newBuilder()
              .setRegisterNode(
                  RegisterNodeRequest.newBuilder().setIncarnation("n" + i).setAddress("h:1")));
    }
    KeyspaceWish wish = new KeyspaceWish("default", Partitioning.RANGE, 8, List.of(), 3);
    run(
        PlacementCommand.newBuilder()
            .setCreateKeyspace(
                MapMessages.write(KeyspacePlanner.plan(machine.view(), wish, Set.of()))));
    for (Shard shard : machine.view().shardsSince(0)) {
      groups.put(shard.id(), new Group(MapMessages.write(shard)));
    }
    groups.values().forEach(this::report);
  }

  @AfterEach
  void close() throws Exception {
    store.close();
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void nothingIsLostOrServedTwiceAndAllEndsWell(long seed) throws Exception {
    Random random = new Random(seed);
    for (int i = 0; i < STEPS; i++) {
      step(random);
    }
    for (int round = 0; !isAtRest(); round++) {
      assertThat(round).as("rounds until all is over: %s", machine.view().jobs()).isLessThan(50);
      for (Group group : List.copyOf(groups.values())) {
        group.settled = true;
        report(group);
      }
      deliver(machine.view(), 1 + round % 3);
    }
    assertThat(frozen).as("frozen").isGreaterThan(5);
    assertThat(absorbed).as("absorbed").isGreaterThan(0);
    assertThat(thawed).as("thawed").isGreaterThan(0);
    for (Shard shard : machine.view().shardsSince(0)) {
      assertThat(MapMessages.write(shard))
          .isEqualTo(group(shard.id()).now.toBuilder().clearCutOff().build());
    }
  }

  private void step(Random random) throws Exception {
    List<Group> all = List.copyOf(groups.values());
    Group group = all.get(random.nextInt(all.size()));
    ClusterView newest = machine.view();
    switch (random.nextInt(10)) {
      case 0, 1 -> wish(() -> planner().merge(group.id(), 0));
      case 2 -> {
        if (newest.shards().size() < 12) {
          wish(() -> planner().split(group.id(), KeyBytes.EMPTY));
        }
      }
      case 3 -> {
        if (random.nextInt(4) == 0) {
          giveUp(random);
        }
      }
      case 4 -> deliver(views.get(random.nextInt(views.size())), 1 + random.nextInt(3));
      case 5, 6 -> LongStream.rangeClosed(1, 3).forEach(node -> deliver(newest, node));
      case 7 -> group.settled = true;
      case 8 -> {
        if (random.nextInt(6) == 0) {
          group.changeMembers();
        }
      }
      default -> {
        report(group);
        report(all.get(random.nextInt(all.size())));
        report(all.get(random.nextInt(all.size())));
      }
    }
  }

  private WishPlanner planner() {
    Map<Long, LoadView.Health> health = new HashMap<>();
    machine.view().nodes().keySet().forEach(id -> health.put(id, LoadView.Health.STEADY));
    Map<Long, Long> leaders = new HashMap<>();
    machine
        .view()
        .shardsSince(0)
        .forEach(shard -> leaders.put(shard.id(), reports.leaderOf(shard.id()).getNode()));
    return new WishPlanner(machine.view(), new LoadView(true, health, leaders, Map.of(), Set.of()));
  }

  private interface Wish {
    Job plan() throws PlanRefusedException;
  }

  private void wish(Wish wish) throws Exception {
    Job job;
    try {
      job = wish.plan();
    } catch (PlanRefusedException refused) {
      return;
    }
    run(
        PlacementCommand.newBuilder()
            .setBeginJobs(BeginJobs.newBuilder().addJobs(JobMessages.write(job))));
  }

  private void giveUp(Random random) {
    List<Job> jobs = List.copyOf(machine.view().jobs().values());
    if (!jobs.isEmpty()) {
      giveUp(jobs.get(random.nextInt(jobs.size())).id());
    }
  }

  private void giveUp(long job) {
    run(
        PlacementCommand.newBuilder()
            .setEndJob(EndJob.newBuilder().setJob(job).setEnd(JobEnd.GIVEN_UP).setWhy("chance")));
  }

  /** Orders as whoever led placement when it had this view, from what it had heard, would give. */
  private void deliver(ClusterView view, long node) {
    ReportReply reply = orders.to(node, view);
    for (MergeOrder order : reply.getMergesList()) {
      group(order.getShard().getId()).take(order);
    }
    for (SplitOrder order : reply.getSplitsList()) {
      group(order.getShard().getId()).take(order);
    }
  }

  private void report(Group group) {
    ShardReport report =
        ShardReport.newBuilder()
            .setShard(group.id())
            .setLeader(true)
            .setTerm(1)
            .setEpoch(group.now.getEpoch())
            .setSettled(group.now.hasFrozen() && group.settled)
            .build();
    long node = group.now.getReplicas((int) (group.id() % 3)).getNode();
    reports.record(
        ReportRequest.newBuilder().setNode(node).addShards(report).build(), machine.view(), 1);
    if (machine.view().shards().containsKey(group.id())) {
      run(PlacementCommand.newBuilder().setShardChanged(group.now));
      machine.view().shards().keySet().forEach(reports::shardAppeared);
    }
  }

  private boolean isAtRest() {
    return machine.view().jobs().isEmpty()
        && groups.values().stream().allMatch(group -> group.absorbed || !group.now.hasFrozen())
        && machine.view().shards().keySet().equals(livingGroups())
        && machine.view().shardsSince(0).stream()
            .allMatch(
                shard ->
                    MapMessages.write(shard).getEpoch().equals(group(shard.id()).now.getEpoch()));
  }

  private Set<Long> livingGroups() {
    Set<Long> living = new HashSet<>(groups.keySet());
    living.removeIf(id -> group(id).absorbed);
    return living;
  }

  private Group group(long id) {
    Group group = groups.get(id);
    if (group == null) {
      throw new AssertionError("there is no group " + id);
    }
    return group;
  }

  private void run(PlacementCommand.Builder command) {
    Entry entry =
        new Entry(machine.appliedIndex() + 1, 1, Entry.Kind.COMMAND, command.build().toByteArray());
    try (PlacementRound round = store.newRound()) {
      PlacementResult result =
          PlacementResult.parseFrom(machine.apply(List.of(entry), round).get(0));
      round.commit();
      assertThat(command.hasShardChanged() ? result.getMessage() : "").isEmpty();
    } catch (Exception broken) {
      throw new AssertionError(broken);
    }
    views.add(machine.view());
    assertTiles();
    assertThat(machine.view().jobs().values().stream().flatMap(job -> job.shards().stream()))
        .as("one job at a time for each shard")
        .doesNotHaveDuplicates();
    machine
        .view()
        .jobs()
        .values()
        .forEach(job -> assertThat(machine.view().shards()).containsKeys(ids(job)));
  }

  private static Long[] ids(Job job) {
    return job.shards().toArray(Long[]::new);
  }

  private void assertTiles() {
    List<KeyRange> ranges =
        machine.view().shardsSince(0).stream()
            .map(Shard::range)
            .sorted((a, b) -> a.start().compareTo(b.start()))
            .toList();
    if (ranges.isEmpty()) {
      return;
    }
    KeyRange whole = machine.view().keyspaces().get(KEYSPACE).value().range();
    KeyBytes end = whole.start();
    for (KeyRange range : ranges) {
      assertThat(range.start()).isEqualTo(end);
      end = range.end();
    }
    assertThat(end).isEqualTo(whole.end());
  }

  /** A shard's group: its descriptor, and what its log takes. */
  private final class Group {
    private io.flotilla.proto.map.Shard now;
    private boolean settled;
    private boolean absorbed;

    Group(io.flotilla.proto.map.Shard now) {
      this.now = now;
    }

    long id() {
      return now.getId();
    }

    private io.flotilla.proto.map.Shard.Builder next(long version) {
      return now.toBuilder()
          .clearCutOff()
          .clearFrozen()
          .setEpoch(now.getEpoch().toBuilder().setVersion(version));
    }

    private io.flotilla.proto.map.Shard.Builder next() {
      return next(now.getEpoch().getVersion() + 1);
    }

    /** Any change of them: it moves the other number of the epoch. */
    void changeMembers() {
      if (!absorbed) {
        long conf = now.getEpoch().getConfVersion() + 1;
        now = now.toBuilder().setEpoch(now.getEpoch().toBuilder().setConfVersion(conf)).build();
      }
    }

    void take(SplitOrder order) {
      if (absorbed || now.hasFrozen() || !now.getEpoch().equals(order.getShard().getEpoch())) {
        return;
      }
      KeyBytes at =
          MapMessages.read(now.getStart()).followedBy(KeyBytes.of((byte) (now.getId() & 0x7f)));
      if (!MapMessages.read(now).range().canBeCutAt(at)) {
        giveUp(order.getJob());
        return;
      }
      io.flotilla.proto.map.Shard right =
          next()
              .setId(order.getNewShard())
              .setStart(MapMessages.write(at))
              .clearReplicas()
              .clearPreferredLeader()
              .addAllReplicas(order.getNewReplicasList())
              .build();
      now = next().setEnd(MapMessages.write(at)).addCutOff(right).build();
      groups.put(right.getId(), new Group(right));
    }

    void take(MergeOrder order) {
      if (!now.getEpoch().equals(order.getShard().getEpoch())) {
        return;
      }
      switch (order.getStep()) {
        case FREEZE -> freeze(order);
        case ABSORB -> absorb(order);
        case FENCE -> now = now.hasFrozen() || absorbed ? now : next().build();
        case THAW -> thaw();
        case UNRECOGNIZED -> throw new AssertionError(order);
      }
    }

    private void freeze(MergeOrder order) {
      if (now.hasFrozen()) {
        return;
      }
      frozen++;
      settled = false;
      now =
          next()
              .setFrozen(
                  Frozen.newBuilder()
                      .setInto(order.getOther().getId())
                      .setIntoEpoch(order.getOther().getEpoch())
                      .setIndex(frozen)
                      .addAllReplicas(now.getReplicasList()))
              .build();
    }

    private void absorb(MergeOrder order) {
      Group source = group(order.getOther().getId());
      boolean fits =
          order.getOther().getFrozen().getInto() == id()
              && order.getOther().getFrozen().getIntoEpoch().equals(now.getEpoch());
      if (absorbed || now.hasFrozen() || !fits) {
        return;
      }
      assertThat(source.absorbed).as("absorbed twice: %s", order).isFalse();
      assertThat(source.now.getFrozen()).as("%s", order).isEqualTo(order.getOther().getFrozen());
      assertThat(source.settled).as("settled: %s", order).isTrue();
      long version = 1 + Math.max(now.getEpoch().getVersion(), source.now.getEpoch().getVersion());
      boolean left = source.now.getEnd().equals(now.getStart());
      now =
          left
              ? next(version).setStart(source.now.getStart()).build()
              : next(version).setEnd(source.now.getEnd()).build();
      source.absorbed = true;
      MergeLifeTest.this.absorbed++;
    }

    private void thaw() {
      if (now.hasFrozen()) {
        assertThat(absorbed).as("serves again though it was absorbed: %s", now).isFalse();
        now = next().build();
        thawed++;
      }
    }
  }
}
