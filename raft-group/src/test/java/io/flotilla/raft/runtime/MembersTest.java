package io.flotilla.raft.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.flotilla.raft.core.GroupId;
import io.flotilla.raft.core.GroupStatus;
import io.flotilla.raft.core.Membership;
import io.flotilla.raft.core.Membership.Member;
import io.flotilla.raft.core.Refusal;
import io.flotilla.raft.core.ReplicaId;
import io.flotilla.raft.port.NodeId;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** Replicas come and go, and leaders hand over, on real threads. */
class MembersTest extends RuntimeCluster {
  private static final GroupId GROUP = new GroupId(1);

  private static List<Member> members(long... nodes) {
    return LongStream.of(nodes).mapToObj(node -> new Member(new ReplicaId(node), node)).toList();
  }

  /** Asks whoever leads until it is done: a leader may change, a learner lag. */
  private void change(Membership target) {
    await()
        .pollDelay(Duration.ZERO)
        .until(
            () -> {
              TestNode leader = leader(1);
              if (leader.group(1).status().membership().equals(target)) {
                return true;
              }
              try {
                leader.group(1).changeMembership(target).get(5, TimeUnit.SECONDS);
                assertThat(leader.group(1).status().membership()).isEqualTo(target);
                return true;
              } catch (ExecutionException e) {
                assertThat(e).hasCauseInstanceOf(RaftException.class);
                return false;
              }
            });
  }

  private void transfer(TestNode from, Optional<ReplicaId> to) throws Exception {
    from.group(1).transferLeadership(to).get(5, TimeUnit.SECONDS);
  }

  @Test
  void aNodeJoinsAndAnotherLeavesAndComesBack() throws Exception {
    startAll(3, 1);
    for (int i = 0; i < 50; i++) {
      proposeUntilDone(1, "c" + i);
    }
    TestNode fourth = new TestNode(4, dir, network, limits, RaftListener.NONE);
    nodes.put(4L, fourth);
    fourth.open(1, 3, false);
    change(new Membership(members(1, 2, 3), List.of(), members(4)));
    await().untilAsserted(() -> assertThat(fourth.journal(1).commands()).contains("c0", "c49"));
    long leaves = leader(1).id.value() % 3 + 1;
    long stays = 6 - leaves - leader(1).id.value();
    RaftGroup left = nodes.get(leaves).group(1);
    change(Membership.of(members(leader(1).id.value(), stays, 4)));
    left.removed().get(10, TimeUnit.SECONDS);
    TestNode old = nodes.get(leaves);
    old.runtime.close(GROUP).get(5, TimeUnit.SECONDS);
    proposeUntilDoneElsewhere(old, "without");

    Member back = new Member(new ReplicaId(5), leaves);
    old.open(1, 5, 3, false);
    nodes.put(leaves, old);
    Membership now = leader(1).group(1).status().membership();
    change(new Membership(now.voters(), List.of(), List.of(back)));
    await().untilAsserted(() -> assertThat(old.journal(1).commands()).contains("c0", "without"));
    awaitSameEverywhere(1);
    assertThat(new HashSet<>(old.journal(1).commands())).hasSize(51);
  }

  /** Its leader says it once, and then nobody speaks to it any more. */
  @Test
  void aLearnerThatWasRemovedWhileItWasAwayLearnsItWhenItAsks() throws Exception {
    startAll(3, 1);
    TestNode fourth = new TestNode(4, dir, network, limits, RaftListener.NONE);
    nodes.put(4L, fourth);
    RaftGroup learner = fourth.open(1, 4, 3, false);
    change(new Membership(members(1, 2, 3), List.of(), members(4)));
    proposeUntilDone(1, "seen");
    await().untilAsserted(() -> assertThat(fourth.journal(1).commands()).contains("seen"));
    network.cutOff(fourth.id);
    change(Membership.of(members(1, 2, 3)));
    proposeUntilDone(1, "by now it was said, and lost");
    network.heal(fourth.id);
    proposeUntilDone(1, "unseen");
    assertThat(fourth.journal(1).commands()).doesNotContain("unseen");
    assertThat(learner.removed()).isNotDone();
    await()
        .untilAsserted(
            () -> {
              learner.askIfRemoved(members(1, 2, 3));
              assertThat(learner.removed()).isCompleted();
            });
  }

  @Test
  void whatIsLeftOfAGroupGoesOnAloneAndOnlyIfItsMajorityIsLost() throws Exception {
    startAll(3, 1);
    proposeUntilDone(1, "kept");
    awaitSameEverywhere(1);
    for (TestNode node : nodes.values()) {
      await()
          .untilAsserted(
              () ->
                  assertThatThrownBy(() -> node.group(1).recover().get(5, TimeUnit.SECONDS))
                      .cause()
                      .isInstanceOfSatisfying(
                          RaftException.class,
                          e ->
                              assertThat(e.refusal().orElseThrow())
                                  .isInstanceOf(Refusal.LeaderHeard.class)));
    }
    long survivor = leader(1).id.value() % 3 + 1; // a follower
    for (long lost = 1; lost <= 3; lost++) {
      if (lost != survivor) {
        kill(lost);
      }
    }
    RaftGroup left = nodes.get(survivor).group(1);
    long term = left.status().term();
    await()
        .pollDelay(Duration.ZERO)
        .ignoreExceptionsInstanceOf(ExecutionException.class) // while it still hears the leader
        .untilAsserted(() -> left.recover().get(5, TimeUnit.SECONDS));
    assertThat(left.status().membership()).isEqualTo(Membership.of(members(survivor)));
    assertThat(left.status().term()).isGreaterThan(term + 1_000_000);
    proposeUntilDone(1, "alone");

    kill(survivor);
    network.heal(new NodeId(survivor));
    start(survivor, 3, 1);
    proposeUntilDone(1, "again");
    assertThat(nodes.get(survivor).journal(1).commands()).containsExactly("kept", "alone", "again");
  }

  @Test
  void aLeaderHearsWhatWouldOutliveACrashOfEach() throws Exception {
    startAll(3, 1);
    proposeUntilDone(1, "kept");
    awaitSameEverywhere(1);
    TestNode last = nodes.get(leader(1).id.value() % 3 + 1);
    long index = last.journal(1).appliedIndex();
    for (TestNode node : nodes.values()) {
      if (node != last) {
        keep(node);
      }
    }
    await().until(() -> keptBy(index) == 2);
    proposeUntilDone(1, "and many an answer later");
    assertThat(keptBy(index)).as("who has only applied it").isEqualTo(2);
    keep(last);
    await().until(() -> keptBy(index) == 3);
  }

  private static void keep(TestNode node) {
    node.journal(1).keep();
    node.group(1).askToFlush();
  }

  private long keptBy(long index) {
    GroupStatus now = leader(1).group(1).status();
    return (now.durablyAppliedIndex() >= index ? 1 : 0)
        + now.peers().stream().filter(peer -> peer.durablyApplied() >= index).count();
  }

  @Test
  void whoBelongsToTheGroupMayAskAndStays() throws Exception {
    startAll(3, 1);
    proposeUntilDone(1, "before");
    TestNode leader = leader(1);
    long term = leader.group(1).status().term();
    for (TestNode node : nodes.values()) {
      node.group(1).askIfRemoved(members(1, 2, 3));
    }
    proposeUntilDone(1, "after");
    awaitSameEverywhere(1);
    assertThat(leader(1)).isSameAs(leader);
    assertThat(leader.group(1).status().term()).as("it is no campaign").isEqualTo(term);
    for (TestNode node : nodes.values()) {
      assertThat(node.group(1).removed()).isNotDone();
    }
  }

  private void proposeUntilDoneElsewhere(TestNode absent, String command) {
    nodes.remove(absent.id.value());
    proposeUntilDone(1, command);
  }

  @Test
  void whoLedAndIsRemovedHandsOver() throws Exception {
    startAll(3, 1);
    proposeUntilDone(1, "before");
    TestNode first = leader(1);
    RaftGroup led = first.group(1);
    long[] others = LongStream.rangeClosed(1, 3).filter(node -> node != first.id.value()).toArray();
    led.changeMembership(Membership.of(members(others))).get(5, TimeUnit.SECONDS);
    led.removed().get(10, TimeUnit.SECONDS);
    assertThatThrownBy(() -> led.propose(new byte[1]).get(5, TimeUnit.SECONDS))
        .cause()
        .isInstanceOfSatisfying(
            RaftException.class,
            e -> assertThat(e.refusal()).contains(new Refusal.NotLeader(Optional.empty())));
    nodes.remove(first.id.value());
    proposeUntilDone(1, "after");
    first.close();
  }

  @Test
  void leadershipGoesToWhomItIsGiven() throws Exception {
    startAll(3, 1);
    for (int i = 0; i < 6; i++) {
      proposeUntilDone(1, "c" + i);
      TestNode from = leader(1);
      TestNode to = nodes.get(from.id.value() % 3 + 1);
      // Only those are given it who were heard: a new leader has heard a majority, not all.
      await()
          .until(
              () ->
                  from.group(1).status().peers().stream()
                      .allMatch(GroupStatus.PeerStatus::recentlyActive));
      transfer(from, i % 2 == 0 ? Optional.of(new ReplicaId(to.id.value())) : Optional.empty());
      assertThat(isLeader(from.group(1).status())).isFalse();
      await().until(() -> leader(1) != from);
    }
    proposeUntilDone(1, "last");
    awaitSameEverywhere(1);
  }

  @Test
  void whoResignsLeadsNothing() throws Exception {
    startAll(3, 12);
    for (long group = 1; group <= 12; group++) {
      proposeUntilDone(group, "before");
    }
    TestNode resigning = leader(1);
    await().until(() -> leads(resigning) > 0);
    resigning.runtime.resign();
    assertThat(leads(resigning)).isZero();
    for (long group = 1; group <= 12; group++) {
      proposeUntilDone(group, "after");
    }
    awaitSameEverywhere(12);
  }

  private static long leads(TestNode node) {
    return node.runtime.groups().stream().filter(group -> isLeader(group.status())).count();
  }

  @Test
  void whoResignsWithNobodyThereDoesNotWaitForLong() throws Exception {
    startAll(3, 2);
    proposeUntilDone(1, "before");
    TestNode resigning = leader(1);
    nodes.values().stream().filter(n -> n != resigning).forEach(n -> network.cutOff(n.id));
    await().atMost(Duration.ofSeconds(10)).until(() -> isDoneResigning(resigning));
  }

  private static boolean isDoneResigning(TestNode node) {
    node.runtime.resign();
    return true;
  }
}
