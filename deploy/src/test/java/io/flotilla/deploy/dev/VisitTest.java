package io.flotilla.deploy.dev;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.router.client.FlotillaClient;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What becomes of a visit that is asked to end. */
class VisitTest {
  @TempDir private Path home;
  private final Visit visit = new Visit();

  private int stay(Visit.Deed deed) throws Exception {
    return visit.stay(home, "unused", path -> new EmbeddedCluster.Plan(path, 1, 1, 1, 0), deed);
  }

  private void ask() {
    new Thread(visit::ask, "asks").start();
  }

  @Test
  void whoIsInterruptedHasDoneNothingWrong() throws Exception {
    assertThat(
            stay(
                cluster -> {
                  ask();
                  new CountDownLatch(1).await();
                  return 7;
                }))
        .isZero();
  }

  /** The client of the cluster says it in its own words. */
  @Test
  void norWhoMeetsTheInterruptWhereItIsNoException() throws Exception {
    assertThat(
            stay(
                cluster -> {
                  ask();
                  FlotillaClient.await(new CompletableFuture<>());
                  return 7;
                }))
        .isZero();
  }

  @Test
  void whatFailsBesidesIsNotKeptSilent() {
    assertThatThrownBy(
            () ->
                stay(
                    cluster -> {
                      ask();
                      try {
                        new CountDownLatch(1).await();
                      } catch (InterruptedException asked) {
                        throw new IllegalStateException("broken", asked);
                      }
                      return 7;
                    }))
        .hasMessage("broken");
  }
}
