package io.flotilla.raft.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.raft.core.GroupStatus;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** MIT 6.5840, laboratory 3D, told by {@link Lab}. */
class LabSnapshotTest {
  private static final int SNAPSHOT_ENTRIES = 10;

  /** The course allows 2,000. At about 41 bytes: what is less than a snapshot, and a burst. */
  private static final int LOG_BYTES_MAX = 1_200;

  private static final int ROUNDS = 30;

  /** In more rounds than that a server must have lagged behind all logs. */
  private static final int LAGGING_ROUNDS_MIN = 20;

  private enum Victim {
    STAYS,
    CUT_OFF,
    CRASHED
  }

  @Test
  void testSnapshotBasic3D() {
    rounds(Lab.RELIABLE, Victim.STAYS, 1);
  }

  @Test
  void testSnapshotInstall3D() {
    rounds(Lab.RELIABLE, Victim.CUT_OFF, 2);
  }

  @Test
  void testSnapshotInstallUnreliable3D() {
    rounds(Lab.UNRELIABLE, Victim.CUT_OFF, 3);
  }

  @Test
  void testSnapshotInstallCrash3D() {
    rounds(Lab.RELIABLE, Victim.CRASHED, 4);
  }

  @Test
  void testSnapshotInstallUnCrash3D() {
    rounds(Lab.UNRELIABLE, Victim.CRASHED, 5);
  }

  /**
   * Each round somebody, in one of three the leader, is away while entries come in; who then finds
   * that all others' logs begin behind its own must come back through a snapshot.
   */
  private static void rounds(Faults.Network faults, Victim victims, long seed) {
    Lab lab = new Lab(3, faults, seed);
    lab.snapshotEvery(SNAPSHOT_ENTRIES);
    lab.one(3);
    int lagged = 0;
    for (int round = 0; round < ROUNDS; round++) {
      int leader = lab.checkOneLeader();
      int victim = round % 3 == 1 ? leader : lab.anyBut(leader, 1)[0];
      goes(lab, victim, victims);
      burst(lab, victims == Victim.STAYS ? 3 : 2);

      boolean lags = lab.needsASnapshot(victim);
      lagged += lags ? 1 : 0;
      long before = lab.restored();
      lab.start(victim);
      lab.connect(victim);
      lab.one(3);
      assertThat(lab.restored() - before)
          .as("snapshots restored from in round %d", round)
          .isGreaterThanOrEqualTo(lags ? 1 : 0);
    }
    assertThat(lab.largestLogBytes()).as("the most a log weighed").isLessThan(LOG_BYTES_MAX);
    if (victims == Victim.STAYS) {
      assertThat(lab.restored()).as("snapshots that nobody needed").isZero();
    } else {
      assertThat(lagged).as("rounds that needed one").isGreaterThan(LAGGING_ROUNDS_MIN);
    }
  }

  private static void goes(Lab lab, int victim, Victim how) {
    if (how == Victim.CRASHED) {
      lab.crash(victim);
    }
    if (how != Victim.STAYS) {
      lab.disconnect(victim);
    }
  }

  /** Perhaps enough for a snapshot, most of them at once. */
  private static void burst(Lab lab, int servers) {
    lab.one(servers);
    int leader = lab.checkOneLeader();
    for (int more = entries(lab); more > 0; more--) {
      lab.startAt(leader, lab.command(0));
    }
    lab.one(servers);
    lab.awaitSnapshots();
  }

  private static int entries(Lab lab) {
    return SNAPSHOT_ENTRIES / 2 + lab.chance().below(SNAPSHOT_ENTRIES);
  }

  @Test
  void testSnapshotAllCrash3D() {
    Lab lab = new Lab(3, Lab.RELIABLE, 6);
    lab.snapshotEvery(SNAPSHOT_ENTRIES);
    lab.one(3);
    for (int round = 0; round < ROUNDS; round++) {
      for (int more = entries(lab); more > 0; more--) {
        lab.one(3);
      }
      long before = lab.one(3);
      restartFromSnapshots(lab, lab.all());
      assertThat(lab.one(3)).as("index after round %d", round).isGreaterThan(before);
    }
    assertThat(lab.largestLogBytes()).isLessThan(LOG_BYTES_MAX);
  }

  @Test
  void testSnapshotInit3D() {
    Lab lab = new Lab(3, Lab.RELIABLE, 7);
    lab.snapshotEvery(SNAPSHOT_ENTRIES);
    int away = 3;
    for (int more = 0; more <= SNAPSHOT_ENTRIES + 1; more++) {
      lab.one(3);
    }
    restartFromSnapshots(lab, lab.all());
    lab.one(3);
    restartFromSnapshots(lab, lab.all());
    lab.one(3);

    lab.crash(away);
    for (int more = 0; more <= SNAPSHOT_ENTRIES; more++) {
      lab.one(2);
    }
    restartFromSnapshots(lab, 1, 2);
    lab.one(2);
    restartFromSnapshots(lab, 1, 2);
    assertThat(lab.needsASnapshot(away)).isTrue();
    assertThat(lab.restored()).isZero();
    lab.start(away);
    lab.one(3);
    assertThat(lab.restored()).as("from what was kept over two restarts").isPositive();
  }

  /** All at once; each begins with its own snapshot and what follows it, and needs no other's. */
  private static void restartFromSnapshots(Lab lab, int... ids) {
    lab.awaitSnapshots();
    long[] cuts = Arrays.stream(ids).mapToLong(lab::cutAt).toArray();
    assertThat(cuts).as("where logs are cut").doesNotContain(0);
    lab.restart(ids);
    for (int i = 0; i < ids.length; i++) {
      GroupStatus status = lab.status(ids[i]);
      assertThat(status.firstIndex()).as("log of %d", ids[i]).isEqualTo(cuts[i] + 1);
      assertThat(status.commitIndex()).as("commit of %d", ids[i]).isGreaterThanOrEqualTo(cuts[i]);
      assertThat(lab.state(ids[i]).applied()).isGreaterThanOrEqualTo(cuts[i]);
    }
  }
}
