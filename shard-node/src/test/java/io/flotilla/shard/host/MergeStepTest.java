package io.flotilla.shard.host;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.flotilla.proto.kv.AbsorbEntry;
import io.flotilla.proto.kv.Command;
import io.flotilla.proto.kv.FenceEntry;
import io.flotilla.proto.kv.FreezeEntry;
import io.flotilla.proto.kv.ThawEntry;
import io.flotilla.proto.map.Epoch;
import io.flotilla.proto.map.Frozen;
import io.flotilla.proto.map.Replica;
import io.flotilla.proto.map.ReplicaRole;
import io.flotilla.proto.map.Shard;
import io.flotilla.proto.placement.MergeOrder;
import io.flotilla.proto.placement.MergeOrder.Step;
import org.junit.jupiter.api.Test;

/** What is made of orders about merges, right ones, late ones, and ones that never can be. */
class MergeStepTest {
  private static final Shard TARGET = shard(8, "a", "g", 4);
  private static final Shard SOURCE = shard(7, "g", "p", 5);

  private static final Shard FROZEN =
      SOURCE.toBuilder()
          .setEpoch(epoch(6, 1))
          .setFrozen(
              Frozen.newBuilder()
                  .setInto(8)
                  .setIntoEpoch(TARGET.getEpoch())
                  .setIndex(33)
                  .addAllReplicas(SOURCE.getReplicasList()))
          .build();

  private static Shard shard(long id, String start, String end, long version) {
    return Shard.newBuilder()
        .setId(id)
        .setKeyspace(1)
        .setStart(ByteString.copyFromUtf8(start))
        .setEnd(ByteString.copyFromUtf8(end))
        .setEpoch(epoch(version, 1))
        .addReplicas(Replica.newBuilder().setNode(1).setReplica(id * 10 + 1))
        .addReplicas(Replica.newBuilder().setNode(2).setReplica(id * 10 + 2))
        .build();
  }

  private static Epoch epoch(long version, long confVersion) {
    return Epoch.newBuilder().setVersion(version).setConfVersion(confVersion).build();
  }

  private static MergeOrder order(Step step, Shard shard, Shard other) {
    return MergeOrder.newBuilder().setJob(3).setStep(step).setShard(shard).setOther(other).build();
  }

  private static void assertProposed(MergeStep step, Command.Builder entry) {
    assertThat(step.refusal()).isEmpty();
    assertThat(step.entry()).contains(entry.build());
  }

  private static void assertRefused(MergeStep step, String why) {
    assertThat(step.entry()).isEmpty();
    assertThat(step.refusal()).hasValueSatisfying(said -> assertThat(said).contains(why));
  }

  @Test
  void eachStepNamesTheEpochThatTheOrderDoes() {
    assertProposed(
        MergeStep.next(SOURCE, order(Step.FREEZE, SOURCE, TARGET)),
        Command.newBuilder()
            .setFreeze(
                FreezeEntry.newBuilder()
                    .setExpected(SOURCE.getEpoch())
                    .setInto(8)
                    .setIntoEpoch(TARGET.getEpoch())));
    assertProposed(
        MergeStep.next(TARGET, order(Step.ABSORB, TARGET, FROZEN)),
        Command.newBuilder()
            .setAbsorb(AbsorbEntry.newBuilder().setExpected(TARGET.getEpoch()).setSource(FROZEN)));
    assertProposed(
        MergeStep.next(TARGET, order(Step.FENCE, TARGET, Shard.getDefaultInstance())),
        Command.newBuilder().setFence(FenceEntry.newBuilder().setExpected(TARGET.getEpoch())));
    assertProposed(
        MergeStep.next(FROZEN, order(Step.THAW, FROZEN, Shard.getDefaultInstance())),
        Command.newBuilder().setThaw(ThawEntry.newBuilder().setExpected(FROZEN.getEpoch())));
  }

  /** It was obeyed already, or something else has happened: the report says so. */
  @Test
  void anOrderOfAnotherEpochIsNoOrder() {
    for (Epoch now : new Epoch[] {epoch(5, 2), epoch(6, 1), epoch(3, 1)}) {
      Shard source = SOURCE.toBuilder().setEpoch(now).build();
      Shard target = TARGET.toBuilder().setEpoch(now).build();
      for (MergeStep step :
          new MergeStep[] {
            MergeStep.next(source, order(Step.FREEZE, SOURCE, TARGET)),
            MergeStep.next(target, order(Step.ABSORB, TARGET, FROZEN)),
            MergeStep.next(target, order(Step.FENCE, TARGET, SOURCE))
          }) {
        assertThat(step.entry()).isEmpty();
        assertThat(step.refusal()).isEmpty();
      }
    }
    MergeStep thaw = MergeStep.next(SOURCE, order(Step.THAW, FROZEN, TARGET));
    assertThat(thaw.entry()).isEmpty();
    assertThat(thaw.refusal()).isEmpty();
  }

  @Test
  void theLeftNeighbourIsOneAndTheRightOneToo() {
    Shard right = shard(9, "p", "", 2);
    assertThat(MergeStep.next(SOURCE, order(Step.FREEZE, SOURCE, right)).entry()).isPresent();
    assertRefused(
        MergeStep.next(right, order(Step.FREEZE, right, TARGET)), "shard 8 is no neighbour of it");
    Shard first = shard(6, "", "a", 2);
    assertRefused(
        MergeStep.next(right, order(Step.FREEZE, right, first)),
        "shard 6 is no neighbour of it"); // the one has no end, the other no start
    Shard elsewhere = TARGET.toBuilder().setKeyspace(2).build();
    assertRefused(
        MergeStep.next(SOURCE, order(Step.FREEZE, SOURCE, elsewhere)),
        "shard 8 is no neighbour of it");
  }

  @Test
  void whatNeverCanBeIsRefused() {
    Shard moved =
        TARGET.toBuilder().setReplicas(1, TARGET.getReplicas(1).toBuilder().setNode(3)).build();
    assertRefused(
        MergeStep.next(SOURCE, order(Step.FREEZE, SOURCE, moved)),
        "shard 8 has its replicas on other nodes");
    Shard learning =
        TARGET.toBuilder()
            .setReplicas(1, TARGET.getReplicas(1).toBuilder().setRole(ReplicaRole.LEARNER))
            .build();
    assertRefused(
        MergeStep.next(SOURCE, order(Step.FREEZE, SOURCE, learning)),
        "not all replicas of shard 8 are voters");
    assertRefused(
        MergeStep.next(learning, order(Step.FREEZE, learning, SOURCE)),
        "not all of its replicas are voters");
    assertRefused(MergeStep.next(FROZEN, order(Step.FREEZE, FROZEN, TARGET)), "it is frozen");
    assertRefused(
        MergeStep.next(TARGET, order(Step.FREEZE, TARGET, FROZEN)), "shard 7 is frozen itself");
    assertRefused(
        MergeStep.next(TARGET, order(Step.ABSORB, TARGET, SOURCE)), "the source was frozen for");
    assertRefused(MergeStep.next(SOURCE, order(Step.THAW, SOURCE, TARGET)), "it is not frozen");
    MergeOrder newer = order(Step.FREEZE, SOURCE, TARGET).toBuilder().setStepValue(9).build();
    assertRefused(MergeStep.next(SOURCE, newer), "step 9 of a merge is not known here");
  }
}
