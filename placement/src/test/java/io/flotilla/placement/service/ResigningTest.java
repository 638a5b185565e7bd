package io.flotilla.placement.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.flotilla.raft.core.CoreConfig;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A member that ends politely costs no election timeout. */
@Timeout(120)
final class ResigningTest {
  /** Half a minute at least: no timeout passes while this test looks on. */
  private static final CoreConfig PATIENT =
      new CoreConfig(1, 300, true, true, 256, 8L << 20, 1L << 20, 16L << 20, 256);

  private static final Duration BEFORE_ANY_TIMEOUT = Duration.ofSeconds(15);

  @TempDir private Path root;

  @Test
  void whoLedHandsOverBeforeItEnds() throws Exception {
    try (Members members = new Members(root, 3, PlacementPolicy.DEFAULT, PATIENT)) {
      members.startAll();
      long first = members.awaitLeader();
      members.stop(first);
      await().atMost(BEFORE_ANY_TIMEOUT).until(() -> members.leader().isPresent());
      assertThat(members.leader().orElseThrow()).isNotEqualTo(first);
      assertThat(members.broken).isEmpty();
      members.killAll(); // the last one would wait for who is gone
    }
  }

  /** It has nobody to hand over to, and says so at once. */
  @Test
  void whoIsAloneDoesNotWaitForAnybody() throws Exception {
    try (Members members = new Members(root, 1, PlacementPolicy.DEFAULT, PATIENT)) {
      members.startAll();
      members.awaitLeader();
      long before = System.nanoTime();
      members.stop(1);
      assertThat(Duration.ofNanos(System.nanoTime() - before)).isLessThan(BEFORE_ANY_TIMEOUT);
    }
  }
}
