package io.flotilla.router.cli;

import io.flotilla.router.client.ReadLevel;
import io.flotilla.router.client.ReadOptions;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How new what is read must be: a mixin of every command that reads data. */
public final class ReadLevelOptions {
  @Option(
      names = "--read-level",
      paramLabel = "LEVEL",
      defaultValue = "linearizable",
      description = {
        "One of: linearizable, follower, session, stale. Default: ${DEFAULT-VALUE}.",
        "follower: as new, but of any replica. session: what this command has written and read"
            + " before. stale: of some moment, whose age is told.",
      })
  private ReadLevel level;

  @Option(
      names = "--max-staleness",
      paramLabel = "TIME",
      description = "With --read-level stale: show nothing older. Default: whatever its age.")
  private @Nullable Duration maxStaleness;

  /**
   * What was chosen.
   *
   * @throws IllegalArgumentException if the two do not go together
   */
  public ReadOptions options() {
    if (maxStaleness != null && level != ReadLevel.STALE) {
      throw new IllegalArgumentException("--max-staleness goes only with --read-level stale");
    }
    return new ReadOptions(level, Optional.ofNullable(maxStaleness));
  }

  /** Tells people how old what they are shown may be, if it is stale. */
  void tellAge(Optional<Duration> age, OutputOptions output) {
    if (level == ReadLevel.STALE) {
      output
          .err()
          .println(
              age.map(known -> "flotilla: at most " + known.toMillis() + " ms old")
                  .orElse("flotilla: nobody can say how old this is"));
    }
  }
}
