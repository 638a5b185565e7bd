package io.flotilla.placement.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

final class DeskTest {
  private static final Duration NEVER = Duration.ofHours(1);

  private final List<Throwable> fatal = new CopyOnWriteArrayList<>();
  private final AtomicInteger rounds = new AtomicInteger();

  @Test
  void manyRingsMakeOneRound() throws Exception {
    try (Desk desk = new Desk(Desk.newThread("desk"), NEVER, fatal::add)) {
      desk.start(rounds::incrementAndGet);
      await().until(() -> rounds.get() == 1);
      CountDownLatch hold = hold(desk);
      for (int i = 0; i < 1000; i++) {
        desk.ring();
      }
      hold.countDown();
      await().until(() -> rounds.get() == 2);
      CountDownLatch idle = new CountDownLatch(1);
      assertThat(desk.offer(idle::countDown)).isTrue();
      assertThat(idle.await(10, TimeUnit.SECONDS)).isTrue();
      assertThat(rounds).hasValue(2);
    }
  }

  @Test
  void aRoundComesWithEachTick() {
    try (Desk desk = new Desk(Desk.newThread("desk"), Duration.ofMillis(1), fatal::add)) {
      desk.start(rounds::incrementAndGet);
      await().until(() -> rounds.get() > 5);
    }
  }

  @Test
  void refusesWorkBeyondItsBoundAndStillHearsTheBell() throws Exception {
    try (Desk desk = new Desk(Desk.newThread("desk"), NEVER, fatal::add)) {
      desk.start(rounds::incrementAndGet);
      await().until(() -> rounds.get() == 1);
      CountDownLatch hold = hold(desk);
      int taken = 0;
      while (desk.offer(() -> {})) {
        taken++;
      }
      assertThat(taken).isPositive();
      desk.ring();
      hold.countDown();
      await().until(() -> rounds.get() == 2);
    }
  }

  @Test
  void goesOnAfterATaskThatFailed() {
    try (Desk desk = new Desk(Desk.newThread("desk"), NEVER, fatal::add)) {
      desk.start(rounds::incrementAndGet);
      assertThat(
              desk.offer(
                  () -> {
                    throw new IllegalStateException("on purpose");
                  }))
          .isTrue();
      AtomicInteger done = new AtomicInteger();
      assertThat(desk.offer(done::incrementAndGet)).isTrue();
      await().until(() -> done.get() == 1);
      assertThat(fatal).isEmpty();
    }
  }

  @Test
  void anErrorIsNotAFailedTask() {
    try (Desk desk = new Desk(Desk.newThread("desk"), NEVER, fatal::add)) {
      desk.start(rounds::incrementAndGet);
      OutOfMemoryError noMemory = new OutOfMemoryError("on purpose");
      assertThat(
              desk.offer(
                  () -> {
                    throw noMemory;
                  }))
          .isTrue();
      await().until(() -> !fatal.isEmpty());
      assertThat(fatal).containsExactly(noMemory);
    }
  }

  @Test
  void takesNothingOnceClosed() {
    Desk desk = new Desk(Desk.newThread("desk"), NEVER, fatal::add);
    desk.start(rounds::incrementAndGet);
    desk.close();
    assertThat(desk.offer(() -> {})).isFalse();
  }

  /** Keeps the desk busy until the latch is released. */
  private static CountDownLatch hold(Desk desk) throws InterruptedException {
    CountDownLatch held = new CountDownLatch(1);
    CountDownLatch release = new CountDownLatch(1);
    assertThat(
            desk.offer(
                () -> {
                  held.countDown();
                  try {
                    release.await();
                  } catch (InterruptedException stop) {
                    Thread.currentThread().interrupt();
                  }
                }))
        .isTrue();
    held.await();
    return release;
  }
}
