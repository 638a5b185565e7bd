package io.flotilla.placement.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnknownFieldSet;
import io.flotilla.placement.model.ClusterView;
import io.flotilla.placement.model.Keyspace;
import io.flotilla.placement.model.Move;
import io.flotilla.placement.model.Partitioning;
import io.flotilla.placement.model.Replica;
import io.flotilla.placement.model.Shard;
import io.flotilla.placement.plan.KeyspacePlanner;
import io.flotilla.placement.plan.KeyspaceWish;
import io.flotilla.proto.map.Epoch;
import io.flotilla.proto.placement.BeginJobs;
import io.flotilla.proto.placement.PlacementCommand;
import io.flotilla.proto.placement.PlacementResult;
import io.flotilla.proto.placement.PlannedKeyspace;
import io.flotilla.proto.placement.RegisterNodeRequest;
import io.flotilla.raft.core.Entry;
import io.flotilla.raft.port.StateMachine.UnknownCommandException;
import io.flotilla.raft.state.Generation;
import io.flotilla.raft.state.Generations;
import io.flotilla.rpc.ErrorCode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.rocksdb.WriteBatch;

final class PlacementStateMachineTest extends OneStateMachine {
  @Test
  void handsOutOneIdForEachDataDirectory() throws Exception {
    assertThat(run(register("a", "h:1", 0)).getNode()).isEqualTo(1);
    assertThat(run(register("b", "h:2", 0)).getNode()).isEqualTo(2);
    PlacementResult moved = run(register("a", "h:9", 0));
    assertThat(moved.getNode()).isEqualTo(1);
    assertThat(moved.getRevision()).isEqualTo(3);
    assertThat(machine.view().nodes().get(1L).value().address()).isEqualTo("h:9");
    assertThat(machine.view().nodes().get(1L).revision()).isEqualTo(3);

    PlacementResult again = run(register("a", "h:9", 1));
    assertThat(again.getNode()).isEqualTo(1);
    assertThat(again.getRevision()).as("nothing changed").isEqualTo(3);
  }

  @Test
  void refusesAnIdThatBelongsToAnotherDirectory() throws Exception {
    run(register("a", "h:1", 0));
    assertRefused(register("b", "h:2", 1), Outcome.CONFLICT, "no node was registered");
    assertRefused(register("a", "h:2", 7), Outcome.CONFLICT, "belongs to node 1");
    assertRefused(register("c d", "h:2", 0), Outcome.INVALID, "incarnation 'c d'");
    assertRefused(register("c", "h", 0), Outcome.INVALID, "address 'h'");
    assertThat(machine.view().revision()).isEqualTo(1);
    assertThat(machine.view().nodes()).hasSize(1);
  }

  @Test
  void aMapThatWasReplacedGoesWithTheNextRound() throws Exception {
    run(adopt("mine"));
    Generation replaced = store.generations().allot();
    try (WriteBatch batch = new WriteBatch()) {
      batch.put(Generations.beginOf(replaced.number()), new byte[1]);
      store.write(batch);
    }
    replaced.retire();
    assertThat(store.generations().all()).contains(replaced.number());
    run(register("a", "h:1", 0));
    assertThat(store.generations().all()).containsExactly(Generations.INITIAL);
  }

  @Test
  void adoptsAClusterOnce() throws Exception {
    assertThat(run(adopt("mine")).getErrorCode()).isZero();
    assertThat(run(adopt("mine")).getRevision()).isEqualTo(1);
    assertRefused(adopt("other"), Outcome.CONFLICT, "this is cluster 'mine'");
    assertThat(machine.view().cluster()).isEqualTo("mine");
  }

  @Test
  void createsAPlannedKeyspace() throws Exception {
    registerNodes(3);
    PlacementResult created = run(create("default", 16));
    assertThat(created.getKeyspace().getId()).isEqualTo(Keyspace.DEFAULT.id());
    assertThat(run(create("mine", 4)).getKeyspace().getId()).isEqualTo(3);
    assertThat(run(create("redis", 4)).getKeyspace().getId()).isEqualTo(Keyspace.REDIS.id());
    assertThat(run(create("yours", 4)).getKeyspace().getId()).isEqualTo(4);
    ClusterView view = machine.view();
    assertThat(view.shards()).hasSize(28);
    assertThat(view.shards().lastKey()).isEqualTo(28);
    assertThat(view.freshIds().replica()).isEqualTo(28 * 3 + 1);
    assertThat(view.shardsSince(4)).extracting(Shard::keyspace).containsOnly(2, 3, 4);
  }

  @Test
  void refusesAPlanWhoseGroundHasMoved() throws Exception {
    registerNodes(3);
    PlannedKeyspace mine = create("mine", 4).getCreateKeyspace();
    PlannedKeyspace yours = create("yours", 4).getCreateKeyspace();
    assertThat(run(command(mine)).getErrorCode()).isZero();
    assertRefused(command(mine), Outcome.CONFLICT, "'mine' exists already");
    assertRefused(command(yours), Outcome.STALE, "planned at revision 3");
    PlannedKeyspace now = yours.toBuilder().setExpectedRevision(4).build();
    assertRefused(command(now), Outcome.STALE, "keyspace id 3");

    PlannedKeyspace fresh = create("yours", 4).getCreateKeyspace();
    PlannedKeyspace.Builder gap = fresh.toBuilder().removeShards(2);
    assertRefused(command(gap.build()), Outcome.STALE, "do not cover");
    PlannedKeyspace.Builder old = fresh.toBuilder();
    old.getShardsBuilder(0).setId(2);
    assertRefused(command(old.build()), Outcome.STALE, "shard id 2");
    PlannedKeyspace.Builder used = fresh.toBuilder();
    used.getShardsBuilder(0).setPreferredLeader(0).getReplicasBuilder(0).setReplica(1);
    assertRefused(command(used.build()), Outcome.STALE, "is not fresh");
    run(register("late", "h:44", 0));
    assertRefused(command(fresh), Outcome.STALE, "changed at 5");
    assertThat(run(create("yours", 4)).getErrorCode()).isZero();
  }

  @Test
  void aShardHasOneMoveAtATime() throws Exception {
    registerNodes(5);
    run(create("default", 2));
    Move first = new Move(0, 1, 1, new Replica(4, 7, Replica.Role.VOTER));
    PlacementResult begun = run(move(first));
    assertThat(begun.getErrorCode()).isZero();
    Move job = (Move) JobMessages.read(begun.getJobs(0));
    assertThat(run(move(job)).getJobsList()).as("the same wish").isEqualTo(begun.getJobsList());
    Replica another = new Replica(5, 8, Replica.Role.VOTER);
    assertRefused(move(new Move(0, 1, 2, another)), Outcome.CONFLICT, job.isInTheWay());
    assertRefused(move(new Move(0, 1, 1, another)), Outcome.STALE, job.isInTheWay());
    assertThat(machine.view().jobs()).containsExactly(Map.entry(1L, job));
    Shard second = machine.view().shards().get(2L).value();
    Replica elsewhere = new Replica(nodeWithout(second), 8, Replica.Role.VOTER);
    Move ofAnother = new Move(0, 2, second.replicas().get(0).id(), elsewhere);
    assertThat(run(move(ofAnother)).getErrorCode()).as("another shard").isZero();
  }

  private long nodeWithout(Shard shard) {
    return machine.view().nodes().keySet().stream()
        .filter(node -> shard.replicas().stream().noneMatch(replica -> replica.node() == node))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void aNewerDescriptorWins() throws Exception {
    registerNodes(3);
    run(create("default", 2));
    io.flotilla.proto.map.Shard shard = MapMessages.write(machine.view().shardsSince(0).get(0));
    PlacementResult same = run(changed(shard));
    assertThat(same.getRevision()).isEqualTo(4);
    PlacementResult newer = run(changed(withEpoch(shard, 1, 2)));
    assertThat(newer.getRevision()).isEqualTo(5);
    assertThat(run(changed(withEpoch(shard, 2, 1))).getRevision()).isEqualTo(6);
    assertThat(run(changed(withEpoch(shard, 1, 9))).getRevision()).as("older").isEqualTo(6);
    assertThat(machine.view().layoutRevision()).isEqualTo(4);
    assertThat(machine.view().shardsSince(4)).hasSize(1);
    assertRefused(changed(shard.toBuilder().setId(99).build()), Outcome.CONFLICT, "no shard 99");
  }

  @Test
  void stopsAtWhatItDoesNotKnow() {
    PlacementCommand nothing = PlacementCommand.getDefaultInstance();
    UnknownFieldSet newer =
        UnknownFieldSet.newBuilder()
            .addField(77, UnknownFieldSet.Field.newBuilder().addVarint(1).build())
            .build();
    PlacementCommand inside =
        PlacementCommand.newBuilder()
            .setRegisterNode(RegisterNodeRequest.newBuilder().setUnknownFields(newer))
            .build();
    PlannedKeyspace.Builder plan = PlannedKeyspace.newBuilder();
    plan.getKeyspaceBuilder().setPartitioningValue(9);
    for (byte[] payload :
        List.of(
            nothing.toByteArray(),
            inside.toByteArray(),
            command(plan.build()).toByteArray(),
            new byte[] {1, 2, 3})) {
      Entry entry = new Entry(1, 1, Entry.Kind.COMMAND, payload);
      try (PlacementRound round = store.newRound()) {
        assertThatThrownBy(() -> machine.apply(List.of(entry), round))
            .isInstanceOf(UnknownCommandException.class);
      }
    }
  }

  @Test
  void publishesOnlyWhatIsCommitted() throws Exception {
    AtomicInteger heard = new AtomicInteger();
    machine.onChange(heard::incrementAndGet);
    try (PlacementRound round = store.newRound()) {
      machine.apply(List.of(entry(1, register("a", "h:1", 0))), round);
      machine.apply(List.of(entry(2, register("b", "h:2", 0))), round);
      machine.apply(List.of(new Entry(3, 1, Entry.Kind.NO_OP, new byte[0])), round);
      assertThat(machine.view()).isEqualTo(ClusterView.EMPTY);
      assertThat(heard).hasValue(0);
      round.commit();
    }
    assertThat(machine.view().nodes()).hasSize(2);
    assertThat(heard.get()).isPositive();
    assertThat(machine.appliedIndex()).isEqualTo(3);
  }

  @Test
  void continuesFromWhatWasFlushed() throws Exception {
    registerNodes(4);
    run(create("default", 16));
    ClusterView before = machine.view();
    store.close();
    open();
    assertThat(machine.view()).isEqualTo(before);
    assertThat(machine.appliedIndex()).isEqualTo(5);
    assertThat(run(register("e", "h:5", 0)).getNode()).isEqualTo(5);
  }

  /** Whatever a crash leaves, replaying the log from there gives the same state and answers. */
  @Test
  void replaysToTheSameStateFromAnyPoint() throws Exception {
    List<PlacementResult> answers = new ArrayList<>();
    Random random = new Random(11);
    for (int i = 0; i < 60; i++) {
      answers.add(run(randomCommand(random, i)));
    }
    ClusterView expected = machine.view();
    List<Entry> history = List.copyOf(log);
    for (int crash = 0; crash <= history.size(); crash += 7) {
      Path other = directory.resolveSibling(directory.getFileName() + "-" + crash);
      PlacementStore first = new PlacementStore(other);
      applyAll(
          first,
          new PlacementStateMachine(first, Generations.INITIAL),
          history.subList(0, crash),
          random);
      if (random.nextBoolean()) {
        first.loseUnflushed();
      }
      first.close();
      PlacementStore second = new PlacementStore(other);
      PlacementStateMachine restarted = new PlacementStateMachine(second, Generations.INITIAL);
      int from = (int) restarted.appliedIndex();
      assertThat(from).isBetween(0, crash);
      List<PlacementResult> replayed =
          applyAll(second, restarted, history.subList(from, history.size()), random);
      assertThat(restarted.view()).isEqualTo(expected);
      assertThat(replayed).isEqualTo(answers.subList(from, answers.size()));
      second.close();
    }
  }

  private static List<PlacementResult> applyAll(
      PlacementStore store, PlacementStateMachine machine, List<Entry> entries, Random random)
      throws Exception {
    List<PlacementResult> results = new ArrayList<>();
    try (PlacementRound round = store.newRound()) {
      int at = 0;
      while (at < entries.size()) {
        int to = Math.min(entries.size(), at + 1 + random.nextInt(5));
        for (byte[] result : machine.apply(entries.subList(at, to), round)) {
          results.add(PlacementResult.parseFrom(result));
        }
        if (random.nextBoolean()) {
          round.commit();
        }
        at = to;
      }
      round.commit();
    }
    return results;
  }

  private PlacementCommand randomCommand(Random random, int i) {
    int kind = random.nextInt(10);
    if (kind < 4 || machine.view().nodes().size() < 3) {
      return register("n" + random.nextInt(12), "h:" + (1 + random.nextInt(9)), 0);
    }
    if (kind < 6 || machine.view().shards().isEmpty()) {
      return create("k" + i, 1 + random.nextInt(8));
    }
    List<Shard> shards = machine.view().shardsSince(0);
    Shard shard = shards.get(random.nextInt(shards.size()));
    return changed(
        withEpoch(MapMessages.write(shard), 1 + random.nextInt(4), 1 + random.nextInt(4)));
  }

  private void registerNodes(int count) throws Exception {
    for (int i = 1; i <= count; i++) {
      run(register("n" + i, "h:" + i, 0));
    }
  }

  private static PlacementCommand adopt(String cluster) {
    return PlacementCommand.newBuilder().setAdoptCluster(cluster).build();
  }

  private static PlacementCommand register(String incarnation, String address, long node) {
    return PlacementCommand.newBuilder()
        .setRegisterNode(
            RegisterNodeRequest.newBuilder()
                .setIncarnation(incarnation)
                .setAddress(address)
                .setNode(node))
        .build();
  }

  private PlacementCommand create(String name, int shards) {
    Partitioning partitioning = name.equals("redis") ? Partitioning.HASH : Partitioning.RANGE;
    KeyspaceWish wish = new KeyspaceWish(name, partitioning, shards, List.of(), 3);
    try {
      return command(MapMessages.write(KeyspacePlanner.plan(machine.view(), wish, Set.of())));
    } catch (io.flotilla.placement.plan.PlanRefusedException refused) {
      throw new AssertionError(refused);
    }
  }

  private static PlacementCommand command(PlannedKeyspace plan) {
    return PlacementCommand.newBuilder().setCreateKeyspace(plan).build();
  }

  private static PlacementCommand move(Move wish) {
    BeginJobs jobs = BeginJobs.newBuilder().addJobs(JobMessages.write(wish)).build();
    return PlacementCommand.newBuilder().setBeginJobs(jobs).build();
  }

  private static PlacementCommand changed(io.flotilla.proto.map.Shard shard) {
    return PlacementCommand.newBuilder().setShardChanged(shard).build();
  }

  private static io.flotilla.proto.map.Shard withEpoch(
      io.flotilla.proto.map.Shard shard, long version, long confVersion) {
    return shard.toBuilder()
        .setEpoch(Epoch.newBuilder().setVersion(version).setConfVersion(confVersion))
        .build();
  }

  @Test
  void outcomesHaveTheNumbersOfErrors() {
    assertThat(ErrorCode.of(Outcome.STALE.number())).isEqualTo(ErrorCode.STALE_EPOCH);
    assertThat(ErrorCode.of(Outcome.INVALID.number())).isEqualTo(ErrorCode.INVALID_REQUEST);
    assertThat(ErrorCode.of(Outcome.CONFLICT.number())).isEqualTo(ErrorCode.CONFLICT);
    assertThat(ErrorCode.of(Outcome.NOT_FOUND.number())).isEqualTo(ErrorCode.NOT_FOUND);
  }

  @Test
  void messagesReadBackAsTheyWereWritten() throws Exception {
    registerNodes(3);
    run(create("default", 3));
    for (Shard shard : machine.view().shardsSince(0)) {
      assertThat(MapMessages.read(MapMessages.write(shard))).isEqualTo(shard);
    }
    assertThat(MapMessages.read(ByteString.EMPTY).isEmpty()).isTrue();
  }
}
