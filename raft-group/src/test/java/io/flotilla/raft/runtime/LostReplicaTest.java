package io.flotilla.raft.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.raft.core.GroupId;
import io.flotilla.raft.core.HardState;
import io.flotilla.raft.core.Membership;
import io.flotilla.raft.core.Position;
import io.flotilla.raft.core.RaftMessage.Removed;
import io.flotilla.raft.core.RaftMessage.VoteRequest;
import io.flotilla.raft.core.ReplicaId;
import io.flotilla.raft.port.LogStore.DamagedLog;
import io.flotilla.raft.port.LogStore.RecoveredLog;
import io.flotilla.raft.port.LogWrite;
import io.flotilla.raft.port.LogWrite.Base;
import io.flotilla.raft.port.NodeId;
import io.flotilla.raft.port.RaftParcel;
import io.flotilla.raft.port.StorageException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A replica that may have forgotten what it promised is not hosted; its neighbours are. */
class LostReplicaTest {
  private static final GroupId GROUP = new GroupId(1);
  private static final GroupId OTHER = new GroupId(2);
  private static final ReplicaId SELF = new ReplicaId(5);
  private static final ReplicaId NEWER = new ReplicaId(6);
  private static final Membership MEMBERSHIP =
      Membership.of(
          List.of(
              new Membership.Member(SELF, 11),
              new Membership.Member(NEWER, 12),
              new Membership.Member(new ReplicaId(8), 13)));

  private final ManualLog log = new ManualLog();
  private final List<RaftParcel> sent = new ArrayList<>();
  private final List<String> stopped = new ArrayList<>();
  private RaftRuntime<Journal.Round> runtime = runtime();

  private RaftRuntime<Journal.Round> runtime() {
    return HandDriven.runtime(
        log,
        sent::addAll,
        () -> 0,
        new RaftListener() {
          @Override
          public void stopped(GroupId group, ReplicaId self, Throwable cause) {
            stopped.add(group + "/" + self);
          }
        });
  }

  @AfterEach
  void close() {
    runtime.close();
  }

  private RaftGroup open(GroupId group, ReplicaId self) throws Exception {
    return runtime.open(new GroupSpec(group, self, MEMBERSHIP, 0, false), new Journal());
  }

  private void assertNotHosted(ReplicaId self, String why) throws Exception {
    assertThatThrownBy(() -> open(GROUP, self))
        .isInstanceOf(ReplicaLostException.class)
        .hasMessageContaining("replica " + self + " of group 1")
        .hasMessageContaining(why);
    assertThat(stopped).containsExactly("1/" + self);
    assertThat(runtime.group(GROUP)).isEmpty();
    assertThat(votes(GROUP, self)).isZero();
  }

  private void askForVote(GroupId group, ReplicaId voter) throws StorageException {
    VoteRequest request = new VoteRequest(9, false, false, new Position(100, 8));
    ReplicaId candidate = new ReplicaId(8);
    runtime.receive(
        List.of(new RaftParcel(new NodeId(13), new NodeId(11), group, candidate, voter, request)));
    turn();
  }

  /** How many answers a candidate gets, once the disk is done. */
  private long votes(GroupId group, ReplicaId voter) throws StorageException {
    askForVote(group, voter);
    log.makeAllDurable();
    turn();
    return sent.stream().filter(parcel -> parcel.group().equals(group)).count();
  }

  @Test
  void whoseLogIsDamagedIsNotHosted() throws Exception {
    log.damaged().put(GROUP, new DamagedLog(SELF, "a hole"));
    open(OTHER, SELF);
    assertNotHosted(SELF, "a hole");
    assertThat(votes(OTHER, SELF)).isEqualTo(1);
  }

  @Test
  void whoMayBeForgottenIsNotHosted() throws Exception {
    log.forgetUpTo(NEWER);
    assertNotHosted(SELF, "forgot");
  }

  @Test
  void whoWasRemovedIsNotHosted() throws Exception {
    log.tombstones().put(GROUP, SELF);
    assertNotHosted(SELF, "removed");
  }

  @Test
  void whoFindsTheLogOfAnotherIsNotHosted() throws Exception {
    log.recovered()
        .put(
            GROUP,
            new RecoveredLog(
                SELF, 1, HardState.INITIAL, Position.ZERO, MEMBERSHIP, List.of(), 0, List.of()));
    runtime = runtime();
    assertNotHosted(NEWER, "the log of replica 5");
  }

  @Test
  void whoComesAfterTheLostOnesIsHosted() throws Exception {
    log.damaged().put(GROUP, new DamagedLog(SELF, "a hole"));
    log.forgetUpTo(SELF);
    log.tombstones().put(GROUP, SELF);
    open(GROUP, NEWER);
    assertThat(votes(GROUP, NEWER)).isEqualTo(1);
    assertThat(stopped).isEmpty();
  }

  // ---- a group that comes back to a node that it has left

  private void turn() throws StorageException {
    runtime.agents().get(0).turn();
  }

  private void tellRemoved(ReplicaId removed) throws StorageException {
    runtime.receive(
        List.of(
            new RaftParcel(
                new NodeId(13), new NodeId(11), GROUP, new ReplicaId(8), removed, new Removed(3))));
    turn();
  }

  private void remove(RaftGroup group, ReplicaId replica) throws StorageException {
    tellRemoved(replica);
    log.makeAllDurable();
    turn();
    assertThat(group.removed()).isCompleted();
    runtime.close(GROUP);
    turn();
  }

  @Test
  void whoIsRemovedMakesRoomForALaterOne() throws Exception {
    for (long id = SELF.value(); id < SELF.value() + 3; id++) {
      ReplicaId self = new ReplicaId(id);
      RaftGroup group = open(GROUP, self);
      assertThat(votes(GROUP, self)).isEqualTo(1);
      assertThat(log.all.get(log.all.size() - 1).writes().get(0).cut())
          .get()
          .isInstanceOfSatisfying(Base.class, base -> assertThat(base.self()).isEqualTo(self));
      remove(group, self);
      sent.clear();
    }
    assertThat(stopped).isEmpty();
  }

  @Test
  void whoComesLaterKnowsNothingOfWhatTheOneBeforeFound() throws Exception {
    HardState voted = new HardState(7, Optional.of(SELF));
    log.recovered()
        .put(
            GROUP,
            new RecoveredLog(SELF, 1, voted, Position.ZERO, MEMBERSHIP, List.of(), 0, List.of()));
    runtime = runtime();
    RaftGroup before = open(GROUP, SELF);
    assertThat(before.status().term()).isEqualTo(7);
    remove(before, SELF);
    assertThat(open(GROUP, NEWER).status().term()).isZero();
    assertThat(votes(GROUP, NEWER)).isEqualTo(1);
  }

  @Test
  void whoWasRemovedInThisProcessIsNotHostedAgain() throws Exception {
    remove(open(GROUP, NEWER), NEWER);
    assertNotHosted(NEWER, "removed");
    assertThatThrownBy(() -> open(GROUP, SELF)).isInstanceOf(ReplicaLostException.class);
  }

  /** Nobody has told it: its group is needed no more. */
  @Test
  void whoIsDissolvedIsGoneOnceItsLogIs() throws Exception {
    RaftGroup group = open(GROUP, SELF);
    assertThat(votes(GROUP, SELF)).isEqualTo(1);
    group.dissolve();
    turn();
    assertThat(log.all.get(log.all.size() - 1).writes())
        .containsExactly(LogWrite.destroy(GROUP, SELF));
    assertThat(group.removed()).as("its log is not gone yet").isNotDone();
    log.makeAllDurable();
    turn();
    assertThat(group.removed()).isCompleted();
    group.dissolve();
    group.close();
    turn();
    sent.clear();
    assertNotHosted(SELF, "removed");
  }

  @Test
  void whoIsGoneSaysNothingMore() throws Exception {
    open(GROUP, SELF);
    askForVote(GROUP, SELF);
    askForVote(GROUP, SELF); // the disk has not kept the first answer, and the second adds nothing
    tellRemoved(SELF);
    assertThat(sent).isEmpty();
    log.makeAllDurable();
    turn();
    assertThat(sent).as("its vote is not on the disk any more").isEmpty();
  }

  @Test
  void whoIsNotQuiteGoneKeepsItsPlace() throws Exception {
    RaftGroup group = open(GROUP, SELF);
    turn();
    log.makeAllDurable();
    assertThatThrownBy(() -> open(GROUP, NEWER)).hasMessageContaining("is open");
    tellRemoved(SELF);
    runtime.close(GROUP);
    assertThat(group.removed()).as("its log is not gone yet").isNotDone();
    assertThatThrownBy(() -> open(GROUP, NEWER))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("is not removed");
    log.makeAllDurable();
    turn();
    open(GROUP, NEWER);
    assertThat(votes(GROUP, NEWER)).isEqualTo(1);
  }
}
