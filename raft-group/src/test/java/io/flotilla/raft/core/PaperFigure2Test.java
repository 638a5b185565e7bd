package io.flotilla.raft.core;

import static io.flotilla.raft.core.Solo.THREE;
import static io.flotilla.raft.core.Solo.TWO;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.raft.core.GroupStatus.PeerState;
import io.flotilla.raft.core.GroupStatus.PeerStatus;
import io.flotilla.raft.core.GroupStatus.RoleName;
import io.flotilla.raft.core.RaftMessage.AppendReply;
import io.flotilla.raft.core.RaftMessage.AppendRequest;
import io.flotilla.raft.core.RaftMessage.Conflict;
import io.flotilla.raft.core.RaftMessage.Heartbeat;
import io.flotilla.raft.core.RaftMessage.Progress;
import io.flotilla.raft.core.RaftMessage.VoteReply;
import io.flotilla.raft.core.RaftMessage.VoteRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Rules of Figure 2 of the Raft paper that stand in no sentence of {@link PaperTest}. */
class PaperFigure2Test {
  private static final CoreConfig WITHOUT_PRE_VOTE =
      new CoreConfig(1, 10, false, true, 256, 1 << 20, 1 << 20, 1 << 20, 256);

  /** State: lastApplied; All Servers: whatever is committed is applied, in order and once. */
  @Test
  void eachCommittedEntryIsHandedOutOnceAndInOrder() {
    Solo solo = new Solo(CoreConfig.DEFAULT, Solo.recovered(1, 1, 1, 1, 1, 1));
    List<Effects.Range> handedOut = new ArrayList<>();
    for (long commit : new long[] {0, 2, 1, 2, 4, 3, 5, 5}) {
      solo.receive(TWO, new Heartbeat(1, commit, 0));
      solo.sync().apply().ifPresent(handedOut::add);
    }
    assertThat(handedOut)
        .containsExactly(new Effects.Range(2, 2), new Effects.Range(3, 4), new Effects.Range(5, 5));
    assertThat(solo.core.status().commitIndex()).isEqualTo(5);
  }

  /** State: nextIndex begins behind the leader's last entry, matchIndex at 0. */
  @Test
  void leaderGuessesThatAllAgreeAndKnowsOfNothing() {
    Solo solo = Solo.withLog(1, 1, 1);
    solo.core.step(new Input.Campaign());
    solo.drain();
    solo.receive(TWO, new VoteReply(2, true, true));
    solo.sync();
    solo.receive(TWO, new VoteReply(2, false, true));
    assertThat(solo.core.status().peers())
        .containsExactly(
            new PeerStatus(TWO, 0, 0, 0, PeerState.PROBE, false),
            new PeerStatus(THREE, 0, 0, 0, PeerState.PROBE, false));
    AppendRequest first = (AppendRequest) Solo.to(THREE, solo.drain().beforeSync()).get(0);
    assertThat(first.previous()).isEqualTo(new Position(3, 1));
    assertThat(first.entries()).extracting(Entry::kind).containsExactly(Entry.Kind.NO_OP);
  }

  /** AppendEntries 2: false if the log has no entry at prevLogIndex, or one of another term. */
  @ParameterizedTest
  @CsvSource({"4,2,0,0", "3,2,1,2", "2,2,1,2"})
  void appendThatDoesNotFitIsRefused(long index, long term, long xTerm, long xIndex) {
    Solo solo = Solo.withLog(0, 1, 1);
    Entry entry = command(index + 1, 2);
    solo.receive(TWO, new AppendRequest(2, new Position(index, term), 3, 0, List.of(entry)));
    Effects effects = solo.sync();
    assertThat(effects.append()).isEmpty();
    assertThat(solo.core.status().commitIndex()).isZero();
    Conflict conflict = new Conflict(index, xTerm, xIndex, 3);
    assertThat(Solo.to(TWO, effects.afterSync()))
        .containsExactly(new AppendReply(2, 0, Optional.of(conflict), 0, new Progress(3, 0, 0)));
  }

  /** AppendEntries 3: an entry that conflicts goes, and all that follow it. */
  @Test
  void conflictGoesWithAllThatFollow() {
    Solo solo = Solo.withLog(1, 1, 1, 1);
    Entry other = command(3, 2);
    solo.receive(
        TWO, new AppendRequest(2, new Position(1, 1), 0, 0, List.of(command(2, 1), other)));
    Effects effects = solo.sync();
    assertThat(effects.append()).containsExactly(other);
    assertThat(effects.events()).contains(new RaftEvent.ConflictOverwritten(3, 4));
    assertThat(solo.core.status().lastIndex()).isEqualTo(3);
    assertThat(solo.core.positionAt(2)).isEqualTo(new Position(2, 1));
    assertThat(solo.core.positionAt(3)).isEqualTo(new Position(3, 2));
  }

  /** AppendEntries 4: only what is not in the log yet; also §5.5, requests may come twice. */
  @Test
  void entriesThatAreThereStayWithWhatFollows() {
    Solo solo = Solo.withLog(1);
    AppendRequest both =
        new AppendRequest(1, new Position(1, 1), 0, 0, List.of(command(2, 1), command(3, 1)));
    AppendRequest first = new AppendRequest(1, new Position(1, 1), 0, 0, List.of(command(2, 1)));
    solo.receive(TWO, both);
    assertThat(solo.sync().append()).hasSize(2);
    for (AppendRequest again : List.of(both, first)) {
      solo.receive(TWO, again);
      Effects effects = solo.sync();
      assertThat(effects.append()).isEmpty();
      long lastNew = 1L + again.entries().size();
      assertThat(Solo.to(TWO, effects.afterSync()))
          .containsExactly(new AppendReply(1, lastNew, Optional.empty(), 0, new Progress(3, 0, 0)));
      assertThat(solo.core.status().lastIndex()).isEqualTo(3);
    }
  }

  /** RequestVote 1: false if its term is smaller than ours, which the candidate is told. */
  @Test
  void staleCandidateIsRefused() {
    Solo solo = Solo.withLog(1, 3);
    solo.receive(TWO, new VoteRequest(2, false, false, new Position(9, 2)));
    Effects effects = solo.drain();
    assertThat(effects.hardState()).isEmpty();
    assertThat(Solo.to(TWO, effects.beforeSync())).containsExactly(new VoteReply(3, false, false));
  }

  /** RequestVote 2: granted if its log is at least as up-to-date: the last term, then the index. */
  @ParameterizedTest
  @CsvSource({"2,3,true", "3,3,true", "1,4,true", "1,3,false", "9,2,false"})
  void voteGoesToALogThatIsAtLeastAsUpToDate(long index, long term, boolean granted) {
    Solo solo = Solo.withLog(1, 3);
    solo.receive(TWO, new VoteRequest(5, false, false, new Position(index, term)));
    Effects effects = solo.sync();
    Optional<ReplicaId> vote = granted ? Optional.of(TWO) : Optional.empty();
    assertThat(effects.hardState()).contains(new HardState(5, vote));
    assertThat(Solo.to(TWO, effects.afterSync())).containsExactly(new VoteReply(5, false, granted));
  }

  /** Followers: only the term's leader and a vote that was granted keep it from campaigning. */
  @Test
  void refusingOrBeingTalkedToByOthersKeepsNobodyQuiet() {
    Solo solo = new Solo(WITHOUT_PRE_VOTE, Solo.recovered(0, 1, 3));
    solo.tick(9);
    solo.receive(TWO, new VoteRequest(3, false, false, new Position(1, 1)));
    solo.receive(TWO, new VoteRequest(4, false, false, new Position(1, 1)));
    solo.receive(TWO, new AppendRequest(2, new Position(1, 1), 0, 0, List.of()));
    solo.receive(TWO, new Heartbeat(2, 0, 0));
    solo.receive(THREE, new VoteReply(3, false, true));
    solo.tick(2);
    assertThat(solo.core.status().role()).isEqualTo(RoleName.CANDIDATE);

    Solo voter = new Solo(WITHOUT_PRE_VOTE, Solo.recovered(0, 1, 3));
    voter.tick(9);
    voter.receive(TWO, new VoteRequest(3, false, false, new Position(2, 3)));
    voter.tick(9);
    assertThat(voter.core.status().role()).isEqualTo(RoleName.FOLLOWER);
    voter.receive(TWO, new Heartbeat(3, 0, 0));
    voter.tick(9);
    assertThat(voter.core.status().role()).isEqualTo(RoleName.FOLLOWER);
    voter.tick(2);
    assertThat(voter.core.status().role()).isEqualTo(RoleName.CANDIDATE);
  }

  /** Candidates: a new term, a vote for itself, a new timeout, and RequestVote to all others. */
  @Test
  void candidateRaisesItsTermVotesForItselfAndAsksAllOthers() {
    Solo solo = new Solo(WITHOUT_PRE_VOTE, Solo.recovered(0, 1, 3));
    int drawn = solo.drawn.size();
    solo.core.step(new Input.Campaign());
    assertThat(solo.drawn).hasSize(drawn + 1);
    assertThat(solo.core.status().role()).isEqualTo(RoleName.CANDIDATE);
    Effects effects = solo.drain();
    assertThat(effects.hardState()).contains(new HardState(4, Optional.of(Solo.ME)));
    VoteRequest request = new VoteRequest(4, false, false, new Position(2, 3));
    assertThat(effects.afterSync())
        .containsExactly(new Envelope(TWO, request), new Envelope(THREE, request));
  }

  /** Candidates: if the timeout elapses, a new election, in the next term. */
  @Test
  void candidateThatHearsNothingBeginsAnew() {
    Solo solo = new Solo(WITHOUT_PRE_VOTE, Solo.recovered(0, 1));
    solo.core.step(new Input.Campaign());
    solo.sync();
    solo.tick(9);
    assertThat(solo.core.status().term()).isEqualTo(2);
    solo.tick(2);
    assertThat(solo.core.status().term()).isEqualTo(3);
    assertThat(Solo.to(THREE, solo.sync().afterSync()))
        .containsExactly(new VoteRequest(3, false, false, new Position(1, 1)));
  }

  /** Leaders: they speak in each interval, or somebody would campaign. */
  @Test
  void leaderSpeaksToEverybodyInEachInterval() {
    Solo solo = Solo.leading(1);
    for (int interval = 0; interval < 5; interval++) {
      solo.tick(1);
      Effects effects = solo.drain();
      assertThat(Solo.to(TWO, effects.beforeSync()))
          .anySatisfy(message -> assertThat(message).isInstanceOf(Heartbeat.class));
      assertThat(Solo.to(THREE, effects.beforeSync()))
          .anySatisfy(message -> assertThat(message).isInstanceOf(Heartbeat.class));
    }
  }

  /** Leaders: a command goes to the end of the log, and is not committed by that. */
  @Test
  void commandIsAppendedBeforeAnythingElseBecomesOfIt() {
    Solo solo = Solo.leading(1);
    solo.core.step(new Input.Proposed(7, new byte[] {42}));
    Effects effects = solo.sync();
    assertThat(effects.answers()).containsExactly(new Answer.Appended(7, new Position(3, 2)));
    assertThat(effects.append()).extracting(Entry::index).containsExactly(3L);
    assertThat(effects.append().get(0).payload()).containsExactly(42);
    assertThat(solo.core.flush()).isFalse();
    assertThat(solo.core.status().commitIndex()).isEqualTo(2);
  }

  /** Leaders: a refusal moves nextIndex back, and is followed by another append at once. */
  @Test
  void refusedAppendIsRepeatedFromFurtherBack() {
    Solo solo = Solo.leading(1, 1, 1);
    solo.receive(THREE, new AppendReply(2, 0, refusal(3, 1), 0, new Progress(1, 0, 0)));
    AppendRequest again = (AppendRequest) Solo.to(THREE, solo.drain().beforeSync()).get(0);
    assertThat(again.previous()).isEqualTo(new Position(1, 1));
    assertThat(again.entries()).extracting(Entry::index).containsExactly(2L, 3L, 4L);
    solo.receive(THREE, solo.acknowledging(4));
    assertThat(solo.core.status().peers().get(1))
        .isEqualTo(new PeerStatus(THREE, 4, 0, 0, PeerState.REPLICATE, true));
  }

  private static Optional<Conflict> refusal(long previous, long lastIndex) {
    return Optional.of(new Conflict(previous, 0, 0, lastIndex));
  }

  /** Leaders: a majority commits an entry of this term only (§5.4.2), and those before with it. */
  @Test
  void entryOfAnEarlierTermIsNotCommittedByCounting() {
    Solo solo = Solo.withLog(1, 1);
    solo.core.step(new Input.Campaign());
    solo.drain();
    solo.receive(TWO, new VoteReply(2, true, true));
    solo.sync();
    solo.receive(TWO, new VoteReply(2, false, true));
    solo.sync();
    solo.receive(TWO, solo.acknowledging(2));
    solo.receive(THREE, solo.acknowledging(2));
    assertThat(solo.core.status().commitIndex()).as("two disks and ours have it").isZero();
    solo.receive(THREE, solo.acknowledging(3));
    assertThat(solo.core.status().commitIndex()).isEqualTo(3);
  }

  /** §5.6: the election timeout is far above the time of a round trip, and of a heartbeat. */
  @Test
  void electionTimeoutCoversSeveralHeartbeats() {
    assertThatThrownBy(() -> new CoreConfig(4, 11, true, true, 1, 1, 1, 1, 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("at least three heartbeats");
    assertThat(new CoreConfig(4, 12, true, true, 1, 1, 1, 1, 0).electionTicks()).isEqualTo(12);
  }

  private static Entry command(long index, long term) {
    return new Entry(index, term, Entry.Kind.COMMAND, new byte[0]);
  }
}
