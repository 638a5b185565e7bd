package io.flotilla.raft.core;

import static io.flotilla.raft.core.Solo.ME;
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
import io.flotilla.raft.core.RaftMessage.HeartbeatReply;
import io.flotilla.raft.core.RaftMessage.Progress;
import io.flotilla.raft.core.RaftMessage.SnapshotOffer;
import io.flotilla.raft.core.RaftMessage.VoteReply;
import java.util.List;
import java.util.Optional;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** The rules of InstallSnapshot (§7, Figure 13), and those that come of fetching apart. */
class PaperSnapshotTest {
  private static final ReplicaId FOUR = new ReplicaId(4);
  private static final Membership FIVE = Solo.voters(5);

  /** Rule 7: the entire log goes, and the snapshot's configuration is in force. */
  @Test
  void logThatDoesNotHoldItsLastEntryGoes() {
    Solo solo = Solo.withLog(1, 1, 1);
    solo.core.step(new Input.Restore(3, new Position(2, 3), FIVE));
    Effects effects = solo.drain();
    assertThat(effects.restore()).contains(new Effects.Restore(new Position(2, 3), FIVE));
    assertThat(effects.mustSync()).isTrue();
    GroupStatus status = solo.core.status();
    assertThat(status.term()).isEqualTo(3);
    assertThat(status.lastIndex()).isEqualTo(2);
    assertThat(status.firstIndex()).isEqualTo(3);
    assertThat(status.commitIndex()).isEqualTo(2);
    assertThat(status.membership()).isEqualTo(FIVE);
  }

  /** Rule 6: a log that holds its last entry stays, with what follows; and that is committed. */
  @Test
  void logThatHoldsItsLastEntryStays() {
    Solo solo = Solo.withLog(1, 1, 1);
    solo.core.step(new Input.Restore(1, new Position(2, 1), FIVE));
    Effects effects = solo.drain();
    assertThat(effects.restore()).isEmpty();
    assertThat(effects.apply()).contains(new Effects.Range(1, 2));
    assertThat(solo.core.status().lastIndex()).isEqualTo(3);
    assertThat(solo.core.status().membership()).isEqualTo(Solo.voters(3));
  }

  /** It is older than what is committed, or than where the log begins by now. */
  @Test
  void staleSnapshotChangesNothing() {
    Solo solo = new Solo(CoreConfig.DEFAULT, Solo.recovered(3, 1, 1, 1));
    solo.core.step(new Input.Truncated(new Position(2, 1)));
    for (long index = 1; index <= 3; index++) {
      solo.core.step(new Input.Restore(1, new Position(index, 1), FIVE));
    }
    assertThat(solo.core.flush()).isFalse();
    assertThat(solo.core.status().commitIndex()).isEqualTo(3);
    assertThat(solo.core.status().lastIndex()).isEqualTo(3);
    assertThat(solo.core.status().membership()).isEqualTo(Solo.voters(3));
  }

  /** It is the state when the disk has it, and not before; nothing it covers is handed out. */
  @Test
  void nothingIsHandedOutBeforeItIsDurable() {
    Solo solo = new Solo(CoreConfig.DEFAULT, Solo.recovered(1, 1, 1, 1));
    solo.receive(TWO, new Heartbeat(1, 2, 0));
    Effects before = solo.drain();
    assertThat(before.apply()).contains(new Effects.Range(2, 2));
    solo.core.step(new Input.Restore(1, new Position(9, 1), FIVE));
    solo.receive(TWO, append(9, 10, 10));
    Effects restore = solo.drain();
    assertThat(restore.append()).hasSize(1);
    assertThat(restore.apply()).isEmpty();
    assertThat(Solo.to(TWO, restore.afterSync())).hasAtLeastOneElementOfType(AppendReply.class);
    solo.core.step(new Input.Applied(2));
    assertThat(solo.core.status().appliedIndex()).isEqualTo(2);
    solo.core.step(new Input.Synced(restore.batch()));
    assertThat(solo.core.status().appliedIndex()).isEqualTo(9);
    assertThat(solo.drain().apply()).contains(new Effects.Range(10, 10));
    solo.core.step(new Input.Applied(2));
    assertThat(solo.core.status().appliedIndex()).as("a late one of before").isEqualTo(9);
  }

  /** What was appended in the same drain, before, belongs to the log that goes. */
  @Test
  void whatWasAppendedBeforeInTheSameDrainGoes() {
    Solo solo = Solo.withLog(1);
    solo.receive(TWO, append(1, 4, 1));
    solo.core.step(new Input.Restore(1, new Position(9, 1), FIVE));
    solo.receive(TWO, append(9, 10, 9));
    Effects effects = solo.drain();
    assertThat(effects.append()).extracting(Entry::index).containsExactly(10L);
  }

  /** Rule 1; and what is offered in our term is wanted only if the log does not hold it. */
  @Test
  void whatIsWanted() {
    Solo solo = new Solo(CoreConfig.DEFAULT, Solo.recovered(1, 1, 1, 3));
    assertThat(offered(solo, 2, new Position(9, 2)).snapshotWanted()).isEmpty();
    assertThat(offered(solo, 3, new Position(1, 1)).snapshotWanted()).isEmpty();
    assertThat(offered(solo, 3, new Position(2, 1)).snapshotWanted()).isEmpty();
    assertThat(solo.core.status().commitIndex()).as("it was committed to be offered").isEqualTo(2);
    assertThat(offered(solo, 3, new Position(9, 3)).snapshotWanted())
        .contains(new Effects.SnapshotWanted(TWO, new Position(9, 3)));
    assertThat(offered(solo, 4, new Position(3, 2)).snapshotWanted())
        .contains(new Effects.SnapshotWanted(TWO, new Position(3, 2)));
  }

  private static Effects offered(Solo solo, long term, Position last) {
    solo.receive(TWO, new SnapshotOffer(term, last, FIVE));
    return solo.sync();
  }

  /** Votes that were asked for with the log that is gone must not elect the one that follows. */
  @Test
  void candidateFollowsWhenItsLogIsReplaced() {
    Solo solo = Solo.withLog(1, 1);
    solo.core.step(new Input.Campaign());
    solo.receive(TWO, new VoteReply(2, true, true));
    solo.sync();
    assertThat(solo.core.status().role()).isEqualTo(RoleName.CANDIDATE);
    solo.core.step(new Input.Restore(1, new Position(9, 1), Solo.voters(3)));
    assertThat(solo.core.status().role()).isEqualTo(RoleName.FOLLOWER);
    solo.receive(THREE, new VoteReply(2, false, true));
    assertThat(solo.core.status().role()).isEqualTo(RoleName.FOLLOWER);
  }

  /** §5.4.3: who leads has all that was committed in earlier terms; or something is very wrong. */
  @Test
  void leaderHoldsWhateverASnapshotCovers() {
    Solo solo = Solo.leading(1, 1);
    solo.core.step(new Input.Restore(2, new Position(2, 1), FIVE));
    assertThat(solo.core.status().role()).isEqualTo(RoleName.LEADER);
    assertThat(solo.drain().restore()).isEmpty();
    assertThatThrownBy(() -> solo.core.step(new Input.Restore(2, new Position(9, 1), FIVE)))
        .isInstanceOf(InvariantViolation.class)
        .hasMessageContaining("lacks the committed entry 9");
  }

  /** ... but a snapshot of a newer term makes a follower first (§5.1). */
  @Test
  void leaderFollowsWhenTheSnapshotIsOfANewerTerm() {
    Solo solo = Solo.leading(1, 1);
    solo.core.step(new Input.Restore(4, new Position(9, 1), FIVE));
    assertThat(solo.core.status().role()).isEqualTo(RoleName.FOLLOWER);
    Effects effects = solo.drain();
    assertThat(effects.restore()).isPresent();
    assertThat(effects.hardState()).contains(new HardState(4, Optional.empty()));
  }

  /** A machine's state that does not reach to where the log begins cannot be brought on. */
  @Test
  void stateOlderThanTheLogIsNotStartedFrom() {
    Recovered older =
        new Recovered(
            new HardState(1, Optional.empty()), new Position(3, 1), List.of(), 3, FIVE, 2);
    assertThatThrownBy(() -> new Solo(CoreConfig.DEFAULT, older))
        .isInstanceOf(InvariantViolation.class)
        .hasMessage("cut at 3, handed out or restored only 2");
  }

  @Test
  void positionsAreKnownFromTheTruncationPointOn() {
    Solo solo = new Solo(CoreConfig.DEFAULT, Solo.recovered(3, 1, 2, 2, 3));
    solo.core.step(new Input.Truncated(new Position(2, 2)));
    assertThat(solo.core.positionAt(2)).isEqualTo(new Position(2, 2));
    assertThat(solo.core.positionAt(4)).isEqualTo(new Position(4, 3));
    assertThat(solo.core.membershipAt(2)).isEqualTo(Solo.voters(3));
    for (long unknown : new long[] {1, 5}) {
      assertThatThrownBy(() -> solo.core.positionAt(unknown))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> solo.core.membershipAt(unknown))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  /**
   * §7 asks for less: what the log is cut to. But who joins has no part in what was done before,
   * and may be unable to do it again from the log.
   */
  @Test
  void whoJoinsIsOfferedASnapshotThatKnowsOfIt() {
    Solo solo = Solo.leading(1, 1);
    solo.core.step(new Input.Applied(3));
    solo.core.step(new Input.Truncated(new Position(2, 1)));
    Membership joined =
        new Membership(Solo.voters(3).voters(), List.of(), List.of(new Membership.Member(FOUR, 4)));
    solo.core.step(new Input.MembershipAsked(7, joined));
    solo.sync();
    Conflict empty = new Conflict(4, 0, 0, 0);
    solo.receive(FOUR, new AppendReply(2, 0, Optional.of(empty), 0, new Progress(0, 0, 0)));
    assertThat(offersTo(FOUR, solo.drain())).as("it may be undone").isEmpty();
    solo.receive(TWO, solo.acknowledging(4));
    assertThat(offersTo(FOUR, solo.drain())).as("our state is older").isEmpty();
    solo.core.step(new Input.Applied(4));
    assertThat(offersTo(FOUR, solo.drain()))
        .containsExactly(new SnapshotOffer(2, new Position(4, 2), joined));
    Conflict behind = new Conflict(2, 0, 0, 1);
    solo.receive(THREE, new AppendReply(2, 0, Optional.of(behind), 0, new Progress(1, 1, 0)));
    assertThat(offersTo(THREE, solo.drain()))
        .as("who has always been there takes what there is")
        .containsExactly(new SnapshotOffer(2, new Position(2, 1), Solo.voters(3)));
  }

  private static List<RaftMessage> offersTo(ReplicaId replica, Effects effects) {
    return Solo.to(replica, effects.beforeSync()).stream()
        .filter(SnapshotOffer.class::isInstance)
        .toList();
  }

  @Test
  void aFollowerSaysWhatWouldOutliveACrash() {
    Solo solo = new Solo(CoreConfig.DEFAULT, Solo.recovered(1, 1, 1, 1));
    solo.receive(TWO, new Heartbeat(1, 3, 0));
    assertThat(solo.drain().beforeSync())
        .extracting(Envelope::message)
        .contains(new HeartbeatReply(1, 0, new Progress(3, 1, 1)));
    solo.core.step(new Input.Applied(3));
    solo.core.step(new Input.DurablyApplied(2));
    solo.core.step(new Input.DurablyApplied(1));
    assertThat(solo.core.status().durablyAppliedIndex()).isEqualTo(2);
    solo.receive(TWO, new Heartbeat(1, 3, 0));
    assertThat(solo.drain().beforeSync())
        .extracting(Envelope::message)
        .contains(new HeartbeatReply(1, 0, new Progress(3, 3, 2)));
    solo.core.step(new Input.Restore(1, new Position(9, 1), FIVE));
    Effects restore = solo.drain();
    assertThat(solo.core.status().durablyAppliedIndex()).isEqualTo(2);
    solo.core.step(new Input.Synced(restore.batch()));
    assertThat(solo.core.status().durablyAppliedIndex()).isEqualTo(9);
  }

  @Test
  void leaderSaysHowFarTheOthersAre() {
    Solo solo = Solo.leading(1, 1);
    solo.receive(TWO, new AppendReply(2, 3, Optional.empty(), 0, new Progress(3, 2, 1)));
    assertThat(solo.core.status().peers())
        .containsExactly(
            new PeerStatus(TWO, 3, 2, 1, PeerState.REPLICATE, true),
            new PeerStatus(THREE, 0, 0, 0, PeerState.PROBE, false));
    int electionTicks = CoreConfig.DEFAULT.electionTicks();
    solo.tick(electionTicks - 1);
    solo.receive(TWO, new HeartbeatReply(2, 0, new Progress(3, 3, 0)));
    solo.tick(1);
    assertThat(solo.core.status().peers())
        .containsExactly(
            new PeerStatus(TWO, 3, 3, 1, PeerState.REPLICATE, true),
            new PeerStatus(THREE, 0, 0, 0, PeerState.PROBE, false));
    solo.receive(TWO, new HeartbeatReply(2, 0, new Progress(3, 3, 3)));
    solo.receive(TWO, new HeartbeatReply(2, 0, new Progress(3, 3, 2)));
    assertThat(solo.core.status().peers().get(0).durablyApplied())
        .as("what would outlive a crash does so for ever, whatever was late")
        .isEqualTo(3);
    solo.receive(TWO, new Heartbeat(9, 0, 0));
    assertThat(solo.core.status().peers()).isEmpty();
    assertThat(solo.core.status().replica()).isEqualTo(ME);
  }

  /** Of term 1, with the entries behind {@code previous} up to {@code last}. */
  private static AppendRequest append(long previous, long last, long commit) {
    List<Entry> entries =
        LongStream.rangeClosed(previous + 1, last)
            .mapToObj(index -> new Entry(index, 1, Entry.Kind.COMMAND, new byte[0]))
            .toList();
    return new AppendRequest(1, new Position(previous, 1), commit, 0, entries);
  }
}
