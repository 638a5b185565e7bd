package io.flotilla.raft.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.raft.core.Entry;
import io.flotilla.raft.core.GroupId;
import io.flotilla.raft.core.Membership;
import io.flotilla.raft.core.Position;
import io.flotilla.raft.core.RaftMessage;
import io.flotilla.raft.core.RaftMessage.AppendRequest;
import io.flotilla.raft.core.RaftMessage.Removed;
import io.flotilla.raft.core.RaftMessage.SnapshotOffer;
import io.flotilla.raft.core.ReplicaId;
import io.flotilla.raft.port.LogWrite;
import io.flotilla.raft.port.NodeId;
import io.flotilla.raft.port.RaftParcel;
import io.flotilla.raft.port.SnapshotFile;
import io.flotilla.raft.port.SnapshotManifest;
import io.flotilla.raft.port.SnapshotRequest;
import io.flotilla.raft.port.StorageException;
import io.flotilla.raft.sim.SimFiles;
import io.flotilla.raft.sim.SimSnapshotStore;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** How a loaded snapshot becomes a replica's state, step by step, and how a replica is removed. */
class RestoreTest {
  private static final GroupId GROUP = new GroupId(1);
  private static final ReplicaId SELF = new ReplicaId(1);
  private static final long TERM = 5;
  private static final Membership MEMBERS =
      Membership.of(
          List.of(
              new Membership.Member(SELF, 11),
              new Membership.Member(new ReplicaId(2), 12),
              new Membership.Member(new ReplicaId(3), 13)));

  private final ManualLog log = new ManualLog();
  private final Journal journal = new Journal();
  private final List<SnapshotRequest> asked = new ArrayList<>();
  private final List<Long> restored = new ArrayList<>();
  private int closed;
  private final RaftRuntime<Journal.Round> runtime =
      HandDriven.runtime(
          log,
          parcels -> {},
          new SnapshotPorts(
              new SimSnapshotStore(new SimFiles(), Path.of("snapshots")),
              (node, request, reply) -> asked.add(request),
              SnapshotSendConfig.DEFAULT,
              SnapshotFetchConfig.DEFAULT,
              new SplittableRandom(1)),
          () -> 0,
          new RaftListener() {
            @Override
            public void restored(GroupId group, long index) {
              restored.add(index);
            }
          });
  private HostedGroup<Journal.Round> group;

  @BeforeEach
  @SuppressWarnings("unchecked") // of what this runtime hosts
  void openAFollower() throws Exception {
    group =
        (HostedGroup<Journal.Round>)
            runtime.open(new GroupSpec(GROUP, SELF, MEMBERS, 0, false), journal);
    append(0, 1, 3, 2);
    turn();
    log.makeAllDurable();
    turn(); // two are handed to the apply worker, which does not come to it
  }

  @AfterEach
  void close() {
    runtime.close();
  }

  private void agent(String name) throws StorageException {
    for (Agent agent : runtime.agents()) {
      if (agent.name().startsWith(name)) {
        agent.turn();
      }
    }
  }

  private void turn() throws StorageException {
    agent("raft-loop");
  }

  private void applyTurn() throws StorageException {
    agent("raft-apply");
  }

  private void receive(RaftMessage message) {
    runtime.receive(
        List.of(
            new RaftParcel(
                new NodeId(12), new NodeId(11), GROUP, new ReplicaId(2), SELF, message)));
  }

  private void append(long previous, long first, int count, long commit) {
    List<Entry> entries = new ArrayList<>();
    for (long index = first; index < first + count; index++) {
      Entry.Kind kind = index == 1 ? Entry.Kind.NO_OP : Entry.Kind.COMMAND;
      byte[] payload = kind == Entry.Kind.NO_OP ? new byte[0] : bytes("c" + index);
      entries.add(new Entry(index, TERM, kind, payload));
    }
    receive(
        new AppendRequest(
            TERM, new Position(previous, previous == 0 ? 0 : TERM), commit, 0, entries));
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private long offer(long index) {
    SnapshotFile file = new SnapshotFile("journal", index, 0);
    long generation = journal.load(Path.of("."), List.of(file));
    SnapshotManifest manifest =
        new SnapshotManifest(7, GROUP, TERM, new Position(index, TERM), MEMBERS, List.of(file));
    group.replica.offer(new LoadedSnapshot(manifest, generation, () -> closed++));
    return generation;
  }

  @Test
  void theLogNamesItFirstAndThenItIsTheState() throws Exception {
    append(3, 4, 1, 2);
    turn();
    long generation = offer(10);
    turn();
    LogWrite write = log.all.get(log.all.size() - 1).writes().get(0);
    assertThat(write.cut())
        .contains(new LogWrite.Base(SELF, new Position(10, TERM), MEMBERS, generation));
    assertThat(restored).as("told").containsExactly(10L);
    applyTurn();
    assertThat(journal.appliedIndex()).as("what was handed out before goes nowhere").isZero();
    log.makeDurable(log.waiting.get(0));
    turn();
    applyTurn();
    assertThat(journal.adopted).as("before the log that names it is durable").isEmpty();

    log.makeAllDurable();
    turn();
    append(10, 11, 2, 12);
    turn();
    log.makeAllDurable();
    turn();
    applyTurn();
    turn();
    assertThat(journal.adopted).containsExactly(generation);
    assertThat(closed).as("its place is free").isEqualTo(1);
    assertThat(journal.commands()).containsExactly("c11", "c12");
    assertThat(journal.appliedIndex()).isEqualTo(12);
    assertThat(group.stoppedBecause()).isEmpty();
  }

  @Test
  void oneThatTheLogHasOvertakenIsGivenUp() throws Exception {
    int before = log.all.size();
    long generation = offer(2);
    turn();
    assertThat(journal.discarded).containsExactly(generation);
    assertThat(closed).isEqualTo(1);
    assertThat(log.all).hasSize(before);
    assertThat(restored).isEmpty();
    applyTurn();
    assertThat(journal.commands()).containsExactly("c2");
  }

  @Test
  void whoEndsMeanwhileGivesItUp() throws Exception {
    CompletableFuture<Void> end = runtime.close(GROUP);
    long early = offer(10);
    turn();
    applyTurn();
    assertThat(end).isCompleted();
    long late = offer(11);
    assertThat(journal.discarded).containsExactly(early, late);
    assertThat(closed).isEqualTo(2);
  }

  /** It may be of before the next one joined, which would do again from it what the group did. */
  @Test
  void whatWasFetchedForAnEarlierReplicaIsNotGivenToTheNextOne() throws Exception {
    SnapshotFile file = new SnapshotFile("journal", 10, 0);
    SnapshotManifest manifest =
        new SnapshotManifest(7, GROUP, TERM, new Position(10, TERM), MEMBERS, List.of(file));
    SnapshotInstaller loader =
        runtime.agents().stream()
            .filter(SnapshotInstaller.class::isInstance)
            .map(SnapshotInstaller.class::cast)
            .findFirst()
            .orElseThrow();
    loader.fetched(new FetchedSnapshot(SELF, manifest, Path.of("."), () -> closed++));
    receive(new Removed(TERM));
    turn();
    log.makeAllDurable();
    turn();
    CompletableFuture<Void> gone = runtime.close(GROUP);
    turn();
    applyTurn();
    assertThat(gone).isCompleted();

    Journal fresh = new Journal();
    ReplicaId next = new ReplicaId(7);
    runtime.open(new GroupSpec(GROUP, next, Membership.of(List.of()), 0, false), fresh);
    for (int round = 0; round < 2; round++) {
      agent("raft-snapshot-load");
      turn();
      log.makeAllDurable();
      turn();
      applyTurn();
    }
    assertThat(restored).isEmpty();
    assertThat(fresh.adopted).isEmpty();
    assertThat(closed).as("its place is free").isEqualTo(1);
  }

  @Test
  void whoEndsWhileTheLogBeginsAnewLeavesItToTheLog() throws Exception {
    offer(10);
    turn();
    runtime.close(GROUP);
    turn();
    applyTurn();
    assertThat(closed).isEqualTo(1);
    assertThat(journal.discarded).as("the log may name it").isEmpty();
  }

  @Test
  void whatALeaderOffersIsFetchedFromIt() throws Exception {
    receive(new SnapshotOffer(TERM, new Position(10, TERM), MEMBERS));
    turn();
    agent("raft-snapshot-fetch");
    assertThat(asked).containsExactly(new SnapshotRequest.Describe(GROUP, 10, 0));
  }

  @Test
  void whoWasRemovedIsDestroyedAndSaysSoWhenItIsDone() throws Exception {
    receive(new Removed(TERM));
    turn();
    assertThat(log.all.get(log.all.size() - 1).writes())
        .containsExactly(LogWrite.destroy(GROUP, SELF));
    assertThat(group.removed()).isNotDone();
    assertThat(group.stoppedBecause()).get().isInstanceOf(ReplicaLostException.class);
    log.makeAllDurable();
    turn();
    assertThat(group.removed()).isCompleted();
    append(3, 4, 1, 3);
    turn();
    assertThat(log.waiting).as("it takes no part any more").isEmpty();
  }
}
