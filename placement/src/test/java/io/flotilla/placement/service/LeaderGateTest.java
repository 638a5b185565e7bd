package io.flotilla.placement.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.flotilla.placement.store.PlacementStateMachine;
import io.flotilla.placement.store.PlacementStore;
import io.flotilla.proto.placement.ChangeMember;
import io.flotilla.proto.placement.PlacementCommand;
import io.flotilla.proto.placement.StatusReply;
import io.flotilla.proto.placement.StatusRequest;
import io.flotilla.raft.core.Refusal;
import io.flotilla.raft.core.ReplicaId;
import io.flotilla.raft.state.Generations;
import io.flotilla.rpc.ErrorCode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is said of a request that cannot be ended in the ordinary way. */
final class LeaderGateTest {
  private static final PlacementCommand ADOPT =
      PlacementCommand.newBuilder().setAdoptCluster("c").build();

  @TempDir private Path directory;

  private final List<Throwable> fatal = new CopyOnWriteArrayList<>();
  private final Desk desk = new Desk(Desk.newThread("desk"), Duration.ofHours(1), fatal::add);
  private final FakeCall<StatusRequest, StatusReply> call =
      new FakeCall<>(StatusRequest.getDefaultInstance());
  private PlacementStore store;
  private PlacementStateMachine map;
  private LoneGroup group;
  private LeaderGate gate;

  @BeforeEach
  void start() throws Exception {
    store = new PlacementStore(directory);
    map = new PlacementStateMachine(store, Generations.INITIAL);
    group = new LoneGroup(store, map);
    gate =
        new LeaderGate(
            group,
            new MemberBook(1, new TreeMap<>(Map.of(1L, "p:1")), map::view),
            desk,
            System::nanoTime);
  }

  @AfterEach
  void stop() throws Exception {
    desk.close();
    store.close();
  }

  @Test
  void whoAskedForWhatEndsTheProcessIsAnsweredFirst() {
    desk.start(() -> {});
    OutOfMemoryError noMemory = new OutOfMemoryError("on purpose");
    gate.onDesk(
        call,
        () -> {
          throw noMemory;
        });
    await().until(() -> !fatal.isEmpty());
    assertThat(fatal).containsExactly(noMemory);
    assertThat(call.errorCode()).isEqualTo(ErrorCode.INTERNAL);
  }

  private void fillDesk() {
    while (desk.offer(() -> {})) {
      // Until there is no room; nobody has started the desk.
    }
  }

  private void startDesk() throws InterruptedException {
    desk.start(() -> {});
    CountDownLatch idle = new CountDownLatch(1);
    assertThat(desk.offer(idle::countDown)).isTrue();
    assertThat(idle.await(10, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void whatIsDecidedIsNotSaidToBeRefusedByAFullDesk() {
    fillDesk();
    gate.decide(call, ADOPT, result -> {});
    assertThat(map.view().cluster()).isEqualTo("c");
    assertThat(call.errorCode()).isEqualTo(ErrorCode.UNKNOWN_OUTCOME);
  }

  @Test
  void whatIsDecidedIsNotSaidToHaveFailed() throws Exception {
    gate.decide(
        call,
        ADOPT,
        result -> {
          throw new IllegalStateException("on purpose");
        });
    startDesk();
    assertThat(map.view().cluster()).isEqualTo("c");
    assertThat(call.errorCode()).isEqualTo(ErrorCode.UNKNOWN_OUTCOME);
    assertThat(call.error().getMessage()).contains("on purpose");
  }

  /** Not given to somebody who takes it for done. */
  @Test
  void whatWasDecidedFromWhatIsNoMoreHasFailed() throws Exception {
    startDesk();
    ChangeMember.Builder member =
        ChangeMember.newBuilder().setChange(ChangeMember.Change.ADD).setMember(1);
    gate.propose(command(member.setAddress("h:1"))).get(10, TimeUnit.SECONDS);
    AtomicBoolean given = new AtomicBoolean();
    gate.decide(call, command(member.setAddress("h:9")), result -> given.set(true));
    await().until(call::isAnswered);
    assertThat(call.error().getMessage()).contains("member 1 is there already");
    assertThat(given).isFalse();
  }

  private static PlacementCommand command(ChangeMember.Builder member) {
    return PlacementCommand.newBuilder().setChangeMember(member).build();
  }

  @Test
  void whatHasNotBegunIsRefusedByAFullDesk() {
    fillDesk();
    gate.whenCurrent(call, () -> {});
    assertThat(call.errorCode()).isEqualTo(ErrorCode.OVERLOADED);
  }

  /** Whoever was replaced may take itself for the leader until it hears of the other. */
  @Test
  void nothingIsBegunByALeaderThatCannotProveThatItStillLeads() throws Exception {
    group.refuses = Optional.of(new Refusal.NotLeader(Optional.of(new ReplicaId(2))));
    AtomicBoolean began = new AtomicBoolean();
    assertThat(gate.leads()).isTrue();
    gate.whenCurrent(call, () -> began.set(true));
    startDesk();
    assertThat(began).isFalse();
    assertThat(call.errorCode()).isEqualTo(ErrorCode.NOT_LEADER);
  }
}
