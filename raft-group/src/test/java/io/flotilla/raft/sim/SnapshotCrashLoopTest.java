package io.flotilla.raft.sim;

import static io.flotilla.raft.sim.ServiceLab.SECOND;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.EnumSet;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A follower that crashes again and again on its way back through a snapshot, in each phase of it,
 * while the others are written to and cut their logs.
 */
class SnapshotCrashLoopTest {
  private static final int ROUNDS = 3;
  private static final Set<SnapshotPhase> CRASHES =
      EnumSet.complementOf(EnumSet.of(SnapshotPhase.NONE));

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void whoCrashesInEachPhaseIsWholeInTheEnd(long seed) {
    ServiceLab lab = ServiceLab.withSnapshots("snapshot-crash-loop", 3, Lab.RELIABLE, seed);
    int follower = lab.leader() % 3 + 1;
    lab.clients(4);
    lab.crash(follower);
    for (int round = 0; round < ROUNDS; round++) {
      for (SnapshotPhase phase : CRASHES) {
        begins(lab, follower);
        assertThat(lab.within(20 * SECOND, () -> lab.snapshotPhase(follower) == phase))
            .as("%s in round %d", phase, round)
            .isTrue();
        lab.crash(follower);
      }
    }

    long before = lab.restorations();
    begins(lab, follower);
    long goal = lab.lastIndex(lab.leader());
    assertThat(lab.within(20 * SECOND, () -> lab.state(follower).applied() >= goal))
        .as("caught up, while others are written to")
        .isTrue();
    assertThat(lab.restorations()).as("through a snapshot").isGreaterThan(before);
    lab.check();
  }

  /** With a log whose end the leader has cut. */
  private static void begins(ServiceLab lab, int follower) {
    assertThat(lab.within(20 * SECOND, () -> lab.needsASnapshot(follower)))
        .as("the leader drops what %d lacks", follower)
        .isTrue();
    lab.start(follower);
  }
}
