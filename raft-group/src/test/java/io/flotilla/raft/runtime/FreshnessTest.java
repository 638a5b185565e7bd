package io.flotilla.raft.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class FreshnessTest {
  /** Where a clock of this kind may well stand. */
  private long nanos = Long.MAX_VALUE - 5;

  private long wallMillis;

  private final Freshness freshness = new Freshness(() -> nanos, () -> wallMillis);

  @Test
  void nothingIsKnownBeforeTheFirstBarrier() {
    nanos += 1000;
    assertThat(freshness.age()).isEmpty();
  }

  @Test
  @SuppressWarnings("NullAway") // nobody asks the barrier for its replica here
  void itCountsFromTheAskingAndNotFromTheAnswer() {
    nanos += 10;
    Request.ReadBarrier barrier = new Request.ReadBarrier(null, freshness);
    nanos += 30;
    barrier.reached(1);
    assertThat(freshness.age()).contains(Duration.ofNanos(30));
    nanos += 5;
    assertThat(freshness.age()).contains(Duration.ofNanos(35));
  }

  @Test
  void anOlderBarrierThatIsReachedLaterChangesNothing() {
    Freshness.Moment older = freshness.now();
    nanos += 20;
    Freshness.Moment younger = freshness.now();
    nanos += 20;
    freshness.confirm(younger);
    freshness.confirm(older);
    assertThat(freshness.age()).contains(Duration.ofNanos(20));
  }

  @Test
  void aMachineThatWasSuspendedKnowsItByTheWallClock() {
    Freshness.Moment asked = freshness.now();
    nanos += 200_000_000;
    wallMillis += 600_200;
    freshness.confirm(asked);
    assertThat(freshness.age())
        .as("asked before, reached after")
        .contains(Duration.ofMillis(600_200));
    freshness.confirm(freshness.now());
    assertThat(freshness.age()).contains(Duration.ZERO);
  }

  @Test
  void theGrainOfTheWallClockMakesNothingOlder() {
    freshness.confirm(freshness.now());
    nanos += 300_000;
    wallMillis++;
    assertThat(freshness.age()).contains(Duration.ofNanos(300_000));
  }

  @Test
  void aWallClockThatIsSetBackChangesNothing() {
    freshness.confirm(freshness.now());
    nanos += 1_000_000_000;
    wallMillis -= 3_600_000;
    assertThat(freshness.age()).contains(Duration.ofSeconds(1));
  }

  @Test
  void aBarrierOfTheFirstMomentCounts() {
    freshness.confirm(freshness.now());
    assertThat(freshness.age()).contains(Duration.ZERO);
  }
}
