package io.flotilla.shard.report;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.flotilla.proto.kv.ChangeReply;
import io.flotilla.proto.kv.Command;
import io.flotilla.proto.map.Epoch;
import io.flotilla.proto.map.Replica;
import io.flotilla.proto.map.Shard;
import io.flotilla.proto.placement.JobRefusal;
import io.flotilla.proto.placement.MergeOrder;
import io.flotilla.proto.placement.MergeOrder.Step;
import io.flotilla.raft.core.Entry;
import io.flotilla.raft.core.GroupStatus.PeerState;
import io.flotilla.raft.core.GroupStatus.PeerStatus;
import io.flotilla.raft.core.GroupStatus.RoleName;
import io.flotilla.raft.core.Refusal;
import io.flotilla.raft.core.ReplicaId;
import io.flotilla.raft.port.StateMachine;
import io.flotilla.raft.runtime.GroupSpec;
import io.flotilla.raft.runtime.RaftException;
import io.flotilla.shard.host.HeldGroup;
import io.flotilla.shard.host.ShardHost;
import io.flotilla.shard.kv.KvRound;
import io.flotilla.shard.kv.KvStateMachine;
import io.flotilla.shard.kv.KvStore;
import io.flotilla.shard.kv.KvStoreConfig;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who obeys an order about a merge, how often, and what placement hears of it. */
class MergesTest {
  private static final long NODE = 2;
  private static final Shard TARGET = shard(8, "a", "g");
  private static final Shard SOURCE = shard(7, "g", "p");
  private static final MergeOrder FREEZE = order(5, Step.FREEZE, SOURCE, TARGET);

  @TempDir Path directory;
  private final Map<Long, HeldGroup> groups = new HashMap<>();
  private final Map<Long, KvStateMachine> states = new HashMap<>();
  private final Refused refused = new Refused();
  private final Control control =
      new Control(
          Control.newThread(),
          failure -> {
            throw new AssertionError(failure);
          });
  private KvStore store;
  private ShardHost host;
  private Merges merges;

  private static Shard shard(long id, String start, String end) {
    return Shard.newBuilder()
        .setId(id)
        .setKeyspace(1)
        .setStart(ByteString.copyFromUtf8(start))
        .setEnd(ByteString.copyFromUtf8(end))
        .setEpoch(Epoch.newBuilder().setVersion(1).setConfVersion(1))
        .addReplicas(Replica.newBuilder().setNode(1).setReplica(id * 10 + 1))
        .addReplicas(Replica.newBuilder().setNode(2).setReplica(id * 10 + 2))
        .build();
  }

  private static MergeOrder order(long job, Step step, Shard shard, Shard other) {
    return MergeOrder.newBuilder()
        .setJob(job)
        .setStep(step)
        .setShard(shard)
        .setOther(other)
        .build();
  }

  @BeforeEach
  void open() throws Exception {
    store = KvStore.open(directory, KvStoreConfig.DEFAULT);
    host =
        new ShardHost(
            NODE,
            store,
            this::openGroup,
            Runnable::run,
            failure -> {
              throw new AssertionError(failure);
            });
    host.offer(List.of(SOURCE, TARGET));
    groups.values().forEach(group -> group.role = RoleName.LEADER);
    merges = new Merges(host, new Proposals(control), refused);
  }

  @AfterEach
  void close() throws Exception {
    control.close();
    store.close();
  }

  private HeldGroup openGroup(GroupSpec spec, StateMachine<KvRound> state) {
    HeldGroup group = new HeldGroup();
    group.self = spec.self();
    group.membership = spec.initial();
    group.peers = List.of(peer(spec.id().value(), 40, true));
    groups.put(spec.id().value(), group);
    states.put(spec.id().value(), (KvStateMachine) state);
    return group;
  }

  /** The other replica, as its leader knows of it, whose log ends at 41. */
  private static PeerStatus peer(long shard, long applied, boolean heard) {
    ReplicaId other = new ReplicaId(shard * 10 + 1);
    return new PeerStatus(other, applied, applied, 1, PeerState.REPLICATE, heard);
  }

  private void follows(long applied, boolean heard) {
    groups.get(7L).peers = List.of(peer(7, applied, heard));
  }

  /** On the control thread, after all that was put there before. */
  private void obey(MergeOrder... orders) {
    CompletableFuture<Void> done = new CompletableFuture<>();
    control.run(
        () -> {
          merges.obey(List.of(orders));
          done.complete(null);
        });
    done.join();
  }

  private List<byte[]> proposed(long shard) {
    return groups.get(shard).proposed;
  }

  private CompletableFuture<byte[]> answer(long shard) {
    List<CompletableFuture<byte[]>> answers = groups.get(shard).answers;
    return answers.get(answers.size() - 1);
  }

  private void answer(long shard, String refusal) {
    answer(shard).complete(ChangeReply.newBuilder().setRefusal(refusal).build().toByteArray());
  }

  @Test
  void whoLeadsTakesTheStepOnceAtATime() throws Exception {
    obey(FREEZE);
    obey(FREEZE);
    assertThat(proposed(7)).hasSize(1);
    assertThat(Command.parseFrom(proposed(7).get(0)).getFreeze().getInto()).isEqualTo(8);
    answer(7, "");
    obey(FREEZE);
    assertThat(proposed(7)).as("until the shard's next version is reported").hasSize(2);
    assertThat(refused.unheard()).isEmpty();
  }

  /** Its keys would be served by nobody until the last replica has come so far. */
  @Test
  void noShardIsFrozenWhileOneOfItsReplicasIsBehindOrAway() {
    follows(41 - 257, true);
    obey(FREEZE);
    follows(41, false);
    obey(FREEZE);
    groups.get(7L).peers = List.of();
    obey(FREEZE);
    assertThat(proposed(7)).isEmpty();
    assertThat(refused.unheard()).as("it may come").isEmpty();
    follows(41 - 256, true);
    obey(FREEZE);
    assertThat(proposed(7)).hasSize(1);
  }

  @Test
  void whoDoesNotLeadDoesNothing() {
    groups.get(7L).role = RoleName.FOLLOWER;
    obey(FREEZE);
    obey(order(5, Step.FREEZE, shard(9, "p", ""), SOURCE));
    assertThat(proposed(7)).isEmpty();
    assertThat(refused.unheard()).isEmpty();
  }

  @Test
  void whatCouldNotBeDoneNowIsTriedAgain() {
    obey(FREEZE);
    answer(7).completeExceptionally(RaftException.refused(new Refusal.NotLeader(Optional.empty())));
    obey(FREEZE);
    assertThat(proposed(7)).hasSize(2);
    answer(7).completeExceptionally(RaftException.unknownOutcome("lost"));
    obey(FREEZE);
    assertThat(proposed(7)).hasSize(3);
    assertThat(refused.unheard()).isEmpty();
  }

  @Test
  void whatNeverCanBeDoneIsToldOfTheJobIfThereIsOne() {
    obey(order(0, Step.THAW, SOURCE, TARGET));
    assertThat(proposed(7)).isEmpty();
    assertThat(refused.unheard()).as("of no job").isEmpty();
    obey(FREEZE);
    answer(7, "it was to be frozen at another version");
    obey(FREEZE);
    assertThat(proposed(7)).as("not again before it was heard").hasSize(1);
    assertThat(refused.unheard())
        .containsExactly(
            JobRefusal.newBuilder()
                .setJob(5)
                .setWhy("it was to be frozen at another version")
                .build());
  }

  @Test
  void anOrderOfAnotherEpochWaitsForNewsAndIsNeverProposed() {
    Shard later =
        SOURCE.toBuilder().setEpoch(Epoch.newBuilder().setVersion(2).setConfVersion(1)).build();
    obey(order(5, Step.FREEZE, later, TARGET));
    obey(order(5, Step.FENCE, later, TARGET));
    assertThat(proposed(7)).isEmpty();
    assertThat(refused.unheard()).isEmpty();
  }

  /** Where it is not, absorbing it would end the process of the node. */
  @Test
  void nobodyAbsorbsWhatIsNotFrozenHereForGood() throws Exception {
    obey(FREEZE);
    apply(7, proposed(7).get(0));
    Shard frozen = states.get(7L).shard();
    assertThat(frozen.hasFrozen()).isTrue();
    MergeOrder absorb = order(5, Step.ABSORB, TARGET, frozen);
    groups.get(7L).durablyApplied = frozen.getFrozen().getIndex() - 1;
    obey(absorb);
    assertThat(proposed(8)).isEmpty();
    assertThat(refused.unheard()).as("it may yet be").isEmpty();
    groups.get(7L).durablyApplied++;
    Shard otherwise =
        frozen.toBuilder().setFrozen(frozen.getFrozen().toBuilder().setIndex(77)).build();
    obey(order(5, Step.ABSORB, TARGET, otherwise));
    assertThat(proposed(8)).isEmpty();
    obey(absorb);
    assertThat(proposed(8)).hasSize(1);
    assertThat(Command.parseFrom(proposed(8).get(0)).getAbsorb().getSource()).isEqualTo(frozen);
  }

  private void apply(long shard, byte[] command) throws Exception {
    KvStateMachine state = states.get(shard);
    try (KvRound round = store.newRound()) {
      state.apply(
          List.of(new Entry(state.appliedIndex() + 1, 2, Entry.Kind.COMMAND, command)), round);
      round.commit();
    }
  }
}
