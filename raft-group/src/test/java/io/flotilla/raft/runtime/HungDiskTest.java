package io.flotilla.raft.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.raft.core.GroupId;
import io.flotilla.raft.core.GroupStatus.RoleName;
import io.flotilla.raft.core.Membership;
import io.flotilla.raft.core.Position;
import io.flotilla.raft.core.RaftMessage;
import io.flotilla.raft.core.RaftMessage.AppendReply;
import io.flotilla.raft.core.RaftMessage.AppendRequest;
import io.flotilla.raft.core.RaftMessage.Heartbeat;
import io.flotilla.raft.core.RaftMessage.HeartbeatReply;
import io.flotilla.raft.core.RaftMessage.Progress;
import io.flotilla.raft.core.RaftMessage.TimeoutNow;
import io.flotilla.raft.core.RaftMessage.VoteReply;
import io.flotilla.raft.core.Refusal;
import io.flotilla.raft.core.ReplicaId;
import io.flotilla.raft.port.NodeId;
import io.flotilla.raft.port.RaftParcel;
import io.flotilla.raft.port.StorageException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a replica does whose disk has been at one write for long, with four peers held in hand. */
class HungDiskTest {
  private static final ReplicaId SELF = new ReplicaId(1);
  private static final int PEERS = 4;

  /** Ticks of the disk's patience, with an election timeout of ten. */
  private static final int PATIENCE = 35;

  private final ManualLog log = new ManualLog();
  private final List<RaftParcel> sent = new ArrayList<>();
  private long nanos;
  private final RaftRuntime<Journal.Round> runtime =
      HandDriven.runtime(log, sent::addAll, () -> nanos, RaftListener.NONE);

  @AfterEach
  void close() {
    runtime.close();
  }

  private RaftGroup open(boolean campaignFirst) throws StorageException, ReplicaLostException {
    List<Membership.Member> members = new ArrayList<>();
    for (long replica = 1; replica <= 1 + PEERS; replica++) {
      members.add(new Membership.Member(new ReplicaId(replica), 10 + replica));
    }
    GroupSpec spec = new GroupSpec(new GroupId(1), SELF, Membership.of(members), 0, campaignFirst);
    RaftGroup group = runtime.open(spec, new Journal());
    settle();
    return group;
  }

  private RaftGroup lead() throws StorageException, ReplicaLostException {
    RaftGroup group = open(true);
    for (boolean pre : new boolean[] {true, false}) {
      receive(2, new VoteReply(1, pre, true));
      receive(3, new VoteReply(1, pre, true));
      settle();
    }
    assertThat(group.status().role()).isEqualTo(RoleName.LEADER);
    everybodyHolds(1);
    settle();
    return group;
  }

  private void everybodyHolds(long index) {
    for (long peer = 2; peer <= 1 + PEERS; peer++) {
      holds(peer, index);
    }
  }

  private void holds(long peer, long index) {
    receive(peer, new AppendReply(1, index, Optional.empty(), 0, new Progress(index, 0, 0)));
  }

  private void turn() throws StorageException {
    for (Agent agent : runtime.agents()) {
      if (agent.name().startsWith("raft-loop") || agent.name().startsWith("raft-apply")) {
        agent.turn();
      }
    }
  }

  private void settle() throws StorageException {
    for (int i = 0; i < 6; i++) {
      turn();
      log.makeAllDurable();
    }
  }

  /** Time passes, and all peers are heard. */
  private void ticks(int count) throws StorageException {
    for (int i = 0; i < count; i++) {
      nanos += Duration.ofMillis(100).toNanos();
      for (long peer = 2; peer <= 1 + PEERS; peer++) {
        receive(peer, new HeartbeatReply(1, 0, new Progress(0, 0, 0)));
      }
      turn();
      turn();
    }
  }

  private void receive(long from, RaftMessage message) {
    runtime.receive(
        List.of(
            new RaftParcel(
                new NodeId(10 + from),
                new NodeId(11),
                new GroupId(1),
                new ReplicaId(from),
                SELF,
                message)));
  }

  /** Who was asked to lead, in order. */
  private List<Long> successors() {
    return sent.stream()
        .filter(parcel -> parcel.message() instanceof TimeoutNow)
        .map(parcel -> parcel.to().value())
        .toList();
  }

  private static CompletableFuture<byte[]> propose(RaftGroup group, String command) {
    return group.propose(command.getBytes(StandardCharsets.UTF_8));
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
  void leadershipGoesToWhoHasMostOfTheLog() throws Exception {
    RaftGroup group = lead();
    propose(group, "x");
    turn();
    holds(4, 2);
    ticks(PATIENCE);
    assertThat(successors()).as("a short while is no reason").isEmpty();
    ticks(2);
    assertThat(successors()).containsExactly(4L);
    assertThat(refusalOf(proposed(group))).isEqualTo(new Refusal.Transferring(new ReplicaId(4)));
  }

  private CompletableFuture<byte[]> proposed(RaftGroup group) throws StorageException {
    CompletableFuture<byte[]> result = propose(group, "y");
    turn();
    return result;
  }

  @Test
  void aDiskThatGetsOnKeepsTheLeaderHoweverMuchWaits() throws Exception {
    RaftGroup group = lead();
    for (int i = 0; i < 5; i++) {
      propose(group, "x");
      turn();
      ticks(PATIENCE - 5);
      propose(group, "y");
      turn();
      log.makeDurable(log.waiting.get(0));
    }
    assertThat(successors()).isEmpty();
    assertThat(group.status().role()).isEqualTo(RoleName.LEADER);
  }

  @Test
  void oneAfterTheOtherIsAskedUntilOneLeads() throws Exception {
    RaftGroup group = lead();
    propose(group, "x");
    turn();
    everybodyHolds(2);
    ticks(PATIENCE + 2 + 4 * 11);
    assertThat(successors()).startsWith(2L, 3L, 4L, 5L);
    int asked = successors().size();
    receive(3, new Heartbeat(2, 1, 0));
    turn();
    assertThat(group.status().leader()).contains(new ReplicaId(3));
    assertThat(group.status().role()).isEqualTo(RoleName.FOLLOWER);
    ticks(30);
    assertThat(successors()).hasSize(asked);
  }

  @Test
  void whoIsNotHeardIsNotAsked() throws Exception {
    RaftGroup group = lead();
    propose(group, "x");
    turn();
    everybodyHolds(2);
    for (int i = 0; i < PATIENCE + 2 + 4 * 11; i++) {
      nanos += Duration.ofMillis(100).toNanos();
      receive(4, new HeartbeatReply(1, 0, new Progress(2, 0, 0)));
      receive(5, new HeartbeatReply(1, 0, new Progress(2, 0, 0)));
      turn();
      turn();
    }
    assertThat(successors()).isNotEmpty().containsOnly(4L, 5L);
  }

  @Test
  void whoCannotKeepAVoteAsksForNone() throws Exception {
    RaftGroup group = open(false);
    receive(2, new AppendRequest(1, Position.ZERO, 0, 0, List.of()));
    turn();
    assertThat(log.waiting).as("the new term").isNotEmpty();
    for (int i = 0; i < 5; i++) { // its leader is heard for as long as a disk may take
      ticks(8);
      receive(2, new Heartbeat(1, 0, 0));
      turn();
    }
    ticks(50);
    group.campaign();
    receive(2, new TimeoutNow(1));
    turn();
    assertThat(group.status().role()).isEqualTo(RoleName.FOLLOWER);
    settle();
    ticks(11);
    assertThat(group.status().role()).isEqualTo(RoleName.PRE_CANDIDATE);
  }

  @Test
  void aFollowerRefusesReadsThatItCouldNotAnswer() throws Exception {
    RaftGroup group = lead();
    propose(group, "x");
    turn();
    everybodyHolds(2);
    CompletableFuture<Long> before = group.readBarrier();
    turn();
    receive(2, new HeartbeatReply(1, 1, new Progress(2, 0, 0)));
    receive(3, new HeartbeatReply(1, 1, new Progress(2, 0, 0)));
    ticks(PATIENCE + 2);
    assertThat(before).as("confirmed, and not applied").isNotDone();
    receive(3, new Heartbeat(2, 1, 0));
    turn();
    ticks(1);
    assertThat(refusalOf(before)).isEqualTo(new Refusal.Overloaded());
    CompletableFuture<Long> after = group.readBarrier();
    turn();
    assertThat(refusalOf(after)).isEqualTo(new Refusal.Overloaded());
  }
}
