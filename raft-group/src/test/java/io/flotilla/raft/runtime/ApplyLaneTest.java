package io.flotilla.raft.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.raft.core.Entry;
import io.flotilla.raft.core.GroupId;
import io.flotilla.raft.core.Membership;
import io.flotilla.raft.core.Position;
import io.flotilla.raft.core.Refusal;
import io.flotilla.raft.core.ReplicaId;
import io.flotilla.raft.port.DamagedLogException;
import io.flotilla.raft.port.LogStore;
import io.flotilla.raft.port.LogWrite;
import io.flotilla.raft.port.MissingEntriesException;
import io.flotilla.raft.port.SnapshotFile;
import io.flotilla.raft.runtime.Request.Proposal;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class ApplyLaneTest {
  private static final GroupId GROUP = new GroupId(1);

  private static final RuntimeLimits LIMITS =
      new RuntimeLimits(RuntimeLimits.Inboxes.DEFAULT, 1000, 1000, 1000, 1 << 20);

  private final ManualLog log = new ManualLog();
  private final Journal journal = new Journal();
  private final Journal.Round round = new Journal.Round();
  private final AtomicLong backlog = new AtomicLong();
  private final AtomicInteger told = new AtomicInteger();
  private final ApplyLane<Journal.Round> lane =
      new ApplyLane<>(GROUP, journal, log, backlog, LIMITS, told::incrementAndGet);

  private static List<Entry> entries(long term, long first, int count) {
    List<Entry> entries = new ArrayList<>();
    for (long index = first; index < first + count; index++) {
      byte[] payload = ("c" + index).getBytes(StandardCharsets.UTF_8);
      entries.add(new Entry(index, term, Entry.Kind.COMMAND, payload));
    }
    return entries;
  }

  private static Deque<Proposal> promised(Proposal... proposals) {
    return new ArrayDeque<>(List.of(proposals));
  }

  @SuppressWarnings("NullAway") // nobody asks a proposal for its replica here
  private static Proposal proposal(long index, long term) {
    Proposal proposal = new Proposal(null, new byte[0]);
    proposal.index = index;
    proposal.term = term;
    return proposal;
  }

  private int round() throws Exception {
    int staged = lane.stage(round, 1 << 20);
    if (staged > 0) {
      round.commit();
      lane.finish();
    }
    return staged;
  }

  private static LogWrite begin(long index) {
    Membership nobody = Membership.of(List.of());
    return LogWrite.begin(
        GROUP, new LogWrite.Base(new ReplicaId(1), new Position(index, 1), nobody, 1));
  }

  private void keepOnDisk(List<Entry> entries) {
    log.append(List.of(LogWrite.of(GROUP, Optional.empty(), entries)), () -> {});
    log.makeAllDurable();
  }

  @Test
  void whatWasPushedTogetherIsAppliedTogether() throws Exception {
    lane.push(1, 3, entries(1, 1, 3), promised());
    lane.push(4, 5, entries(1, 4, 2), promised());
    assertThat(backlog.get()).isPositive();
    assertThat(round()).isEqualTo(5);
    assertThat(round()).isZero();
    assertThat(journal.commands()).containsExactly("c1", "c2", "c3", "c4", "c5");
    assertThat(lane.applied()).isEqualTo(5);
    assertThat(backlog.get()).isZero();
    assertThat(log.reads).isZero();
    assertThat(told).hasValue(1);
  }

  @Test
  void whatDoesNotFitIntoARoundIsAppliedInTheNext() throws Exception {
    keepOnDisk(entries(1, 1, 6));
    journal.entriesMax = 2;
    List<Proposal> proposals = new ArrayList<>();
    for (int index = 1; index <= 5; index++) {
      proposals.add(proposal(index, 1));
    }
    lane.push(1, 5, entries(1, 1, 5), promised(proposals.toArray(Proposal[]::new)));
    lane.push(6, 6, entries(1, 6, 1), promised());
    assertThat(round()).isEqualTo(2);
    assertThat(proposals).filteredOn(proposal -> proposal.result.isDone()).hasSize(2);
    while (lane.hasWork()) {
      round();
    }
    assertThat(journal.commands()).containsExactly("c1", "c2", "c3", "c4", "c5", "c6");
    assertThat(proposals)
        .extracting(proposal -> new String(proposal.result.join(), StandardCharsets.UTF_8))
        .containsExactly("0", "1", "2", "3", "4");
    assertThat(backlog.get()).isZero();
  }

  @Test
  void whatWasNotPushedIsReadFromDiskInItsPlace() throws Exception {
    keepOnDisk(entries(1, 1, 20));
    lane.push(1, 4, List.of(), promised());
    lane.push(5, 6, entries(1, 5, 2), promised());
    Proposal eight = proposal(8, 1);
    lane.push(7, 9, List.of(), promised(eight));
    lane.push(10, 10, entries(1, 10, 1), promised());
    lane.push(11, 20, List.of(), promised());
    while (lane.hasWork()) {
      round();
    }
    assertThat(journal.commands()).hasSize(20).startsWith("c1", "c2").endsWith("c20");
    assertThat(eight.result.join()).asString().isEqualTo("7");
    assertThat(backlog.get()).isZero();
  }

  @Test
  void whatWasCommittedBeforeARestoreIsDroppedAndWhatFollowsIsApplied() throws Exception {
    Proposal lost = proposal(2, 1);
    lane.push(1, 2, entries(1, 1, 2), promised(lost));
    lane.suspend();
    assertThat(round()).as("suspended").isZero();
    long generation = journal.load(Path.of("."), List.of(new SnapshotFile("journal", 10, 0)));
    AtomicInteger done = new AtomicInteger();
    lane.adopt(generation, 10, done::incrementAndGet);
    lane.push(11, 12, entries(1, 11, 2), promised());
    assertThat(lane.runErrands()).isEqualTo(1);
    assertThat(done).hasValue(1);
    assertThat(lost.result)
        .failsWithin(Duration.ZERO)
        .withThrowableOfType(ExecutionException.class)
        .satisfies(e -> assertThat(((RaftException) e.getCause()).outcomeUnknown()).isTrue());
    assertThat(round()).isEqualTo(2);
    assertThat(journal.commands()).containsExactly("c11", "c12");
    assertThat(backlog.get()).isZero();
  }

  @Test
  void aLogThatBeginsAnewUnderAReaderIsNoError() throws Exception {
    keepOnDisk(entries(1, 1, 2));
    lane.push(1, 3, List.of(), promised());
    log.onRead =
        () -> {
          lane.suspend();
          log.append(List.of(begin(10)), () -> {});
          log.makeAllDurable();
        };
    assertThat(round()).isZero();
    assertThat(lane.failure()).isNull();
  }

  @Test
  void aLogThatGoesAwayWithItsReplicaUnderAReaderIsNoError() throws Exception {
    keepOnDisk(entries(1, 1, 2));
    lane.push(1, 3, List.of(), promised());
    log.onRead =
        () -> {
          lane.close();
          log.append(List.of(begin(10)), () -> {});
          log.makeAllDurable();
        };
    assertThat(round()).isZero();
    assertThat(lane.failure()).isNull();
    assertThat(round()).isZero();
    assertThat(lane.closed).isCompleted();
  }

  @Test
  void aDamagedLogStopsItsReplicaAndNotTheWorker() throws Exception {
    keepOnDisk(entries(1, 1, 3));
    log.damaged().put(GROUP, new LogStore.DamagedLog(new ReplicaId(1), "broken"));
    assertUnreadable(DamagedLogException.class);
  }

  @Test
  void aLogThatLacksWhatIsCommittedStopsItsReplicaAndNotTheWorker() throws Exception {
    keepOnDisk(List.of());
    assertUnreadable(MissingEntriesException.class);
  }

  private void assertUnreadable(Class<? extends Throwable> cause) throws Exception {
    Proposal waiting = proposal(3, 1);
    lane.push(1, 3, List.of(), promised(waiting));
    assertThat(round()).isZero();
    assertThat(lane.failure()).isInstanceOf(cause);
    assertThat(lane.hasWork()).isFalse();
    assertThat(told).hasValue(1);
    assertThat(waiting.result)
        .failsWithin(Duration.ZERO)
        .withThrowableOfType(ExecutionException.class)
        .satisfies(e -> assertThat(((RaftException) e.getCause()).outcomeUnknown()).isTrue());
    assertThat(journal.commands()).isEmpty();
  }

  @Test
  void aResultIsGivenOnlyForTheEntryThatWasProposed() throws Exception {
    Proposal same = proposal(1, 2);
    Proposal other = proposal(2, 1);
    lane.push(1, 2, entries(2, 1, 2), promised(same, other));
    assertThat(lane.stage(round, 1 << 20)).isEqualTo(2);
    assertThat(same.result).as("before the commit").isNotDone();
    round.commit();
    assertThat(lane.finish()).isEqualTo(1);
    assertThat(same.result).isCompleted();
    assertThat(other.result)
        .failsWithin(Duration.ZERO)
        .withThrowableOfType(ExecutionException.class)
        .satisfies(
            e ->
                assertThat(((RaftException) e.getCause()).refusal())
                    .contains(new Refusal.NotLeader(Optional.empty())));
  }

  @Test
  void closingLetsEverybodyGoAndAppliesNothing() throws Exception {
    Proposal waiting = proposal(1, 1);
    lane.push(1, 1, entries(1, 1, 1), promised(waiting));
    lane.close();
    assertThat(round()).isZero();
    assertThat(waiting.result).isCompletedExceptionally();
    assertThat(lane.closed).isCompleted();
    assertThat(journal.commands()).isEmpty();
    assertThat(backlog.get()).isZero();
  }

  @Test
  void anUnknownCommandStopsItAndLeavesTheOutcomeOpen() throws Exception {
    Proposal poison = proposal(1, 1);
    byte[] payload = Journal.POISON.getBytes(StandardCharsets.UTF_8);
    lane.push(1, 1, List.of(new Entry(1, 1, Entry.Kind.COMMAND, payload)), promised(poison));
    assertThat(round()).isZero();
    assertThat(lane.failure()).isNotNull();
    assertThat(lane.hasWork()).isFalse();
    try {
      poison.result.join();
    } catch (CompletionException e) {
      assertThat(((RaftException) e.getCause()).outcomeUnknown()).isTrue();
    }
    assertThat(told).hasValue(1);
  }
}
