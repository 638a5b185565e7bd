package io.flotilla.raft.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.flotilla.raft.core.Refusal;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class AppliedWaitersTest {
  private final AtomicLong applied = new AtomicLong(3);
  private final AppliedWaiters waiters = new AppliedWaiters(applied::get);

  private void apply(long index) {
    applied.set(index);
    waiters.reached(index);
  }

  private static Refusal refusal(CompletableFuture<Long> refused) {
    ExecutionException why = catchThrowableOfType(ExecutionException.class, refused::get);
    return ((RaftException) why.getCause()).refusal().orElseThrow();
  }

  @Test
  void whatIsAppliedIsNotWaitedFor() {
    assertThat(waiters.await(3)).isCompletedWithValue(3L);
    assertThat(waiters.await(0)).isCompletedWithValue(3L);
    assertThat(waiters.count()).isZero();
  }

  @Test
  void eachWaitsForItsOwnIndex() {
    CompletableFuture<Long> five = waiters.await(5);
    CompletableFuture<Long> fiveToo = waiters.await(5);
    CompletableFuture<Long> six = waiters.await(6);
    apply(4);
    assertThat(List.of(five, fiveToo, six)).noneMatch(CompletableFuture::isDone);
    apply(5);
    assertThat(five).isCompletedWithValue(5L);
    assertThat(fiveToo).isCompletedWithValue(5L);
    assertThat(six).isNotDone();
    apply(9);
    assertThat(six).isCompletedWithValue(9L);
    assertThat(waiters.count()).isZero();
  }

  /** The loop has told of the index before the waiter stood in line, and will not do so again. */
  @Test
  void anIndexThatIsReachedMeanwhileIsNotMissed() {
    AtomicLong looks = new AtomicLong();
    AppliedWaiters raced = new AppliedWaiters(() -> looks.getAndIncrement() == 0 ? 3 : 4);
    assertThat(raced.await(4)).isCompletedWithValue(4L);
    assertThat(raced.count()).isZero();
  }

  @Test
  void asManyAsThereIsRoomForAndWhoGivesUpMakesRoom() {
    List<CompletableFuture<Long>> all = new ArrayList<>();
    for (int i = 0; i < AppliedWaiters.WAITING_MAX; i++) {
      all.add(waiters.await(10 + i));
    }
    assertThat(refusal(waiters.await(10))).isInstanceOf(Refusal.Overloaded.class);
    assertThat(all.get(7).cancel(false)).isTrue();
    assertThat(waiters.await(10)).isNotDone();
    assertThat(waiters.count()).isEqualTo(AppliedWaiters.WAITING_MAX);
    apply(10 + AppliedWaiters.WAITING_MAX);
    assertThat(waiters.count()).isZero();
  }

  @Test
  void nobodyWaitsForWhatHasStopped() {
    CompletableFuture<Long> before = waiters.await(5);
    waiters.close();
    assertThat(refusal(before)).isInstanceOf(Refusal.NotLeader.class);
    assertThat(refusal(waiters.await(5))).isInstanceOf(Refusal.NotLeader.class);
    assertThat(waiters.await(3)).isCompletedWithValue(3L);
    assertThat(waiters.count()).isZero();
  }
}
