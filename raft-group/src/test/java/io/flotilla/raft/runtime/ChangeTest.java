package io.flotilla.raft.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.raft.core.CoreConfig;
import io.flotilla.raft.core.GroupId;
import io.flotilla.raft.core.GroupStatus.RoleName;
import io.flotilla.raft.core.Membership;
import io.flotilla.raft.core.Membership.Member;
import io.flotilla.raft.core.Position;
import io.flotilla.raft.core.RaftMessage;
import io.flotilla.raft.core.RaftMessage.AppendReply;
import io.flotilla.raft.core.RaftMessage.AppendRequest;
import io.flotilla.raft.core.RaftMessage.Conflict;
import io.flotilla.raft.core.RaftMessage.Progress;
import io.flotilla.raft.core.RaftMessage.SnapshotOffer;
import io.flotilla.raft.core.RaftMessage.TimeoutNow;
import io.flotilla.raft.core.Refusal;
import io.flotilla.raft.core.ReplicaId;
import io.flotilla.raft.port.LogWrite;
import io.flotilla.raft.port.NodeId;
import io.flotilla.raft.port.RaftParcel;
import io.flotilla.raft.port.SnapshotFile;
import io.flotilla.raft.port.StorageException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a leader says of membership changes and transfers, with its disk and peer held in hand. */
class ChangeTest {
  private static final GroupId GROUP = new GroupId(1);
  private static final ReplicaId SELF = new ReplicaId(1);
  private static final ReplicaId OTHER = new ReplicaId(2);
  private static final List<Member> ALONE = List.of(new Member(SELF, 11));
  private static final List<Member> NEW = List.of(new Member(OTHER, 12));
  private static final List<Member> BOTH = List.of(ALONE.get(0), NEW.get(0));
  private static final Membership WITH_LEARNER = new Membership(ALONE, List.of(), NEW);

  private final ManualLog log = new ManualLog();
  private final List<RaftParcel> sent = new ArrayList<>();
  private long nanos;
  private final RaftRuntime<Journal.Round> runtime =
      HandDriven.runtime(log, sent::addAll, () -> nanos, RaftListener.NONE);
  private RaftGroup leader;

  @BeforeEach
  void lead() throws Exception {
    leader = runtime.open(new GroupSpec(GROUP, SELF, Membership.of(ALONE), 0, true), new Journal());
    settle();
    assertThat(leader.status().role()).isEqualTo(RoleName.LEADER);
  }

  @AfterEach
  void close() {
    runtime.close();
  }

  private void turn() throws StorageException {
    runtime.agents().get(0).turn();
  }

  private void settle() throws StorageException {
    for (int i = 0; i < 6; i++) {
      turn();
      log.makeAllDurable();
    }
  }

  private void apply() throws StorageException {
    for (Agent agent : runtime.agents()) {
      if (agent.name().startsWith("raft-apply")) {
        agent.turn();
      }
    }
    settle();
  }

  private void tick(int times) throws StorageException {
    for (int i = 0; i < times; i++) {
      nanos += Duration.ofMillis(100).toNanos();
      turn();
    }
  }

  private void receive(RaftMessage message) throws StorageException {
    receive(GROUP, message);
  }

  private void receive(GroupId group, RaftMessage message) throws StorageException {
    runtime.receive(
        List.of(new RaftParcel(new NodeId(12), new NodeId(11), group, OTHER, SELF, message)));
    turn();
  }

  /** The other one holds all of the log, and says so. */
  private void otherCatchesUp() throws StorageException {
    long last = leader.status().lastIndex();
    long term = leader.status().term();
    receive(new AppendReply(term, last, Optional.empty(), 0, new Progress(last, 0, 0)));
    settle();
  }

  private void addLearner() throws StorageException {
    CompletableFuture<Void> added = leader.changeMembership(WITH_LEARNER);
    settle();
    assertThat(added).isCompleted();
  }

  private void addVoter() throws StorageException {
    addLearner();
    otherCatchesUp();
    CompletableFuture<Void> promoted = leader.changeMembership(Membership.of(BOTH));
    settle();
    otherCatchesUp();
    otherCatchesUp();
    assertThat(promoted).isCompleted();
  }

  private void otherLeads() throws StorageException {
    long term = leader.status().term() + 1;
    receive(new AppendRequest(term, new Position(1, 1), 0, 0, List.of()));
  }

  private static RaftException failureOf(CompletableFuture<?> future) {
    assertThat(future).isCompletedExceptionally();
    try {
      future.join();
      throw new AssertionError("it succeeded");
    } catch (CompletionException e) {
      return (RaftException) e.getCause();
    }
  }

  private static void assertRefused(CompletableFuture<?> future, Refusal why) {
    assertThat(failureOf(future).refusal()).contains(why);
  }

  private boolean isToldToCampaign() {
    return sent.stream().anyMatch(parcel -> parcel.message() instanceof TimeoutNow);
  }

  // ---- changes

  @Test
  void aLearnerIsThereOnceThatIsCommitted() throws Exception {
    CompletableFuture<Void> added = leader.changeMembership(WITH_LEARNER);
    turn();
    assertThat(leader.status().membership()).isEqualTo(WITH_LEARNER);
    assertThat(added).as("nothing is durable yet").isNotDone();
    log.makeAllDurable();
    turn();
    assertThat(added).isCompleted();
    assertThat(sent).anyMatch(parcel -> parcel.toNode().equals(new NodeId(12)));
  }

  @Test
  void aVoterIsThereOnceTheJointMembershipIsLeft() throws Exception {
    addLearner();
    otherCatchesUp();
    CompletableFuture<Void> promoted = leader.changeMembership(Membership.of(BOTH));
    settle();
    assertThat(leader.status().membership().isJoint()).isTrue();
    assertThat(promoted).as("the other one is needed").isNotDone();
    otherCatchesUp();
    assertThat(leader.status().membership()).isEqualTo(Membership.of(BOTH));
    assertThat(promoted).as("joint is committed, its end is not").isNotDone();
    otherCatchesUp();
    assertThat(promoted).isCompleted();
  }

  @Test
  void whoLagsIsNotPromoted() throws Exception {
    addLearner();
    CompletableFuture<Void> promoted = leader.changeMembership(Membership.of(BOTH));
    turn();
    assertRefused(promoted, new Refusal.NotCaughtUp(OTHER));
  }

  @Test
  void oneChangeAtATime() throws Exception {
    CompletableFuture<Void> first = leader.changeMembership(WITH_LEARNER);
    CompletableFuture<Void> second = leader.changeMembership(WITH_LEARNER);
    turn();
    assertRefused(second, new Refusal.ChangeInProgress());
    assertThat(first).isNotDone();
    settle();
    assertThat(first).isCompleted();
  }

  @Test
  void whoIsDeposedCannotSayWhatBecomesOfAChange() throws Exception {
    addLearner();
    otherCatchesUp();
    CompletableFuture<Void> promoted = leader.changeMembership(Membership.of(BOTH));
    settle();
    otherLeads();
    assertThat(failureOf(promoted).outcomeUnknown()).isTrue();
  }

  @Test
  void whoIsClosedCannotSayWhatBecomesOfAChange() throws Exception {
    CompletableFuture<Void> change = leader.changeMembership(WITH_LEARNER);
    turn();
    runtime.close(GROUP);
    turn();
    assertThat(failureOf(change).outcomeUnknown()).isTrue();
  }

  @Test
  void aFollowerChangesNothing() throws Exception {
    addVoter();
    otherLeads();
    CompletableFuture<Void> change = leader.changeMembership(Membership.of(ALONE));
    CompletableFuture<Void> transfer = leader.transferLeadership(Optional.empty());
    turn();
    assertRefused(change, new Refusal.NotLeader(Optional.of(OTHER)));
    assertRefused(transfer, new Refusal.NotLeader(Optional.of(OTHER)));
  }

  /** Its state need not begin where those of the first members began. */
  @Test
  void whoJoinsALogThatBeginsLaterGetsASnapshotAndNotItsFirstEntry() throws Exception {
    GroupId later = new GroupId(2);
    Position begin = new Position(5, 3);
    Journal journal = new Journal();
    journal.adopt(journal.load(Path.of("unused"), List.of(new SnapshotFile("j", 5, 0))));
    RaftGroup led =
        runtime.open(new GroupSpec(later, SELF, Membership.of(ALONE), begin, 0, true), journal);
    settle();
    assertThat(led.status().role()).isEqualTo(RoleName.LEADER);
    assertThat(led.status().term()).isEqualTo(4);
    assertThat(led.status().firstIndex()).isEqualTo(6);
    LogWrite first =
        log.all.stream()
            .flatMap(handOver -> handOver.writes().stream())
            .filter(write -> write.group().equals(later))
            .findFirst()
            .orElseThrow();
    assertThat(first.cut())
        .get()
        .isInstanceOfSatisfying(
            LogWrite.Base.class, base -> assertThat(base.at()).isEqualTo(begin));
    assertThat(first.hardState()).as("no log without the term that it is of").isPresent();

    led.changeMembership(WITH_LEARNER);
    settle();
    apply(); // of a state that does not know of the newcomer it gets none
    AppendRequest append =
        sent.stream()
            .filter(parcel -> parcel.group().equals(later))
            .map(RaftParcel::message)
            .filter(AppendRequest.class::isInstance)
            .map(AppendRequest.class::cast)
            .reduce((one, next) -> next)
            .orElseThrow();
    Conflict nothing = new Conflict(append.previous().index(), 0, 0, 0);
    receive(later, new AppendReply(4, 0, Optional.of(nothing), 0, new Progress(0, 0, 0)));
    assertThat(sent)
        .extracting(RaftParcel::message)
        .anySatisfy(message -> assertThat(message).isInstanceOf(SnapshotOffer.class));
  }

  // ---- transfers

  @Test
  void aTransferIsDoneWhenAnotherTermBegins() throws Exception {
    addVoter();
    CompletableFuture<Void> transfer = leader.transferLeadership(Optional.of(OTHER));
    turn();
    assertThat(isToldToCampaign()).isTrue();
    CompletableFuture<byte[]> proposal = leader.propose(new byte[1]);
    turn();
    assertRefused(proposal, new Refusal.Transferring(OTHER));
    assertThat(transfer).isNotDone();
    CompletableFuture<RoleName> role = transfer.thenApply(done -> leader.status().role());
    otherLeads();
    assertThat(transfer).isCompleted();
    assertThat(role).isCompletedWithValue(RoleName.FOLLOWER);
  }

  @Test
  void aLearnerIsNotGivenLeadership() throws Exception {
    addLearner();
    otherCatchesUp();
    CompletableFuture<Void> toLearner = leader.transferLeadership(Optional.of(OTHER));
    CompletableFuture<Void> toAnybody = leader.transferLeadership(Optional.empty());
    turn();
    assertRefused(toLearner, new Refusal.NoSuchVoter());
    assertRefused(toAnybody, new Refusal.NoSuchVoter());
    assertThat(isToldToCampaign()).isFalse();
  }

  @Test
  void aTransferThatNobodyTakesIsGivenUp() throws Exception {
    addVoter();
    CompletableFuture<Void> transfer = leader.transferLeadership(Optional.of(OTHER));
    CompletableFuture<Void> another = leader.transferLeadership(Optional.of(OTHER));
    turn();
    assertRefused(another, new Refusal.Transferring(OTHER));
    tick(CoreConfig.DEFAULT.electionTicks() - 1);
    assertThat(transfer).isNotDone();
    otherCatchesUp(); // else it would lose its quorum first
    tick(1);
    assertRefused(transfer, new Refusal.TransferGivenUp());
    CompletableFuture<byte[]> proposal = leader.propose(new byte[1]);
    settle();
    assertThat(proposal).as("accepted, and not committed yet").isNotDone();
  }

  @Test
  void whoIsClosedCannotSayWhatBecomesOfATransfer() throws Exception {
    addVoter();
    CompletableFuture<Void> transfer = leader.transferLeadership(Optional.of(OTHER));
    turn();
    runtime.close(GROUP);
    turn();
    assertThat(failureOf(transfer).outcomeUnknown()).isTrue();
  }
}
