package io.flotilla.shard.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A node whose control thread has come to an end must not serve on in silence. */
class ControlTest {
  private final List<Throwable> fatal = new CopyOnWriteArrayList<>();
  private final Control control = new Control(Control.newThread(), fatal::add);

  @AfterEach
  void close() {
    control.close();
  }

  @Test
  void whatNoTaskExpectedIsFatal() {
    IllegalStateException bug = new IllegalStateException("on purpose");
    control.run(
        () -> {
          throw bug;
        });
    await().until(() -> !fatal.isEmpty());
    assertThat(fatal).containsExactly(bug);
  }

  @Test
  void soIsWhatTheMachineHasFailed() {
    OutOfMemoryError noMemory = new OutOfMemoryError("on purpose");
    control.run(
        () -> {
          throw noMemory;
        });
    await().until(() -> !fatal.isEmpty());
    assertThat(fatal).containsExactly(noMemory);
  }

  @Test
  void whatComesOnceItIsClosedIsDropped() throws Exception {
    CountDownLatch done = new CountDownLatch(1);
    control.run(done::countDown);
    assertThat(done.await(10, TimeUnit.SECONDS)).isTrue();
    control.close();
    control.run(
        () -> {
          throw new IllegalStateException("too late");
        });
    assertThat(fatal).isEmpty();
  }
}
