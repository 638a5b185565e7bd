package io.flotilla.raft.runtime;

import static io.flotilla.raft.runtime.LogCutter.Image.NONE;
import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.raft.core.GroupStatus;
import io.flotilla.raft.core.GroupStatus.PeerState;
import io.flotilla.raft.core.GroupStatus.PeerStatus;
import io.flotilla.raft.core.GroupStatus.RoleName;
import io.flotilla.raft.core.Membership;
import io.flotilla.raft.core.ReplicaId;
import io.flotilla.raft.runtime.LogCutter.Image;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class LogCutterTest {
  private static final long RETAIN = 1_000;

  private final LogCutter cutter = new LogCutter(RETAIN);

  /** With entries 101 to 300. */
  private static GroupStatus status(RoleName role, PeerStatus... peers) {
    return status(role, 101, 300, peers);
  }

  private static GroupStatus status(RoleName role, long first, long last, PeerStatus... peers) {
    return new GroupStatus(
        new ReplicaId(1),
        role,
        3,
        Optional.empty(),
        first,
        last,
        3,
        last,
        last,
        last,
        last,
        Membership.of(List.of()),
        List.of(peers));
  }

  private static PeerStatus peer(long match, PeerState state, boolean active) {
    return new PeerStatus(new ReplicaId(2), match, match, match, state, active);
  }

  @Test
  void nothingIsDueBelowTheBound() {
    assertThat(cutter.isDue(RETAIN)).isFalse();
    assertThat(cutter.isDue(RETAIN + 1)).isTrue();
  }

  @Test
  void halfOfTheBoundStays() {
    assertThat(cutter.cut(status(RoleName.FOLLOWER), 2_000, 300, NONE)).isEqualTo(250);
  }

  @Test
  void whatIsNotDurableInTheStateStays() {
    assertThat(cutter.cut(status(RoleName.FOLLOWER), 2_000, 150, NONE)).isEqualTo(150);
    assertThat(cutter.cut(status(RoleName.FOLLOWER), 2_000, 7, NONE)).isEqualTo(100);
  }

  @Test
  void aFlushIsWantedWhenOnlyTheStatesDiskKeepsThreeTimesTheBound() {
    GroupStatus status = status(RoleName.FOLLOWER);
    assertThat(cutter.wantsFlush(status, 4_000, 100, NONE)).isTrue();
    assertThat(cutter.wantsFlush(status, 4_000, 130, NONE)).as("2.9 times").isFalse();
    assertThat(cutter.wantsFlush(status, 3_000, 100, NONE)).as("2.5 times").isFalse();
  }

  @Test
  void noFlushHelpsWhereOthersKeepTheLog() {
    GroupStatus slow = status(RoleName.LEADER, peer(110, PeerState.REPLICATE, true));
    assertThat(cutter.wantsFlush(slow, 4_000, 100, NONE)).isFalse();
    assertThat(cutter.wantsFlush(slow, 4_001, 100, NONE)).as("nobody is waited for").isTrue();
  }

  @Test
  void aLeaderWaitsForWhoIsThereButNotForEver() {
    GroupStatus slow = status(RoleName.LEADER, peer(120, PeerState.REPLICATE, true));
    assertThat(cutter.cut(slow, 2_000, 300, NONE)).isEqualTo(120);
    assertThat(cutter.cut(slow, 4 * RETAIN, 300, NONE)).isEqualTo(120);
    assertThat(cutter.cut(slow, 4 * RETAIN + 1, 300, NONE)).isEqualTo(275);
  }

  @Test
  void nobodyWaitsForWhoIsAway() {
    GroupStatus away = status(RoleName.LEADER, peer(120, PeerState.PROBE, false));
    assertThat(cutter.cut(away, 2_000, 300, NONE)).isEqualTo(250);
  }

  @Test
  void whatFollowsASnapshotThatIsUnderWayStays() {
    GroupStatus loading = status(RoleName.LEADER, peer(3, PeerState.SNAPSHOT, true));
    assertThat(cutter.cut(loading, 2_000, 300, new Image(180, 0))).isEqualTo(180);
    assertThat(cutter.cut(loading, 2_000, 300, NONE)).as("it is being taken").isEqualTo(100);
  }

  @Test
  void aSnapshotThatIsUnderWayIsWaitedForUntilTheLogWeighsAsMuch() {
    Image image = new Image(180, 9_000);
    GroupStatus loading = status(RoleName.LEADER, peer(3, PeerState.SNAPSHOT, true));
    assertThat(cutter.cut(loading, 9_000, 300, image)).isEqualTo(180);
    assertThat(cutter.cut(loading, 9_001, 300, image)).isGreaterThan(180);
    assertThat(cutter.cut(loading, 5_000, 300, image.arrived())).isGreaterThan(180);
    GroupStatus catchingUp = status(RoleName.LEADER, peer(190, PeerState.REPLICATE, true));
    assertThat(cutter.cut(catchingUp, 9_000, 300, image)).as("it has it").isEqualTo(190);
  }

  /**
   * A log grows by 100 bytes a step, and a snapshot takes 60 steps to make, send and load: more
   * than the log may weigh without one. Then 200 bytes a step are sent.
   */
  @Test
  void aChaseEndsIfTheSnapshotWeighsMoreThanWhatIsWrittenMeanwhile() {
    assertThat(snapshotsUntilCaughtUp(7_000)).isEqualTo(1);
    assertThat(snapshotsUntilCaughtUp(5_000)).as("it never ends").isEqualTo(10);
  }

  /** Entries of 10 bytes; 10 if it takes that many. */
  private int snapshotsUntilCaughtUp(long imageBytes) {
    long cut = 1_000;
    long last = 1_300;
    long match = 0;
    for (int snapshots = 1; snapshots < 10; snapshots++) {
      Image image = new Image(last, imageBytes);
      for (int step = 0; step < 60; step++) {
        last += 10;
        cut = cutAt(cut, last, peer(match, PeerState.SNAPSHOT, true), image);
      }
      for (match = image.index(); match >= cut && match < last; match += 20) {
        last += 10;
        cut = cutAt(cut, last, peer(match, PeerState.REPLICATE, true), image);
      }
      if (match >= last) {
        return snapshots;
      }
    }
    return 10;
  }

  private long cutAt(long before, long last, PeerStatus peer, Image image) {
    GroupStatus status = status(RoleName.LEADER, before + 1, last, peer);
    long retained = (last - before) * 10;
    return cutter.isDue(retained) ? cutter.cut(status, retained, last, image) : before;
  }
}
