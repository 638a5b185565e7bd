package io.flotilla.router.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class TimeLeftTest {
  private final TimeLeft left = new TimeLeft();

  private Optional<Duration> at(long second, String of, long amount) {
    return left.at(new JobProgress.Left(of, amount), Duration.ofSeconds(second).toNanos());
  }

  @Test
  void goesByWhatWasDoneSinceTheFirstLook() {
    assertThat(at(10, "bytes", 1000)).as("one look says nothing").isEmpty();
    assertThat(at(11, "bytes", 1000)).as("nothing has come").isEmpty();
    assertThat(at(12, "bytes", 800)).contains(Duration.ofSeconds(8));
    assertThat(at(20, "bytes", 500)).contains(Duration.ofSeconds(10));
    assertThat(at(30, "bytes", 0)).contains(Duration.ZERO);
  }

  @Test
  void beginsAnewWhenThereIsMoreOrSomethingElse() {
    assertThat(at(10, "bytes", 1000)).isEmpty();
    assertThat(at(11, "bytes", 1001)).as("it was begun anew").isEmpty();
    assertThat(at(12, "bytes", 1000)).contains(Duration.ofSeconds(1000));
    assertThat(at(13, "entries", 30)).isEmpty();
    assertThat(at(14, "entries", 20)).contains(Duration.ofSeconds(2));
  }
}
