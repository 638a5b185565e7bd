package io.flotilla.router.cli;

import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * When something will be done if it goes on as it did since it was first looked at. As long as
 * nothing has come of it, that is not known.
 */
final class TimeLeft {
  private JobProgress.@Nullable Left first;
  private long firstNanos;

  /**
   * Takes a look. One at more, or at something else, is the first one.
   *
   * @param nowNanos as {@link System#nanoTime}
   */
  Optional<Duration> at(JobProgress.Left left, long nowNanos) {
    JobProgress.Left before = first;
    if (before == null || !before.of().equals(left.of()) || left.amount() > before.amount()) {
      first = left;
      firstNanos = nowNanos;
      return Optional.empty();
    }
    long done = before.amount() - left.amount();
    double passedNanos = nowNanos - firstNanos;
    return done == 0 || passedNanos <= 0
        ? Optional.empty()
        : Optional.of(Duration.ofNanos((long) (passedNanos * left.amount() / done)));
  }
}
