package io.flotilla.raft.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.raft.core.GroupStatus;
import io.flotilla.raft.core.GroupStatus.PeerState;
import io.flotilla.raft.core.GroupStatus.PeerStatus;
import io.flotilla.raft.core.GroupStatus.RoleName;
import io.flotilla.raft.core.Membership;
import io.flotilla.raft.core.ReplicaId;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class LogCutterTest {
  private static final long RETAIN = 1_000;

  private final LogCutter cutter = new LogCutter(RETAIN);

  /** With entries 101 to 300. */
  private static GroupStatus status(RoleName role, PeerStatus... peers) {
    return new GroupStatus(
        new ReplicaId(1),
        role,
        3,
        Optional.empty(),
        101,
        300,
        300,
        300,
        300,
        Membership.of(List.of()),
        List.of(peers));
  }

  private static PeerStatus peer(long match, PeerState state, boolean active) {
    return new PeerStatus(new ReplicaId(2), match, match, state, active);
  }

  @Test
  void nothingIsDueBelowTheBound() {
    assertThat(cutter.isDue(RETAIN)).isFalse();
    assertThat(cutter.isDue(RETAIN + 1)).isTrue();
  }

  @Test
  void halfOfTheBoundStays() {
    assertThat(cutter.cut(status(RoleName.FOLLOWER), 2_000, 300, 0)).isEqualTo(250);
  }

  @Test
  void whatIsNotDurableInTheStateStays() {
    assertThat(cutter.cut(status(RoleName.FOLLOWER), 2_000, 150, 0)).isEqualTo(150);
    assertThat(cutter.cut(status(RoleName.FOLLOWER), 2_000, 7, 0)).isEqualTo(100);
  }

  @Test
  void aFlushIsWantedWhenOnlyTheStatesDiskKeepsThreeTimesTheBound() {
    GroupStatus status = status(RoleName.FOLLOWER);
    assertThat(cutter.wantsFlush(status, 4_000, 100, 0)).isTrue();
    assertThat(cutter.wantsFlush(status, 4_000, 130, 0)).as("2.9 times").isFalse();
    assertThat(cutter.wantsFlush(status, 3_000, 100, 0)).as("2.5 times").isFalse();
  }

  @Test
  void noFlushHelpsWhereOthersKeepTheLog() {
    GroupStatus slow = status(RoleName.LEADER, peer(110, PeerState.REPLICATE, true));
    assertThat(cutter.wantsFlush(slow, 4_000, 100, 0)).isFalse();
    assertThat(cutter.wantsFlush(slow, 4_001, 100, 0)).as("nobody is waited for").isTrue();
  }

  @Test
  void aLeaderWaitsForWhoIsThereButNotForEver() {
    GroupStatus slow = status(RoleName.LEADER, peer(120, PeerState.REPLICATE, true));
    assertThat(cutter.cut(slow, 2_000, 300, 0)).isEqualTo(120);
    assertThat(cutter.cut(slow, 4 * RETAIN, 300, 0)).isEqualTo(120);
    assertThat(cutter.cut(slow, 4 * RETAIN + 1, 300, 0)).isEqualTo(275);
  }

  @Test
  void nobodyWaitsForWhoIsAway() {
    GroupStatus away = status(RoleName.LEADER, peer(120, PeerState.PROBE, false));
    assertThat(cutter.cut(away, 2_000, 300, 0)).isEqualTo(250);
  }

  @Test
  void whatFollowsASnapshotThatIsUnderWayStays() {
    GroupStatus loading = status(RoleName.LEADER, peer(3, PeerState.SNAPSHOT, true));
    assertThat(cutter.cut(loading, 2_000, 300, 180)).isEqualTo(180);
    assertThat(cutter.cut(loading, 2_000, 300, 0)).as("it is being taken").isEqualTo(100);
  }
}
