package io.flotilla.raft.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.raft.core.CoreConfig;
import io.flotilla.raft.core.Entry;
import io.flotilla.raft.core.GroupId;
import io.flotilla.raft.core.GroupStatus.RoleName;
import io.flotilla.raft.core.Membership;
import io.flotilla.raft.core.Position;
import io.flotilla.raft.core.RaftMessage;
import io.flotilla.raft.core.RaftMessage.AppendReply;
import io.flotilla.raft.core.RaftMessage.AppendRequest;
import io.flotilla.raft.core.RaftMessage.VoteReply;
import io.flotilla.raft.core.RaftMessage.VoteRequest;
import io.flotilla.raft.core.Refusal;
import io.flotilla.raft.core.ReplicaId;
import io.flotilla.raft.port.LogWrite;
import io.flotilla.raft.port.NodeId;
import io.flotilla.raft.port.RaftParcel;
import io.flotilla.raft.port.StorageException;
import io.flotilla.raft.port.Transport;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a turn does and in which order, with a clock, a disk and a network held in hand. */
class TurnTest {
  private static final RuntimeLimits SMALL =
      new RuntimeLimits(new RuntimeLimits.Inboxes(4, 4, 1000, 4, 4), 1000, 1000, 1000, 1000);
  private static final ReplicaId SELF = new ReplicaId(1);

  private final ManualLog log = new ManualLog();
  private final List<RaftParcel> sent = new ArrayList<>();
  private final List<Integer> drops = new ArrayList<>();
  private int commandBytesMax = Integer.MAX_VALUE;
  private long nanos;
  private RaftRuntime<Journal.Round> runtime = runtime(RuntimeLimits.DEFAULT);

  private RaftRuntime<Journal.Round> runtime(RuntimeLimits limits) {
    return runtime(limits, Duration.ZERO);
  }

  private RaftRuntime<Journal.Round> runtime(RuntimeLimits limits, Duration gather) {
    RuntimeConfig config =
        new RuntimeConfig(
            new NodeId(11), 1, 1, 1, Duration.ofMillis(100), gather, CoreConfig.DEFAULT, limits);
    return new RaftRuntime<>(
        config,
        new RuntimePorts<>(
            log,
            new Transport() {
              @Override
              public void send(List<RaftParcel> parcels) {
                sent.addAll(parcels);
              }

              @Override
              public int commandBytesMax() {
                return commandBytesMax;
              }
            },
            new Journal.Store(),
            NoSnapshots.ports(),
            () -> nanos,
            () -> 0,
            (min, max) -> min,
            new RaftListener() {
              @Override
              public void dropped(int parcels) {
                drops.add(parcels);
              }
            },
            failure -> {
              throw new AssertionError(failure);
            }));
  }

  @AfterEach
  void close() {
    runtime.close();
  }

  private Agent agent(String prefix) {
    return runtime.agents().stream()
        .filter(agent -> agent.name().startsWith(prefix))
        .findFirst()
        .orElseThrow();
  }

  private void turn() throws StorageException {
    agent("raft-loop").turn();
  }

  private void applyTurn() throws StorageException {
    agent("raft-apply").turn();
  }

  private RaftGroup open(long group, int replicas) throws Exception {
    return open(group, replicas, replicas == 1);
  }

  private RaftGroup openPreferred() throws Exception {
    return open(1, 3, true);
  }

  private RaftGroup open(long group, int replicas, boolean first) throws Exception {
    List<Membership.Member> members = new ArrayList<>();
    for (long replica = 1; replica <= replicas; replica++) {
      members.add(new Membership.Member(new ReplicaId(replica), 10 + replica));
    }
    GroupSpec spec = new GroupSpec(new GroupId(group), SELF, Membership.of(members), 0, first);
    return runtime.open(spec, new Journal());
  }

  /** A replica that is its own quorum, elected and with its no-op applied. */
  private RaftGroup openLeader(long group) throws Exception {
    RaftGroup opened = open(group, 1);
    settle();
    assertThat(opened.status().role()).isEqualTo(RoleName.LEADER);
    return opened;
  }

  private void settle() throws StorageException {
    for (int i = 0; i < 6; i++) {
      turn();
      log.makeAllDurable();
      applyTurn();
    }
  }

  private static byte[] command(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private void receive(RaftMessage message) {
    ReplicaId from = new ReplicaId(2);
    runtime.receive(
        List.of(
            new RaftParcel(new NodeId(12), new NodeId(11), new GroupId(1), from, SELF, message)));
  }

  private static Refusal refusalOf(CompletableFuture<?> future) {
    assertThat(future).isCompletedExceptionally();
    try {
      future.join();
      throw new AssertionError("it succeeded");
    } catch (CompletionException e) {
      return ((RaftException) e.getCause()).refusal().orElseThrow();
    }
  }

  @Test
  void whatComesInWhileTheDiskIsAtWorkSharesTheNextHandOver() throws Exception {
    runtime.close();
    runtime = runtime(RuntimeLimits.DEFAULT, Duration.ofMillis(2));
    RaftGroup group = openLeader(1);
    int before = log.all.size();
    group.propose(command("a"));
    turn();
    group.propose(command("b"));
    turn();
    group.propose(command("c"));
    turn();
    assertThat(log.all).as("the first is at the disk").hasSize(before + 1);
    log.makeAllDurable();
    turn();
    assertThat(log.all).hasSize(before + 2);
    assertThat(log.all.get(before + 1).writes().get(0).entries()).hasSize(2);
  }

  @Test
  void aSlowDiskIsNotWaitedForLongerThanTheGatherTime() throws Exception {
    runtime.close();
    runtime = runtime(RuntimeLimits.DEFAULT, Duration.ofMillis(2));
    RaftGroup group = openLeader(1);
    int before = log.all.size();
    group.propose(command("a"));
    turn();
    group.propose(command("b"));
    nanos += 1_999_999;
    turn();
    assertThat(log.all).hasSize(before + 1);
    assertThat(agent("raft-loop").idleNanos()).isEqualTo(1);
    nanos += 1;
    turn();
    assertThat(log.all).hasSize(before + 2);
  }

  @Test
  void whileItGathersOnlyTheDiskWakesIt() throws Exception {
    runtime.close();
    runtime = runtime(RuntimeLimits.DEFAULT, Duration.ofMillis(2));
    RaftGroup group = openLeader(1);
    Doorbell idle = agent("raft-loop").doorbell();
    group.propose(command("a"));
    turn();
    turn();
    Doorbell gathering = agent("raft-loop").doorbell();
    assertThat(gathering).isNotSameAs(idle);
    gathering.listen();
    group.propose(command("b"));
    assertThat(gathering.isListening()).isTrue();
    log.makeAllDurable();
    assertThat(gathering.isListening()).isFalse();
    turn();
    assertThat(agent("raft-loop").doorbell()).isSameAs(idle);
  }

  @Test
  void whoStopsRefusesReadsAndCannotSayWhatBecomesOfProposals() throws Exception {
    RaftGroup group = open(1, 1);
    turn();
    log.makeAllDurable();
    turn();
    assertThat(group.status().role()).isEqualTo(RoleName.LEADER);
    CompletableFuture<Long> read = group.readBarrier();
    CompletableFuture<byte[]> proposal = group.propose(command("a"));
    turn();
    assertThat(read).as("nothing of this term is committed").isNotDone();
    group.close();
    turn();
    assertThat(refusalOf(read)).isEqualTo(new Refusal.NotLeader(Optional.empty()));
    assertThat(proposal)
        .failsWithin(Duration.ZERO)
        .withThrowableOfType(ExecutionException.class)
        .satisfies(e -> assertThat(((RaftException) e.getCause()).outcomeUnknown()).isTrue());
  }

  @Test
  void aVoteLeavesAfterItsSyncAndNotBefore() throws Exception {
    open(1, 3);
    turn();
    receive(new VoteRequest(5, false, true, Position.ZERO));
    turn();
    turn();
    assertThat(sent).isEmpty();
    assertThat(log.waiting).hasSize(1);
    log.makeAllDurable();
    assertThat(sent).isEmpty();
    turn();
    assertThat(sent).hasSize(1);
    assertThat(sent.get(0).message()).isEqualTo(new VoteReply(5, false, true));
    assertThat(sent.get(0).toNode()).isEqualTo(new NodeId(12));
  }

  @Test
  void anAcknowledgementWaitsForAllThatWasHandedOverBefore() throws Exception {
    open(1, 3);
    turn();
    receive(new AppendRequest(5, Position.ZERO, 0, 0, List.of()));
    turn();
    receive(new AppendRequest(5, Position.ZERO, 0, 0, List.of()));
    turn();
    assertThat(sent).isEmpty();
    log.makeAllDurable();
    turn();
    assertThat(sent).hasSizeGreaterThanOrEqualTo(2);
    assertThat(sent)
        .allSatisfy(parcel -> assertThat(parcel.message()).isInstanceOf(AppendReply.class));
  }

  @Test
  void aTurnHandsOverOnceForAllGroupsItTouched() throws Exception {
    List<RaftGroup> groups = new ArrayList<>();
    for (long group = 1; group <= 8; group++) {
      groups.add(openLeader(group));
    }
    int before = log.all.size();
    List<CompletableFuture<byte[]>> results = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      for (RaftGroup group : groups) {
        results.add(group.propose(command("x")));
      }
    }
    turn();
    assertThat(log.all).hasSize(before + 1);
    assertThat(log.all.get(before).writes())
        .hasSize(8)
        .allSatisfy(write -> assertThat(write.entries()).hasSize(5));
    assertThat(results).noneMatch(CompletableFuture::isDone);
    settle();
    assertThat(results).allMatch(CompletableFuture::isDone);
  }

  @Test
  void theFirstWriteOfANewGroupSaysWhoItsMembersAre() throws Exception {
    RaftGroup group = openLeader(1);
    group.propose(command("x"));
    settle();
    List<LogWrite> writes = log.all.stream().flatMap(one -> one.writes().stream()).toList();
    ReplicaId self = group.status().replica();
    assertThat(writes.get(0).cut())
        .contains(new LogWrite.Base(self, Position.ZERO, group.status().membership(), 0));
    assertThat(writes.stream().skip(1)).allMatch(write -> write.cut().isEmpty());
  }

  @Test
  void aPauseIsOneTickAndNoReasonToCampaign() throws Exception {
    RaftGroup group = open(1, 3);
    turn();
    nanos += Duration.ofMinutes(5).toNanos();
    for (int i = 0; i < 50; i++) {
      turn();
    }
    assertThat(group.status().role()).isEqualTo(RoleName.FOLLOWER);
    for (int i = 0; i < 10; i++) {
      nanos += Duration.ofMillis(100).toNanos();
      turn();
    }
    assertThat(group.status().role()).isEqualTo(RoleName.PRE_CANDIDATE);
  }

  @Test
  void proposalsAreRefusedWhenTheInboxIsFull() throws Exception {
    runtime.close();
    runtime = runtime(SMALL);
    RaftGroup group = openLeader(1);
    List<CompletableFuture<byte[]>> results = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      results.add(group.propose(command("x")));
    }
    assertThat(refusalOf(results.get(4))).isEqualTo(new Refusal.Overloaded());
    assertThat(refusalOf(results.get(5))).isEqualTo(new Refusal.Overloaded());
    settle();
    assertThat(results.subList(0, 4)).allMatch(result -> !result.isCompletedExceptionally());
  }

  @Test
  void atTheEndOnlyWhatTheLoopHasNotTakenIsRefused() throws Exception {
    RaftGroup group = openLeader(1);
    CompletableFuture<byte[]> taken = group.propose(command("taken"));
    turn();
    CompletableFuture<byte[]> waiting = group.propose(command("waiting"));
    runtime.close();
    CompletableFuture<byte[]> late = group.propose(command("late"));
    assertThat(taken)
        .failsWithin(Duration.ZERO)
        .withThrowableOfType(ExecutionException.class)
        .satisfies(e -> assertThat(((RaftException) e.getCause()).outcomeUnknown()).isTrue());
    assertThat(refusalOf(waiting)).isEqualTo(new Refusal.NotLeader(Optional.empty()));
    assertThat(refusalOf(late)).isEqualTo(new Refusal.NotLeader(Optional.empty()));
  }

  @Test
  void whatNoParcelCanCarryIsRefusedBeforeItIsAppended() throws Exception {
    RaftGroup group = openLeader(1);
    commandBytesMax = 5;
    CompletableFuture<byte[]> longest = group.propose(command("12345"));
    CompletableFuture<byte[]> tooLong = group.propose(command("123456"));
    assertThat(refusalOf(tooLong)).isEqualTo(new Refusal.TooLarge(5));
    settle();
    assertThat(longest).isCompleted();
  }

  @Test
  void messagesAreDroppedWhenTheInboxIsFull() throws Exception {
    runtime.close();
    runtime = runtime(SMALL);
    open(1, 3);
    turn();
    for (int i = 0; i < 6; i++) {
      receive(new VoteRequest(5, true, false, Position.ZERO));
    }
    assertThat(drops).containsExactly(1, 1);
  }

  @Test
  void inboxesAreFullOfFewLargeThingsToo() throws Exception {
    runtime.close();
    runtime = runtime(SMALL);
    RaftGroup group = openLeader(1);
    CompletableFuture<byte[]> first = group.propose(new byte[600]);
    CompletableFuture<byte[]> second = group.propose(new byte[600]);
    assertThat(refusalOf(group.propose(new byte[600]))).isEqualTo(new Refusal.Overloaded());
    settle();
    assertThat(first).isCompleted();
    assertThat(second).isCompleted();
    assertThat(group.propose(new byte[600])).isNotDone();
    Entry large = new Entry(1, 1, Entry.Kind.COMMAND, new byte[600]);
    receive(new AppendRequest(1, Position.ZERO, 0, 0, List.of(large)));
    receive(new AppendRequest(1, Position.ZERO, 0, 0, List.of(large)));
    receive(new AppendRequest(1, Position.ZERO, 0, 0, List.of(large)));
    assertThat(drops).containsExactly(1);
  }

  @Test
  void aDiskThatFallsBehindRefusesProposalsAndThenHearsNothing() throws Exception {
    RaftGroup group = openLeader(1);
    log.backlogBytes = RuntimeLimits.DEFAULT.logBacklogBytesMax() + 1;
    assertThat(refusalOf(group.propose(command("x")))).isEqualTo(new Refusal.Overloaded());
    log.backlogBytes *= 2;
    CompletableFuture<Long> read = group.readBarrier();
    settle();
    assertThat(read).isNotDone();
    log.backlogBytes = 0;
    settle();
    assertThat(read).isCompletedWithValueMatching(index -> index >= 1);
  }

  @Test
  void aSlowStateMachineHoldsBackProposalsButNoCommittedEntry() throws Exception {
    runtime.close();
    runtime = runtime(SMALL);
    RaftGroup group = openLeader(1);
    List<CompletableFuture<byte[]>> results = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      results.add(group.propose(new byte[400]));
      turn();
      log.makeAllDurable();
      turn();
    }
    assertThat(results.subList(0, 3)).noneMatch(CompletableFuture::isDone);
    assertThat(refusalOf(results.get(3))).isEqualTo(new Refusal.Overloaded());
    settle();
    assertThat(results.subList(0, 3)).allMatch(result -> !result.isCompletedExceptionally());
    assertThat(group.propose(command("x"))).isNotDone();
  }

  @Test
  void aReadWaitsUntilWhatWasCommittedBeforeIsApplied() throws Exception {
    RaftGroup group = openLeader(1);
    CompletableFuture<byte[]> write = group.propose(command("x"));
    turn();
    log.makeAllDurable();
    turn();
    CompletableFuture<Long> read = group.readBarrier();
    turn();
    turn();
    assertThat(write).isNotDone();
    assertThat(read).isNotDone();
    applyTurn();
    assertThat(write).isDone();
    turn();
    assertThat(read).isCompletedWithValue(2L);
  }

  @Test
  void readsThatWaitForTheStateAreBounded() throws Exception {
    RaftGroup group = openLeader(1);
    group.propose(command("x"));
    turn();
    log.makeAllDurable();
    turn();
    List<CompletableFuture<Long>> reads = new ArrayList<>();
    while (reads.size() < Outstanding.READABLE_MAX) {
      for (int i = 0; i < 4096; i++) {
        reads.add(group.readBarrier());
      }
      turn();
    }
    CompletableFuture<Long> tooMany = group.readBarrier();
    turn();
    assertThat(refusalOf(tooMany)).isEqualTo(new Refusal.Overloaded());
    assertThat(reads).noneMatch(CompletableFuture::isDone);
    applyTurn();
    turn();
    assertThat(reads).allMatch(read -> read.isDone() && read.join() == 2);
    CompletableFuture<Long> later = group.readBarrier();
    turn();
    assertThat(later).isCompletedWithValue(2L);
  }

  @Test
  void aTurnWithoutWorkSaysSoAndWhenTheNextTickIs() throws Exception {
    openLeader(1);
    settle();
    assertThat(agent("raft-loop").turn()).isZero();
    assertThat(agent("raft-loop").idleNanos()).isEqualTo(Duration.ofMillis(100).toNanos());
    assertThat(agent("raft-apply").turn()).isZero();
    assertThat(agent("raft-fetch").turn()).isZero();
  }

  @Test
  void theFirstLeaderOfANewGroupInsistsUntilItsPeersAreThere() throws Exception {
    RaftGroup group = openPreferred();
    turn();
    int asked = sent.size();
    assertThat(asked).isEqualTo(2);
    for (int i = 0; i < 8; i++) {
      nanos += Duration.ofMillis(100).toNanos();
      turn();
    }
    assertThat(sent.size()).isGreaterThanOrEqualTo(4 * asked);
    assertThat(group.status().term()).as("a question raises no term").isZero();
    receive(new AppendRequest(1, Position.ZERO, 0, 0, List.of()));
    turn();
    sent.clear();
    for (int i = 0; i < 5; i++) {
      nanos += Duration.ofMillis(100).toNanos();
      turn();
    }
    assertThat(sent).as("there is a leader now").isEmpty();
  }

  @Test
  void aMessageForAnotherReplicaOrGroupIsIgnored() throws Exception {
    open(1, 3);
    turn();
    RaftMessage message = new VoteRequest(5, false, true, Position.ZERO);
    NodeId peer = new NodeId(12);
    NodeId here = new NodeId(11);
    ReplicaId two = new ReplicaId(2);
    runtime.receive(
        List.of(
            new RaftParcel(peer, here, new GroupId(9), two, SELF, message),
            new RaftParcel(peer, here, new GroupId(1), two, new ReplicaId(3), message)));
    turn();
    assertThat(log.waiting).isEmpty();
    assertThat(runtime.group(new GroupId(9))).isEqualTo(Optional.empty());
  }
}
