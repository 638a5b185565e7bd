package io.flotilla.raft.core;

import static io.flotilla.raft.core.Solo.THREE;
import static io.flotilla.raft.core.Solo.TWO;
import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.raft.core.RaftMessage.HeartbeatReply;
import io.flotilla.raft.core.RaftMessage.Progress;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** Whom a leader takes for caught up. Replica 4 learns, and holds all when it is heard. */
class MembershipChangeTest {
  private static final ReplicaId FOUR = new ReplicaId(4);

  private final Solo solo = Solo.leading(1);

  private void learnFrom(ReplicaId... acknowledging) {
    ask(7, new Membership(members(1, 2, 3), List.of(), members(4)));
    solo.sync();
    for (ReplicaId one : acknowledging) {
      solo.receive(one, solo.acknowledging(3));
    }
    solo.sync();
  }

  private void goOnWith(ReplicaId other, int ticks) {
    for (int tick = 0; tick < ticks; tick++) {
      solo.receive(other, new HeartbeatReply(2, 0, new Progress(3, 3, 0)));
      solo.tick(1);
      solo.sync();
    }
  }

  /** Where nothing is written, who is away lacks nothing either. */
  @Test
  void whoIsAwayIsNotCaughtUpHoweverMuchItHolds() {
    learnFrom(TWO, FOUR);
    goOnWith(TWO, 100);
    ask(8, Membership.of(members(1, 2, 4)));
    assertThat(solo.drain().answers())
        .containsExactly(new Answer.Refused(8, new Refusal.NotCaughtUp(FOUR)));
    solo.receive(FOUR, new HeartbeatReply(2, 0, new Progress(3, 3, 0)));
    ask(9, Membership.of(members(1, 2, 4)));
    assertThat(solo.drain().answers()).containsExactly(new Answer.Appended(9, new Position(4, 2)));
  }

  /** A joint membership could be neither committed nor undone. */
  @Test
  void changeToWhoIsAwayDoesNotStopAGroupWhoseMajorityIsUp() {
    learnFrom(TWO, THREE, FOUR);
    goOnWith(THREE, 100); // 2 and 4 are away for ten election timeouts
    ask(8, Membership.of(members(1, 2, 4)));
    solo.core.step(new Input.Proposed(9, new byte[1]));
    for (int round = 0; round < 2; round++) {
      solo.sync();
      solo.receive(THREE, solo.acknowledging(solo.core.status().lastIndex()));
    }
    assertThat(solo.core.status().commitIndex())
        .as("1 and 3 of {1 2 3} hold all, and go on doing so")
        .isEqualTo(solo.core.status().lastIndex());
  }

  @Test
  void whoHasSaidNothingIsNotCaughtUpHoweverShortTheLog() {
    learnFrom(TWO);
    ask(8, Membership.of(members(1, 2, 4)));
    assertThat(solo.drain().answers())
        .containsExactly(new Answer.Refused(8, new Refusal.NotCaughtUp(FOUR)));
  }

  /** It answers, but how far its log equals ours nobody knows yet. */
  @Test
  void whoWasNotReachedByAnAppendIsNotCaughtUpHoweverShortTheLog() {
    learnFrom(TWO);
    solo.receive(FOUR, new HeartbeatReply(2, 0, new Progress(0, 0, 0)));
    ask(8, Membership.of(members(1, 2, 4)));
    assertThat(solo.drain().answers())
        .containsExactly(new Answer.Refused(8, new Refusal.NotCaughtUp(FOUR)));
  }

  private void ask(long token, Membership target) {
    solo.core.step(new Input.MembershipAsked(token, target));
  }

  private static List<Membership.Member> members(long... ids) {
    return LongStream.of(ids).mapToObj(id -> new Membership.Member(new ReplicaId(id), id)).toList();
  }
}
