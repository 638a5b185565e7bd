package io.flotilla.raft.core;

import static io.flotilla.raft.core.Solo.THREE;
import static io.flotilla.raft.core.Solo.TWO;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.raft.core.GroupStatus.RoleName;
import io.flotilla.raft.core.RaftMessage.AppendReply;
import io.flotilla.raft.core.RaftMessage.AppendRequest;
import io.flotilla.raft.core.RaftMessage.Conflict;
import io.flotilla.raft.core.RaftMessage.Heartbeat;
import io.flotilla.raft.core.RaftMessage.HeartbeatReply;
import io.flotilla.raft.core.RaftMessage.Progress;
import io.flotilla.raft.core.RaftMessage.ReadIndexReply;
import io.flotilla.raft.core.RaftMessage.ReadIndexRequest;
import io.flotilla.raft.core.RaftMessage.VoteReply;
import io.flotilla.raft.core.RaftMessage.VoteRequest;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Sentences of the Raft paper (§) and of Ongaro's thesis, one test each. */
class PaperTest {
  private static final Progress NOTHING = new Progress(0, 0, 0);

  /** §5.1: if one server's term is smaller, it updates its term; and keeps it before it says so. */
  @Test
  void newerTermIsKeptBeforeItIsSpoken() {
    Solo solo = Solo.withLog(1);
    solo.receive(TWO, new Heartbeat(5, 0, 0));
    Effects effects = solo.drain();
    assertThat(effects.hardState()).contains(new HardState(5, Optional.empty()));
    assertThat(effects.beforeSync()).isEmpty();
    assertThat(Solo.to(TWO, effects.afterSync())).hasOnlyElementsOfType(HeartbeatReply.class);
  }

  /** §5.1: if a server receives a request with a stale term number, it rejects the request. */
  @Test
  void staleRequestChangesNothing() {
    Solo solo = Solo.withLog(1, 3);
    List<Entry> entries = List.of(new Entry(2, 2, Entry.Kind.COMMAND, new byte[0]));
    solo.receive(TWO, new AppendRequest(2, new Position(1, 1), 2, 7, entries));
    Effects effects = solo.drain();
    assertThat(effects.append()).isEmpty();
    assertThat(solo.core.status().commitIndex()).isZero();
    assertThat(Solo.to(TWO, effects.beforeSync()))
        .containsExactly(new HeartbeatReply(3, 0, new Progress(2, 0, 0)));
  }

  /** §5.1: a candidate or leader that discovers that its term is out of date steps down at once. */
  @ParameterizedTest
  @CsvSource({"append", "heartbeat", "vote"})
  void newerTermInAReplyUnseatsTheLeader(String kind) {
    Solo solo = Solo.leading(1);
    RaftMessage reply =
        switch (kind) {
          case "append" -> new AppendReply(9, 2, Optional.empty(), 0, NOTHING);
          case "heartbeat" -> new HeartbeatReply(9, 0, NOTHING);
          default -> new VoteReply(9, false, false);
        };
    solo.receive(THREE, reply);
    assertThat(solo.core.status().role()).isEqualTo(RoleName.FOLLOWER);
    assertThat(solo.core.status().term()).isEqualTo(9);
    assertThat(solo.drain().hardState()).contains(new HardState(9, Optional.empty()));
  }

  /** §5.2: election timeouts are chosen randomly: each time the timer is reset. */
  @Test
  void timeoutIsDrawnAtEachReset() {
    Solo solo = Solo.withLog(1);
    int atStart = solo.drawn.size();
    solo.receive(TWO, new Heartbeat(1, 0, 0));
    solo.receive(TWO, new Heartbeat(1, 0, 0));
    assertThat(solo.drawn).hasSize(atStart + 2);
    solo.receive(THREE, new VoteRequest(1, false, false, new Position(1, 1)));
    assertThat(solo.drawn).hasSize(atStart + 2);
    solo.tick(25);
    assertThat(solo.drawn).hasSizeGreaterThanOrEqualTo(atStart + 4).containsOnly(10);
  }

  /** §5.2: each server votes for at most one candidate in a given term; the vote is kept first. */
  @Test
  void voteIsPromisedAfterTheSyncAndOnce() {
    Solo solo = Solo.withLog(1);
    VoteRequest request = new VoteRequest(2, false, false, new Position(1, 1));
    solo.receive(TWO, request);
    Effects effects = solo.sync();
    assertThat(effects.hardState()).contains(new HardState(2, Optional.of(TWO)));
    assertThat(effects.beforeSync()).isEmpty();
    assertThat(Solo.to(TWO, effects.afterSync())).containsExactly(new VoteReply(2, false, true));

    solo.receive(THREE, request);
    solo.receive(TWO, request);
    effects = solo.drain();
    assertThat(Solo.to(THREE, effects.beforeSync()))
        .containsExactly(new VoteReply(2, false, false));
    assertThat(Solo.to(TWO, effects.afterSync())).containsExactly(new VoteReply(2, false, true));
  }

  /** §5.2: whoever follows the term's leader has nobody else to vote for in it. */
  @Test
  void noVoteInATermThatHasALeader() {
    Solo solo = Solo.withLog(1);
    solo.receive(TWO, new Heartbeat(1, 0, 0));
    solo.receive(TWO, new Heartbeat(1, 0, 0)); // draws 11
    solo.tick(10);
    assertThat(solo.core.status().role()).isEqualTo(RoleName.FOLLOWER);
    solo.receive(THREE, new VoteRequest(1, false, false, new Position(1, 1)));
    assertThat(Solo.to(THREE, solo.drain().beforeSync()))
        .containsExactly(new VoteReply(1, false, false));
  }

  /**
   * §5.2: it votes for itself; which counts once it cannot be forgotten, whatever else is synced.
   */
  @Test
  void candidateCountsItselfWhenDurable() {
    Solo solo = Solo.withLog(1);
    solo.receive(TWO, new Heartbeat(2, 0, 0));
    Effects older = solo.drain();
    solo.tick(25);
    solo.receive(TWO, new VoteReply(3, true, true));
    Effects vote = solo.drain();
    assertThat(Solo.to(TWO, vote.beforeSync())).isEmpty();
    solo.receive(THREE, new VoteReply(3, false, true));
    solo.core.step(new Input.Synced(older.batch()));
    assertThat(solo.core.status().role()).isEqualTo(RoleName.CANDIDATE);
    solo.core.step(new Input.Synced(vote.batch()));
    assertThat(solo.core.status().role()).isEqualTo(RoleName.LEADER);
  }

  /** §5.2: a candidate that hears from a leader of its own term recognizes it. */
  @Test
  void candidateYieldsToTheElected() {
    Solo solo = Solo.withLog(1);
    solo.receive(TWO, new Heartbeat(1, 0, 0));
    solo.tick(25);
    solo.receive(TWO, new VoteReply(2, true, true));
    assertThat(solo.core.status().role()).isEqualTo(RoleName.CANDIDATE);
    solo.receive(THREE, new Heartbeat(2, 0, 0));
    assertThat(solo.core.status().role()).isEqualTo(RoleName.FOLLOWER);
    assertThat(solo.core.status().leader()).contains(THREE);
  }

  /** §5.2: at most one leader can be elected in a given term. */
  @Test
  void secondLeaderOfATermIsABug() {
    Solo follower = Solo.withLog(1);
    follower.receive(TWO, new Heartbeat(1, 0, 0));
    assertThatThrownBy(() -> follower.receive(THREE, new Heartbeat(1, 0, 0)))
        .isInstanceOf(InvariantViolation.class)
        .hasMessage("two leaders in term 1, the second is 3");
    Solo leader = Solo.leading(1);
    assertThatThrownBy(() -> leader.receive(TWO, new Heartbeat(2, 0, 0)))
        .isInstanceOf(InvariantViolation.class);
  }

  /** Figure 2: commitIndex = min(leaderCommit, index of last new entry). */
  @Test
  void commitGoesNoFurtherThanWhatTheAppendShowed() {
    Solo solo = Solo.withLog(1, 1, 1);
    solo.receive(TWO, new AppendRequest(2, new Position(1, 1), 3, 0, List.of()));
    assertThat(solo.core.status().commitIndex()).isEqualTo(1);
    Effects effects = solo.drain();
    AppendReply reply = (AppendReply) Solo.to(TWO, effects.afterSync()).get(0);
    assertThat(reply.match()).isEqualTo(1);
  }

  /**
   * Figure 2: entries that conflict go, and all that follow; what is committed never does (§5.4).
   */
  @Test
  void overwritingWhatIsCommittedIsABug() {
    Solo solo = new Solo(CoreConfig.DEFAULT, Solo.recovered(2, 1, 1, 1));
    List<Entry> entries = List.of(new Entry(2, 4, Entry.Kind.COMMAND, new byte[0]));
    assertThatThrownBy(
            () -> solo.receive(TWO, new AppendRequest(4, new Position(1, 1), 1, 0, entries)))
        .isInstanceOf(InvariantViolation.class)
        .hasMessage("entry 2 is to be overwritten, but 2 is committed");
  }

  /** Figure 2: also when two leaders' entries come in before anything was drained. */
  @Test
  void overwrittenBeforeTheDrainIsNeverHandedOut() {
    Solo solo = Solo.withLog(1);
    Entry second = new Entry(2, 2, Entry.Kind.COMMAND, new byte[0]);
    Entry third = new Entry(3, 2, Entry.Kind.COMMAND, new byte[0]);
    Entry other = new Entry(3, 3, Entry.Kind.COMMAND, new byte[0]);
    solo.receive(TWO, new AppendRequest(2, new Position(1, 1), 0, 0, List.of(second, third)));
    solo.receive(THREE, new AppendRequest(3, new Position(2, 2), 0, 0, List.of(other)));
    Effects effects = solo.sync();
    assertThat(effects.append()).containsExactly(second, other);
    assertThat(effects.hardState()).contains(new HardState(3, Optional.empty()));
    assertThat(solo.core.status().durableIndex()).isEqualTo(3);
  }

  /** Figure 2: commitIndex increases monotonically, and what it points at exists. */
  @Test
  void commitBeyondTheLogIsABug() {
    Solo solo = Solo.withLog(1, 1);
    assertThatThrownBy(() -> solo.receive(TWO, new Heartbeat(1, 3, 0)))
        .isInstanceOf(InvariantViolation.class)
        .hasMessage("commit 3 passes the end of the log 2");
  }

  /**
   * Figure 2: a reply counts for what it says: not if it is a refusal, not if of an earlier term.
   */
  @Test
  void onlySuccessOfThisTermAdvancesTheMatch() {
    Solo solo = Solo.leading(1);
    propose(solo, 5);
    solo.drain();
    solo.receive(TWO, new AppendReply(1, 3, Optional.empty(), 0, NOTHING));
    Conflict conflict = new Conflict(2, 0, 0, 1);
    solo.receive(TWO, new AppendReply(2, 3, Optional.of(conflict), 0, NOTHING));
    solo.receive(THREE, new AppendReply(2, 3, Optional.of(conflict), 0, NOTHING));
    solo.core.step(new Input.Synced(solo.drain().batch()));
    assertThat(solo.core.status().commitIndex()).isEqualTo(2);
    solo.receive(TWO, solo.acknowledging(3));
    assertThat(solo.core.status().commitIndex()).isEqualTo(3);
  }

  /** §5.3: the leader's own disk counts only once it holds the entry (thesis §10.2.1). */
  @Test
  void leaderCountsItselfWhenDurable() {
    Solo solo = Solo.leading(1);
    propose(solo, 5);
    Effects effects = solo.drain();
    solo.receive(TWO, solo.acknowledging(3));
    assertThat(solo.core.status().commitIndex()).isEqualTo(2);
    solo.core.step(new Input.Synced(effects.batch()));
    assertThat(solo.core.status().commitIndex()).isEqualTo(3);
    assertThat(solo.drain().apply()).contains(new Effects.Range(3, 3));
  }

  /** §5.3: AppendEntries leave in parallel with the leader's own write; the entries go out once. */
  @Test
  void appendsLeaveBeforeTheLeadersSyncAndTogether() {
    Solo solo = Solo.leading(1);
    solo.receive(THREE, solo.acknowledging(2));
    solo.drain();
    propose(solo, 5);
    propose(solo, 6);
    Effects effects = solo.drain();
    assertThat(effects.append()).hasSize(2);
    AppendRequest request = (AppendRequest) Solo.to(TWO, effects.beforeSync()).get(0);
    assertThat(request.entries()).isEqualTo(effects.append());
    assertThat(solo.core.flush()).isFalse();
  }

  /** Thesis §9.6: in PreVote a candidate only increments its term if it learns it could win. */
  @Test
  void preVoteKeepsNothing() {
    Solo solo = Solo.withLog(1);
    solo.tick(25);
    Effects effects = solo.drain();
    assertThat(effects.mustSync()).isFalse();
    assertThat(solo.core.status().term()).isEqualTo(1);
    assertThat(Solo.to(TWO, effects.beforeSync()).get(0))
        .isEqualTo(new VoteRequest(2, true, false, new Position(1, 1)));

    solo.receive(TWO, new VoteRequest(7, true, false, new Position(1, 1)));
    effects = solo.drain();
    assertThat(effects.mustSync()).isFalse();
    assertThat(Solo.to(TWO, effects.beforeSync())).containsExactly(new VoteReply(7, true, true));
    assertThat(solo.core.status().term()).isEqualTo(1);
  }

  /** Thesis §9.6: nor is one granted by whoever has heard from a leader lately. */
  @Test
  void preVoteIsRefusedWhileALeaderIsHeard() {
    Solo solo = Solo.withLog(1);
    solo.receive(TWO, new Heartbeat(1, 0, 0));
    solo.tick(9);
    solo.receive(THREE, new VoteRequest(2, true, false, new Position(9, 1)));
    assertThat(Solo.to(THREE, solo.drain().beforeSync()))
        .containsExactly(new VoteReply(1, true, false));
    solo.tick(1);
    solo.receive(THREE, new VoteRequest(2, true, false, new Position(9, 1)));
    assertThat(Solo.to(THREE, solo.drain().beforeSync())).contains(new VoteReply(2, true, true));
  }

  /** Thesis §4.2.3: a request within the minimum timeout of hearing from a leader is not heeded. */
  @Test
  void leaderSticksUnlessItAskedForTheElection() {
    Solo solo = Solo.withLog(1);
    solo.receive(TWO, new Heartbeat(1, 0, 0));
    solo.drain();
    solo.receive(THREE, new VoteRequest(2, false, false, new Position(1, 1)));
    assertThat(solo.core.flush()).isFalse();
    solo.receive(THREE, new VoteRequest(2, false, true, new Position(1, 1)));
    assertThat(Solo.to(THREE, solo.drain().afterSync()))
        .containsExactly(new VoteReply(2, false, true));
  }

  /** Thesis §6.4: the round's answers count by voter, by term and by number. */
  @Test
  void readNeedsAQuorumOfItsOwnRound() {
    Solo solo = Solo.leading(1);
    solo.core.step(new Input.ReadAsked(1));
    Heartbeat sent = (Heartbeat) Solo.to(TWO, solo.drain().beforeSync()).get(0);
    solo.receive(TWO, new HeartbeatReply(2, sent.round() - 1, NOTHING));
    solo.receive(new ReplicaId(9), new HeartbeatReply(2, sent.round(), NOTHING));
    solo.receive(TWO, new HeartbeatReply(1, sent.round(), NOTHING));
    assertThat(solo.drain().answers()).isEmpty();
    solo.receive(TWO, new HeartbeatReply(2, sent.round(), NOTHING));
    assertThat(solo.drain().answers()).containsExactly(new Answer.Readable(1, 2));
  }

  /**
   * Thesis §6.4: an answer to a follower's earlier question, or earlier life, is not one to this.
   */
  @Test
  void followerKnowsItsQuestionAgain() {
    Solo solo = Solo.withLog(1);
    solo.receive(TWO, new Heartbeat(1, 0, 0));
    solo.core.step(new Input.ReadAsked(1));
    ReadIndexRequest request = (ReadIndexRequest) Solo.to(TWO, solo.drain().beforeSync()).get(1);
    solo.receive(TWO, new ReadIndexReply(1, request.token() - 1, Optional.of(1L)));
    solo.receive(TWO, new ReadIndexReply(1, 1, Optional.of(1L)));
    assertThat(solo.drain().answers()).isEmpty();
    solo.receive(TWO, new ReadIndexReply(1, request.token(), Optional.of(4L)));
    assertThat(solo.drain().answers()).containsExactly(new Answer.Readable(1, 4));
  }

  @Test
  void whatCannotHaveBeenKeptIsNotStartedFrom() {
    assertThatThrownBy(() -> new Solo(CoreConfig.DEFAULT, Solo.recovered(3, 1, 1)))
        .isInstanceOf(InvariantViolation.class)
        .hasMessage("commit 3 passes the end of the log 2");
    Recovered older =
        new Recovered(
            HardState.INITIAL, Position.ZERO, List.of(new Position(1, 2)), 1, Solo.voters(3), 0);
    assertThatThrownBy(() -> new Solo(CoreConfig.DEFAULT, older))
        .isInstanceOf(InvariantViolation.class)
        .hasMessageContaining("newer than the kept term 0");
  }

  @Test
  void appendThatContradictsItselfCannotBeMade() {
    Position previous = new Position(4, 3);
    Entry gap = new Entry(6, 3, Entry.Kind.COMMAND, new byte[0]);
    Entry older = new Entry(5, 2, Entry.Kind.COMMAND, new byte[0]);
    Entry newer = new Entry(5, 9, Entry.Kind.COMMAND, new byte[0]);
    for (Entry wrong : List.of(gap, older, newer)) {
      assertThatThrownBy(() -> new AppendRequest(4, previous, 0, 0, List.of(wrong)))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  private static void propose(Solo solo, long token) {
    solo.core.step(new Input.Proposed(token, new byte[8]));
  }
}
