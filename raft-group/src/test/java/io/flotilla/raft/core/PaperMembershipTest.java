package io.flotilla.raft.core;

import static io.flotilla.raft.core.Solo.THREE;
import static io.flotilla.raft.core.Solo.TWO;
import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.raft.core.GroupStatus.RoleName;
import io.flotilla.raft.core.RaftMessage.AppendRequest;
import io.flotilla.raft.core.RaftMessage.Heartbeat;
import io.flotilla.raft.core.RaftMessage.HeartbeatReply;
import io.flotilla.raft.core.RaftMessage.Progress;
import io.flotilla.raft.core.RaftMessage.Removed;
import io.flotilla.raft.core.RaftMessage.TimeoutNow;
import io.flotilla.raft.core.RaftMessage.VoteReply;
import io.flotilla.raft.core.RaftMessage.VoteRequest;
import java.util.List;
import java.util.Optional;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** Chapter 4 of Ongaro's thesis, and §3.10, sentence by sentence. */
class PaperMembershipTest {
  private static final ReplicaId FOUR = new ReplicaId(4);
  private static final ReplicaId FIVE = new ReplicaId(5);
  private static final Membership OLD = Solo.voters(3);
  private static final Membership LEARNING =
      new Membership(members(1, 2, 3), List.of(), members(4));
  private static final Membership NEW = Membership.of(members(1, 2, 4));
  private static final Membership JOINT = OLD.towards(NEW);

  /** §4.1: each server uses the latest configuration in its log, committed or not. */
  @Test
  void membershipIsInForceFromItsAppend() {
    Solo solo = Solo.withLog(1);
    solo.receive(TWO, appended(1, 1, entry(2, 1, JOINT)));
    assertThat(solo.core.status().commitIndex()).isZero();
    assertThat(solo.core.status().membership()).isEqualTo(JOINT);
  }

  /** §4.1: ... and falls back to the one before, if that entry is taken out of its log. */
  @Test
  void overwrittenMembershipGivesWayToTheOneBefore() {
    Solo solo = Solo.withLog(1);
    solo.receive(TWO, appended(1, 1, entry(2, 1, JOINT)));
    solo.sync();
    Entry other = new Entry(2, 2, Entry.Kind.NO_OP, new byte[0]);
    solo.receive(THREE, new AppendRequest(2, new Position(1, 1), 0, 0, List.of(other)));
    assertThat(solo.core.status().membership()).isEqualTo(OLD);
  }

  /** §4.1: a server accepts entries, and grants votes, also to servers it does not know. */
  @Test
  void strangersAreHeardAndVotedFor() {
    Solo solo = Solo.withLog(1);
    solo.receive(FOUR, appended(2, 1, entry(2, 2, JOINT)));
    solo.sync();
    assertThat(solo.core.status().leader()).contains(FOUR);
    ReplicaId nine = new ReplicaId(9);
    solo.receive(nine, new VoteRequest(3, false, true, new Position(2, 2)));
    assertThat(Solo.to(nine, solo.sync().afterSync()))
        .containsExactly(new VoteReply(3, false, true));
  }

  /** §4.1 (as corrected in 2015): no change before an entry of the leader's term is committed. */
  @Test
  void noChangeBeforeTheTermsFirstEntryIsCommitted() {
    Solo solo = elected();
    ask(solo, 7, OLD);
    assertThat(solo.drain().answers())
        .containsExactly(new Answer.Refused(7, new Refusal.NotReady()));
    solo.receive(TWO, solo.acknowledging(2));
    ask(solo, 8, LEARNING);
    assertThat(solo.drain().answers()).containsExactly(new Answer.Appended(8, new Position(3, 2)));
  }

  /** §4.1: one change at a time: none before the one before it is committed. */
  @Test
  void oneChangeAtATime() {
    Solo solo = Solo.leading(1);
    ask(solo, 7, LEARNING);
    ask(solo, 8, OLD);
    assertThat(solo.sync().answers())
        .containsExactly(
            new Answer.Appended(7, new Position(3, 2)),
            new Answer.Refused(8, new Refusal.ChangeInProgress()));
    solo.receive(TWO, solo.acknowledging(3));
    ask(solo, 9, OLD);
    assertThat(solo.drain().answers()).containsExactly(new Answer.Appended(9, new Position(4, 2)));
  }

  /** §4.2.1: a new server learns before it votes; how much it may lack is bounded. */
  @Test
  void whoIsToVoteHasTheLogFirst() {
    CoreConfig config = new CoreConfig(1, 10, true, true, 256, 1 << 20, 1 << 20, 1 << 20, 2);
    Solo solo = leading(config);
    ask(solo, 7, NEW);
    assertThat(solo.drain().answers())
        .as("nobody knows it")
        .containsExactly(new Answer.Refused(7, new Refusal.NotCaughtUp(FOUR)));
    ask(solo, 8, LEARNING);
    solo.sync();
    solo.receive(TWO, solo.acknowledging(3));
    ask(solo, 9, NEW);
    assertThat(solo.sync().answers())
        .as("it has said nothing yet")
        .contains(new Answer.Refused(9, new Refusal.NotCaughtUp(FOUR)));
    solo.receive(FOUR, solo.acknowledging(3));
    for (int more = 0; more < 3; more++) {
      solo.core.step(new Input.Proposed(10 + more, new byte[1]));
    }
    ask(solo, 20, NEW);
    assertThat(solo.sync().answers())
        .as("it lacks three")
        .contains(new Answer.Refused(20, new Refusal.NotCaughtUp(FOUR)));
    solo.receive(FOUR, solo.acknowledging(4));
    ask(solo, 21, NEW);
    assertThat(solo.drain().answers()).containsExactly(new Answer.Appended(21, new Position(7, 2)));
  }

  /** §4.2.1: a learner is sent the log, but counts for nothing, and does not campaign. */
  @Test
  void learnersCountForNothing() {
    Solo solo = Solo.leading(1);
    ask(solo, 7, LEARNING);
    Effects effects = solo.sync();
    assertThat(Solo.to(FOUR, effects.beforeSync())).hasOnlyElementsOfType(AppendRequest.class);
    solo.receive(FOUR, solo.acknowledging(3));
    assertThat(solo.core.status().commitIndex()).isEqualTo(2);
    solo.receive(TWO, solo.acknowledging(3));
    assertThat(solo.core.status().commitIndex()).isEqualTo(3);

    Membership others = new Membership(members(2, 3), List.of(), members(1));
    Solo learner =
        new Solo(
            CoreConfig.DEFAULT,
            new Recovered(HardState.INITIAL, Position.ZERO, List.of(), 0, others, 0));
    learner.tick(100);
    learner.core.step(new Input.Campaign());
    assertThat(learner.core.status().role()).isEqualTo(RoleName.FOLLOWER);
    assertThat(learner.core.status().term()).isZero();
  }

  /**
   * §4.2.2: a leader that is to go leads on, but does not count itself, until that is committed.
   */
  @Test
  void leaderThatIsToGoDoesNotCountItself() {
    Solo solo = Solo.leading(1);
    ask(solo, 7, Membership.of(members(2, 3)));
    solo.sync();
    solo.receive(TWO, solo.acknowledging(3));
    assertThat(solo.core.status().commitIndex()).as("2 is no majority of {2 3}").isEqualTo(2);
    solo.receive(THREE, solo.acknowledging(3));
    assertThat(solo.core.status().commitIndex()).isEqualTo(3);
    assertThat(solo.sync().append()).extracting(Entry::index).containsExactly(4L);
    solo.receive(TWO, solo.acknowledging(4));
    assertThat(solo.core.status().role()).isEqualTo(RoleName.LEADER);
    solo.receive(THREE, solo.acknowledging(4));
    assertThat(solo.core.status().role()).isEqualTo(RoleName.FOLLOWER);
    assertThat(solo.core.status().commitIndex()).isEqualTo(4);
    Effects effects = solo.drain();
    assertThat(Solo.to(THREE, effects.beforeSync())).contains(new Heartbeat(2, 4, 0));
    assertThat(Solo.to(TWO, effects.beforeSync())).contains(new TimeoutNow(2));
  }

  /** §4.2.3: who was removed cannot disturb: it is told to go, whatever term it wants. */
  @Test
  void whoWasRemovedIsToldToGo() {
    Solo solo = Solo.leading(1);
    ask(solo, 7, LEARNING);
    solo.sync();
    solo.receive(TWO, solo.acknowledging(3));
    ask(solo, 8, OLD);
    solo.sync();
    solo.receive(TWO, solo.acknowledging(4));
    assertThat(Solo.to(FOUR, solo.sync().beforeSync())).contains(new Removed(2));
    solo.receive(FOUR, new VoteRequest(9, false, false, new Position(3, 2)));
    assertThat(solo.core.status().term()).isEqualTo(2);
    assertThat(Solo.to(FOUR, solo.drain().beforeSync())).containsExactly(new Removed(2));

    solo.receive(FOUR, new RaftMessage.RemovedRequest(9)); // and whatever term it has come to
    Heartbeat round = (Heartbeat) Solo.to(TWO, solo.drain().beforeSync()).get(0);
    solo.receive(TWO, new HeartbeatReply(2, round.round(), new Progress(4, 4, 0)));
    assertThat(Solo.to(FOUR, solo.drain().beforeSync())).containsExactly(new Removed(2));
    assertThat(solo.core.status().term()).isEqualTo(2);

    Solo removed = Solo.withLog(1);
    removed.receive(TWO, new Removed(2));
    assertThat(removed.drain().removed()).isTrue();
    removed.tick(100);
    assertThat(removed.core.status().term()).isEqualTo(1);
  }

  /** §4.3: a learner leaves with the joint membership, and voters with its end. */
  @Test
  void learnerThatAJointMembershipLeavesOutIsToldToGo() {
    Solo solo = Solo.leading(1);
    ask(solo, 7, new Membership(members(1, 2, 3), List.of(), members(4, 5)));
    solo.sync();
    solo.receive(TWO, solo.acknowledging(3));
    solo.receive(FOUR, solo.acknowledging(3));
    solo.sync();
    ask(solo, 8, NEW); // 3 and the learner 5 go
    assertThat(Solo.to(FIVE, solo.sync().beforeSync())).isEmpty();
    solo.receive(TWO, solo.acknowledging(4));
    Effects joint = solo.sync();
    assertThat(Solo.to(FIVE, joint.beforeSync())).containsExactly(new Removed(2));
    assertThat(Solo.to(THREE, joint.beforeSync())).doesNotContain(new Removed(2));
    solo.receive(TWO, solo.acknowledging(5));
    solo.receive(FOUR, solo.acknowledging(5));
    Effects left = solo.sync();
    assertThat(Solo.to(THREE, left.beforeSync())).contains(new Removed(2));
    assertThat(Solo.to(FIVE, left.beforeSync())).isEmpty();
  }

  /** §4.3: a joint configuration commits with a majority of the old and one of the new. */
  @Test
  void jointDecisionsNeedBothMajorities() {
    Solo solo = joint();
    solo.receive(FOUR, solo.acknowledging(4));
    assertThat(solo.core.status().commitIndex())
        .as("1 and 4 are no majority of {1 2 3}")
        .isEqualTo(3);
    solo.receive(THREE, solo.acknowledging(4));
    assertThat(solo.core.status().commitIndex()).isEqualTo(4);
  }

  /** §4.3: so does an election, ... */
  @Test
  void jointElectionsNeedBothMajorities() {
    Solo solo = new Solo(new CoreConfig(1, 10, false, true, 1, 1, 1, 1, 0), recoveredJoint());
    solo.core.step(new Input.Campaign());
    assertThat(solo.sync().afterSync()).extracting(Envelope::to).contains(TWO, THREE, FOUR);
    solo.receive(FOUR, new VoteReply(2, false, true));
    assertThat(solo.core.status().role()).isEqualTo(RoleName.CANDIDATE);
    solo.receive(THREE, new VoteReply(2, false, true));
    assertThat(solo.core.status().role()).isEqualTo(RoleName.LEADER);
  }

  /** §4.3: ... and a read. */
  @Test
  void jointReadsNeedBothMajorities() {
    Solo solo = joint();
    solo.core.step(new Input.ReadAsked(9));
    Heartbeat sent = (Heartbeat) Solo.to(FOUR, solo.drain().beforeSync()).get(0);
    solo.receive(FOUR, new HeartbeatReply(2, sent.round(), new Progress(0, 0, 0)));
    assertThat(solo.drain().answers()).isEmpty();
    solo.receive(THREE, new HeartbeatReply(2, sent.round(), new Progress(0, 0, 0)));
    assertThat(solo.drain().answers()).containsExactly(new Answer.Readable(9, 3));
  }

  /** §4.3: when the joint one is committed the leader goes on to the new one by itself. */
  @Test
  void leaderEndsJointConsensusByItself() {
    Solo solo = joint();
    solo.receive(TWO, solo.acknowledging(4));
    assertThat(solo.core.status().membership()).isEqualTo(NEW);
    Entry last = solo.drain().append().get(0);
    assertThat(last.index()).isEqualTo(5);
    assertThat(MembershipBytes.decode(last.payload())).isEqualTo(NEW);
  }

  /** §3.10: nothing new comes meanwhile, and the target is asked only when it has all. */
  @Test
  void leadershipIsHandedToWhoHasAll() {
    Solo solo = Solo.leading(1);
    solo.receive(THREE, new HeartbeatReply(2, 0, new Progress(0, 0, 0)));
    solo.core.step(new Input.Proposed(5, new byte[1]));
    solo.core.step(new Input.TransferAsked(6, Optional.of(THREE)));
    solo.core.step(new Input.Proposed(7, new byte[1]));
    Effects effects = solo.sync();
    assertThat(effects.answers()).contains(new Answer.Refused(7, new Refusal.Transferring(THREE)));
    solo.receive(TWO, solo.acknowledging(3));
    assertThat(Solo.to(THREE, solo.drain().beforeSync())).doesNotContain(new TimeoutNow(2));
    solo.receive(THREE, solo.acknowledging(3));
    assertThat(Solo.to(THREE, solo.drain().beforeSync())).contains(new TimeoutNow(2));
  }

  /** §3.10, §4.3: nor to who votes only as long as a change under way has not ended. */
  @Test
  void leadershipIsNotHandedToWhoIsToLeave() {
    Solo solo = joint();
    solo.receive(THREE, solo.acknowledging(3));
    solo.core.step(new Input.TransferAsked(9, Optional.of(THREE)));
    assertThat(solo.drain().answers())
        .containsExactly(new Answer.Refused(9, new Refusal.NoSuchVoter()));
  }

  /** §3.10: the target does not wait for its timeout, and does not ask before. */
  @Test
  void whoIsAskedToLeadCampaignsAtOnce() {
    Solo solo = Solo.withLog(1);
    solo.receive(TWO, new Heartbeat(1, 0, 0));
    solo.receive(TWO, new TimeoutNow(1));
    assertThat(solo.core.status().role()).isEqualTo(RoleName.CANDIDATE);
    assertThat(Solo.to(THREE, solo.drain().afterSync()))
        .containsExactly(new VoteRequest(2, false, true, new Position(1, 1)));
  }

  /** §3.10: if that takes an election timeout, it has failed, and the leader serves again. */
  @Test
  void transferThatTakesTooLongIsGivenUp() {
    Solo solo = Solo.leading(1);
    solo.receive(THREE, new HeartbeatReply(2, 0, new Progress(0, 0, 0)));
    solo.core.step(new Input.TransferAsked(6, Optional.of(THREE)));
    for (int tick = 0; tick < 10; tick++) {
      assertThat(solo.drain().answers()).isEmpty();
      solo.receive(TWO, new HeartbeatReply(2, 0, new Progress(0, 0, 0)));
      solo.tick(1);
    }
    assertThat(solo.drain().answers())
        .containsExactly(new Answer.Refused(6, new Refusal.TransferGivenUp()));
    solo.core.step(new Input.Proposed(7, new byte[1]));
    assertThat(solo.drain().answers()).containsExactly(new Answer.Appended(7, new Position(3, 2)));
  }

  /** Leader of term 2 whose first entry, at 2, nobody else has. */
  private static Solo elected() {
    return elected(CoreConfig.DEFAULT);
  }

  private static Solo elected(CoreConfig config) {
    Solo solo = new Solo(config, Solo.recovered(0, 1));
    solo.core.step(new Input.Campaign());
    solo.receive(TWO, new VoteReply(2, true, true));
    solo.sync();
    solo.receive(TWO, new VoteReply(2, false, true));
    solo.sync();
    return solo;
  }

  private static Solo leading(CoreConfig config) {
    Solo solo = elected(config);
    solo.receive(TWO, solo.acknowledging(2));
    solo.sync();
    return solo;
  }

  /** A leader that has just appended the joint entry, at 4, of a change to {@link #NEW}. */
  private static Solo joint() {
    Solo solo = Solo.leading(1);
    ask(solo, 7, LEARNING);
    solo.sync();
    solo.receive(TWO, solo.acknowledging(3));
    solo.receive(FOUR, solo.acknowledging(3));
    solo.sync();
    ask(solo, 8, NEW);
    solo.sync();
    assertThat(solo.core.status().membership()).isEqualTo(JOINT);
    return solo;
  }

  private static Recovered recoveredJoint() {
    return new Recovered(
        new HardState(1, Optional.empty()),
        Position.ZERO,
        OLD,
        List.of(new Position(1, 1)),
        1,
        List.of(entry(1, 1, JOINT)),
        0);
  }

  private static void ask(Solo solo, long token, Membership target) {
    solo.core.step(new Input.MembershipAsked(token, target));
  }

  private static AppendRequest appended(long term, long previousTerm, Entry entry) {
    Position previous = new Position(entry.index() - 1, previousTerm);
    return new AppendRequest(term, previous, 0, 0, List.of(entry));
  }

  private static Entry entry(long index, long term, Membership membership) {
    return new Entry(index, term, Entry.Kind.MEMBERSHIP, MembershipBytes.encode(membership));
  }

  private static List<Membership.Member> members(long... ids) {
    return LongStream.of(ids).mapToObj(id -> new Membership.Member(new ReplicaId(id), id)).toList();
  }
}
