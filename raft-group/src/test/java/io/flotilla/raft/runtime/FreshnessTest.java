package io.flotilla.raft.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class FreshnessTest {
  /** Where a clock of this kind may well stand. */
  private long nanos = Long.MAX_VALUE - 5;

  private final Freshness freshness = new Freshness(() -> nanos);

  @Test
  void nothingIsKnownBeforeTheFirstBarrier() {
    nanos += 1000;
    assertThat(freshness.age()).isEmpty();
  }

  @Test
  void itCountsFromTheAskingAndNotFromTheAnswer() {
    nanos += 10;
    long asked = freshness.now();
    nanos += 30;
    freshness.confirm(asked);
    assertThat(freshness.age()).contains(Duration.ofNanos(30));
    nanos += 5;
    assertThat(freshness.age()).contains(Duration.ofNanos(35));
  }

  @Test
  void anOlderBarrierThatIsReachedLaterChangesNothing() {
    long older = freshness.now();
    nanos += 20;
    long younger = freshness.now();
    nanos += 20;
    freshness.confirm(younger);
    freshness.confirm(older);
    assertThat(freshness.age()).contains(Duration.ofNanos(20));
  }

  @Test
  void aBarrierOfTheFirstMomentCounts() {
    freshness.confirm(freshness.now());
    assertThat(freshness.age()).contains(Duration.ZERO);
  }
}
