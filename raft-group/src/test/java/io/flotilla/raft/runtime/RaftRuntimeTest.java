package io.flotilla.raft.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.flotilla.raft.core.GroupId;
import io.flotilla.raft.core.Refusal;
import io.flotilla.raft.core.ReplicaId;
import io.flotilla.raft.port.StorageException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What many replicas of many groups do together, and what their callers are told. */
class RaftRuntimeTest extends RuntimeCluster {
  private static final int GROUPS = 16;

  @Test
  void everyReplicaOfManyGroupsAppliesWhatWasAcknowledged() throws Exception {
    startAll(3, GROUPS);
    List<CompletableFuture<byte[]>> results = new ArrayList<>();
    for (long group = 1; group <= GROUPS; group++) {
      TestNode leader = leader(group);
      for (int i = 0; i < 200; i++) {
        results.add(leader.propose(group, "g" + group + "-" + i));
      }
    }
    for (int i = 0; i < results.size(); i++) {
      byte[] place = results.get(i).get(20, TimeUnit.SECONDS);
      assertThat(new String(place, StandardCharsets.UTF_8)).isEqualTo(String.valueOf(i % 200));
    }
    awaitSameEverywhere(GROUPS);
    assertThat(nodes.get(1L).journal(7).commands()).hasSize(200).endsWith("g7-199");
  }

  @Test
  void aNodeDiesAndTheOthersGoOnAndItCatchesUp() throws Exception {
    startAll(3, GROUPS);
    for (long group = 1; group <= GROUPS; group++) {
      proposeUntilDone(group, "before");
    }
    kill(2);
    for (long group = 1; group <= GROUPS; group++) {
      proposeUntilDone(group, "without");
    }
    start(2, 3, GROUPS);
    for (long group = 1; group <= GROUPS; group++) {
      proposeUntilDone(group, "after");
    }
    awaitSameEverywhere(GROUPS);
    for (long group = 1; group <= GROUPS; group++) {
      assertThat(new HashSet<>(nodes.get(2L).journal(group).commands()))
          .containsExactlyInAnyOrder("before", "without", "after");
    }
  }

  @Test
  void allNodesDieAndNothingAcknowledgedIsLost() throws Exception {
    startAll(3, 4);
    for (int i = 0; i < 50; i++) {
      for (long group = 1; group <= 4; group++) {
        proposeUntilDone(group, "c" + i);
      }
    }
    for (long id = 1; id <= 3; id++) {
      kill(id);
    }
    startAll(3, 4);
    for (long group = 1; group <= 4; group++) {
      proposeUntilDone(group, "again");
    }
    awaitSameEverywhere(4);
    for (long group = 1; group <= 4; group++) {
      assertThat(new HashSet<>(nodes.get(1L).journal(group).commands())).hasSize(51);
    }
  }

  @Test
  void aFollowerFarBehindIsServedFromDisk() throws Exception {
    limits = new RuntimeLimits(RuntimeLimits.Inboxes.DEFAULT, 64L << 20, 1, 2048, 16L << 20);
    startAll(3, 2);
    proposeUntilDone(1, "first");
    kill(3);
    for (int i = 0; i < 300; i++) {
      proposeUntilDone(1, "c" + i + "x".repeat(100));
    }
    start(3, 3, 2);
    proposeUntilDone(1, "last");
    awaitSameEverywhere(2);
    assertThat(nodes.get(3L).journal(1).commands()).endsWith("last").hasSizeGreaterThan(300);
  }

  @Test
  void aReplicaAloneIsAQuorum() throws Exception {
    startAll(1, 3);
    for (long group = 1; group <= 3; group++) {
      proposeUntilDone(group, "x");
      assertThat(nodes.get(1L).group(group).readBarrier().get(5, TimeUnit.SECONDS))
          .isGreaterThanOrEqualTo(2);
    }
  }

  @Test
  void aFollowerRefusesProposalsAndNamesItsLeader() throws Exception {
    startAll(3, 1);
    TestNode leader = leader(1);
    TestNode follower = nodes.get(leader.id.value() % 3 + 1);
    await().until(() -> follower.group(1).status().leader().isPresent());
    assertThatThrownBy(() -> follower.propose(1, "x").get(5, TimeUnit.SECONDS))
        .cause()
        .isInstanceOfSatisfying(
            RaftException.class,
            e ->
                assertThat(e.refusal())
                    .contains(
                        new Refusal.NotLeader(Optional.of(new ReplicaId(leader.id.value())))));
  }

  @Test
  void aReadOnAnyReplicaSeesWhatWasAcknowledgedBefore() throws Exception {
    startAll(3, 1);
    for (int i = 0; i < 20; i++) {
      proposeUntilDone(1, "c" + i);
      TestNode reader = nodes.get(1L + i % 3);
      String expected = "c" + i;
      await()
          .until(
              () -> {
                try {
                  reader.group(1).readBarrier().get(5, TimeUnit.SECONDS);
                } catch (ExecutionException e) {
                  return false; // no leader is known: refused, hence asked again
                }
                assertThat(reader.journal(1).commands()).contains(expected);
                return true;
              });
    }
  }

  @Test
  void aLeaderThatIsCutOffCannotSayWhatBecameOfAProposal() throws Exception {
    startAll(3, 1);
    proposeUntilDone(1, "before");
    TestNode cut = leader(1);
    network.cutOff(cut.id);
    CompletableFuture<byte[]> lost = cut.propose(1, "lost");
    assertThatThrownBy(() -> lost.get(20, TimeUnit.SECONDS))
        .cause()
        .isInstanceOfSatisfying(RaftException.class, e -> assertThat(e.outcomeUnknown()).isTrue());
    await().until(() -> leader(1) != cut);
    proposeUntilDone(1, "after");
    network.heal(cut.id);
    awaitSameEverywhere(1);
    assertThat(cut.journal(1).commands()).contains("after").doesNotContain("lost");
  }

  @Test
  void anUnknownCommandStopsItsReplicaOnly() throws Exception {
    startAll(1, 2);
    proposeUntilDone(1, "x");
    TestNode node = nodes.get(1L);
    assertThatThrownBy(() -> node.propose(1, Journal.POISON).get(5, TimeUnit.SECONDS))
        .cause()
        .isInstanceOfSatisfying(RaftException.class, e -> assertThat(e.outcomeUnknown()).isTrue());
    await().until(() -> node.group(1).stoppedBecause().isPresent());
    assertThatThrownBy(() -> node.propose(1, "y").get(5, TimeUnit.SECONDS))
        .cause()
        .isInstanceOf(RaftException.class);
    proposeUntilDone(2, "y");
    assertThat(node.fatal.get()).isNull();
  }

  @Test
  void closingAGroupLeavesNobodyWaiting() throws Exception {
    startAll(3, 2);
    TestNode leader = leader(1);
    RaftGroup group = leader.group(1);
    nodes.values().stream().filter(n -> n != leader).forEach(n -> network.cutOff(n.id));
    CompletableFuture<byte[]> waiting = leader.propose(1, "x");
    leader.runtime.close(new GroupId(1)).get(5, TimeUnit.SECONDS);
    assertThatThrownBy(() -> waiting.get(5, TimeUnit.SECONDS))
        .cause()
        .isInstanceOf(RaftException.class);
    assertThatThrownBy(() -> group.propose(new byte[1]).get(5, TimeUnit.SECONDS))
        .cause()
        .isInstanceOf(RaftException.class);
    assertThat(leader.runtime.groups()).hasSize(1);
  }

  @Test
  void closingTheRuntimeLeavesNobodyWaiting() throws Exception {
    startAll(3, 1);
    TestNode leader = leader(1);
    RaftGroup group = leader.group(1);
    nodes.values().stream().filter(n -> n != leader).forEach(n -> network.cutOff(n.id));
    List<CompletableFuture<byte[]>> waiting = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      waiting.add(group.propose(new byte[1]));
    }
    kill(leader.id.value());
    waiting.add(group.propose(new byte[1]));
    for (CompletableFuture<byte[]> one : waiting) {
      assertThatThrownBy(() -> one.get(5, TimeUnit.SECONDS))
          .cause()
          .isInstanceOf(RaftException.class);
    }
  }

  @Test
  void aStateAheadOfItsLogIsRefused() throws Exception {
    startAll(1, 1);
    proposeUntilDone(1, "x");
    Journal ahead = nodes.get(1L).journal(1);
    TestNode other = new TestNode(9, dir, network, limits, RaftListener.NONE);
    nodes.put(9L, other);
    GroupSpec spec =
        new GroupSpec(
            new GroupId(5),
            new ReplicaId(9),
            nodes.get(1L).group(1).status().membership(),
            0,
            false);
    assertThatThrownBy(() -> other.runtime.open(spec, ahead))
        .isInstanceOf(StorageException.class)
        .hasMessageContaining("state of group 5");
  }

  @Test
  void aGroupIsOpenedOnce() throws Exception {
    startAll(1, 1);
    assertThatThrownBy(() -> nodes.get(1L).open(1, 1, false))
        .isInstanceOf(IllegalStateException.class);
  }
}
