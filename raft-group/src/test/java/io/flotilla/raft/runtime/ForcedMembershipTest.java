package io.flotilla.raft.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.raft.core.Entry;
import io.flotilla.raft.core.GroupId;
import io.flotilla.raft.core.GroupStatus.RoleName;
import io.flotilla.raft.core.HardState;
import io.flotilla.raft.core.Membership;
import io.flotilla.raft.core.Membership.Member;
import io.flotilla.raft.core.ReplicaId;
import io.flotilla.raft.port.LogWrite;
import io.flotilla.raft.port.RaftParcel;
import io.flotilla.raft.port.StorageException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** One of three goes on alone, with its disk held in hand. */
class ForcedMembershipTest {
  private static final ReplicaId SELF = new ReplicaId(1);
  private static final List<Member> ALL =
      List.of(
          new Member(SELF, 11), new Member(new ReplicaId(2), 12), new Member(new ReplicaId(3), 13));

  private final ManualLog log = new ManualLog();
  private final List<RaftParcel> sent = new ArrayList<>();
  private final RaftRuntime<Journal.Round> runtime =
      HandDriven.runtime(log, sent::addAll, () -> 0, RaftListener.NONE);
  private RaftGroup group;

  @BeforeEach
  void follow() throws Exception {
    GroupSpec spec = new GroupSpec(new GroupId(1), SELF, Membership.of(ALL), 0, false);
    group = runtime.open(spec, new Journal());
    settle();
    sent.clear();
  }

  @AfterEach
  void close() {
    runtime.close();
  }

  private void turn() throws StorageException {
    for (Agent agent : runtime.agents()) {
      agent.turn();
    }
  }

  private void settle() throws StorageException {
    for (int i = 0; i < 6; i++) {
      turn();
      log.makeAllDurable();
    }
  }

  /** So that a crash leaves the group as it was, or one in which nobody else counts. */
  @Test
  void termVoteAndMembershipAreOneWriteAndNothingFollowsBeforeItIsDurable() throws Exception {
    int before = log.all.size();
    CompletableFuture<Void> recovered = group.recover();
    CompletableFuture<Void> again = group.recover();
    turn();
    turn();
    assertThat(log.all).as("asked twice, written once").hasSize(before + 1);
    LogWrite write = log.all.get(before).writes().get(0);
    HardState kept = write.hardState().orElseThrow();
    assertThat(kept.vote()).contains(SELF);
    assertThat(write.entries())
        .singleElement()
        .matches(entry -> entry.kind() == Entry.Kind.MEMBERSHIP && entry.term() == kept.term());
    assertThat(group.status().role()).isEqualTo(RoleName.CANDIDATE);
    assertThat(recovered).isNotDone();
    assertThat(sent).isEmpty();

    settle();
    assertThat(group.status().role()).isEqualTo(RoleName.LEADER);
    assertThat(recovered).isCompleted();
    assertThat(again).isCompleted();
    CompletableFuture<byte[]> command = group.propose(new byte[] {1});
    settle();
    assertThat(command).isCompleted();
    assertThat(group.status().appliedIndex()).isEqualTo(group.status().lastIndex());
    assertThat(group.status().membership()).isEqualTo(Membership.of(ALL.subList(0, 1)));
  }

  @Test
  void whoIsClosedMeanwhileSaysThatTheOutcomeIsUnknown() throws Exception {
    CompletableFuture<Void> recovered = group.recover();
    turn();
    var unused = group.close();
    settle();
    assertThat(recovered)
        .isCompletedExceptionally()
        .failsWithin(java.time.Duration.ZERO)
        .withThrowableThat()
        .havingCause()
        .matches(e -> e instanceof RaftException raft && raft.outcomeUnknown());
  }
}
