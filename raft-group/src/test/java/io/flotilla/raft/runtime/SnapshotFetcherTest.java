package io.flotilla.raft.runtime;

import static io.flotilla.raft.runtime.SnapshotRig.FETCH;
import static io.flotilla.raft.runtime.SnapshotRig.GROUP;
import static io.flotilla.raft.runtime.SnapshotRig.ONE;
import static io.flotilla.raft.runtime.SnapshotRig.OTHER;
import static io.flotilla.raft.runtime.SnapshotRig.SELF;
import static io.flotilla.raft.runtime.SnapshotRig.THIRD;
import static io.flotilla.raft.runtime.SnapshotRig.THREE;
import static io.flotilla.raft.runtime.SnapshotRig.TWO;
import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.raft.core.GroupId;
import io.flotilla.raft.core.ReplicaId;
import io.flotilla.raft.port.SnapshotManifest;
import io.flotilla.raft.port.SnapshotReply;
import io.flotilla.raft.port.SnapshotRequest;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Node 2 fetches from node 1, or from node 3, over a network that does what a test wants. */
class SnapshotFetcherTest {
  private final SnapshotRig rig = new SnapshotRig();
  private SnapshotFetcher fetcher;

  @BeforeEach
  void open() {
    rig.serve(ONE);
    rig.serve(THREE);
    fetcher = rig.fetch(TWO, FETCH);
  }

  /** Time for a snapshot to be made and fetched when nothing goes wrong. */
  private void fetch() {
    rig.pass(Duration.ofMillis(200));
  }

  private void assertNothingAskedTwice() {
    List<SnapshotRequest.Read> reads = rig.reads();
    assertThat(new HashSet<>(reads)).hasSameSizeAs(reads);
  }

  @Test
  void aSnapshotComesWhole() throws IOException {
    SnapshotRig.Content content = rig.host(ONE, GROUP, 20, 35, 0, 10);
    fetcher.want(GROUP, SELF, ONE, 20);
    fetch();
    assertThat(rig.fetched).hasSize(1);
    SnapshotManifest manifest = rig.fetched.get(0).manifest();
    assertThat(manifest.group()).isEqualTo(GROUP);
    assertThat(manifest.last().index()).isEqualTo(20);
    rig.assertFetched(content);
    assertThat(rig.reads()).hasSize(5).allMatch(read -> read.bytes() <= FETCH.pieceBytes());
    assertThat(rig.asked).last().isEqualTo(new SnapshotRequest.Release(manifest.id()));
  }

  @Test
  void howMuchHasComeIsToldUntilItIsInstalled() {
    rig.host(ONE, GROUP, 20, 35, 0, 10);
    List<SnapshotProgress> told = new ArrayList<>();
    rig.network =
        (question, reply) -> {
          fetcher.progress(GROUP).ifPresent(told::add);
          return List.of(reply);
        };
    assertThat(fetcher.progress(GROUP)).isEmpty();
    fetcher.want(GROUP, SELF, ONE, 20);
    fetch();
    assertThat(told).isNotEmpty().allMatch(progress -> progress.bytesTotal() == 45);
    assertThat(told).extracting(SnapshotProgress::bytes).isSorted().startsWith(0L).contains(30L);
    assertThat(fetcher.progress(GROUP))
        .as("being installed")
        .contains(new SnapshotProgress(45, 45));
    rig.fetched.get(0).close();
    rig.settle();
    assertThat(fetcher.progress(GROUP)).isEmpty();
  }

  @Test
  void ofWhatIsForgottenNothingIsTold() {
    rig.host(ONE, GROUP, 20, 50);
    rig.network =
        (question, reply) -> reply instanceof SnapshotReply.Piece ? List.of() : List.of(reply);
    fetcher.want(GROUP, SELF, ONE, 20);
    fetch();
    assertThat(fetcher.progress(GROUP)).contains(new SnapshotProgress(0, 50));
    fetcher.forget(GROUP);
    rig.settle();
    assertThat(fetcher.progress(GROUP)).isEmpty();
  }

  @Test
  void itIsDeletedWhenItIsInstalledOrRefused() {
    rig.host(ONE, GROUP, 20, 35);
    fetcher.want(GROUP, SELF, ONE, 20);
    fetch();
    assertThat(rig.lying(TWO, "in")).hasSize(2);
    rig.fetched.get(0).close();
    rig.fetched.get(0).close();
    rig.settle();
    assertThat(rig.lying(TWO, "in")).isEmpty();
  }

  @Test
  void twoAtATimeAndTheOthersWaitTheirTurn() {
    for (GroupId group : List.of(GROUP, OTHER, THIRD)) {
      rig.host(ONE, group, 20, 35);
      fetcher.want(group, SELF, ONE, 20);
    }
    fetch();
    assertThat(rig.describes()).extracting(SnapshotRequest.Describe::group).doesNotContain(THIRD);
    assertThat(rig.fetched).hasSize(2);
    fetch();
    assertThat(rig.fetched).as("being installed, they keep their places").hasSize(2);
    rig.fetched.get(1).close();
    fetch();
    assertThat(rig.fetched).hasSize(3);
    assertThat(rig.fetched.get(2).manifest().group()).isEqualTo(THIRD);
  }

  @Test
  void aLaterWishTakesThePlaceOfAnEarlierOne() {
    rig.host(ONE, GROUP, 30, 5);
    rig.host(THREE, GROUP, 30, 5);
    fetcher.want(GROUP, SELF, ONE, 20);
    fetcher.want(GROUP, SELF, THREE, 30);
    fetch();
    assertThat(rig.fetched).hasSize(1);
    assertThat(rig.sources.get(ONE).asked).isEmpty();
    assertThat(rig.describes())
        .isNotEmpty()
        .allMatch(describe -> describe.equals(new SnapshotRequest.Describe(GROUP, 30, 0)));
  }

  @Test
  void offersRepeatedMeanwhileAreCoveredByWhatWasFetched() {
    rig.host(ONE, GROUP, 30, 5);
    fetcher.want(GROUP, SELF, ONE, 20);
    fetch();
    fetcher.want(GROUP, SELF, ONE, 20);
    fetcher.want(GROUP, SELF, ONE, 30);
    fetch();
    rig.fetched.get(0).close();
    fetch();
    assertThat(rig.fetched).hasSize(1);
    fetcher.want(GROUP, SELF, ONE, 20);
    fetch();
    fetcher.want(GROUP, SELF, ONE, 31);
    rig.host(ONE, GROUP, 31, 5);
    rig.fetched.get(1).close();
    fetch();
    assertThat(rig.fetched).as("what was fetched does not reach so far").hasSize(3);
    assertThat(rig.fetched.get(2).manifest().last().index()).isEqualTo(31);
  }

  @Test
  void whatWasFetchedForAnEarlierReplicaCoversNothingOfTheNextOne() {
    ReplicaId next = new ReplicaId(SELF.value() + 1);
    rig.host(ONE, GROUP, 30, 5);
    fetcher.want(GROUP, SELF, ONE, 20);
    fetch();
    fetcher.forget(GROUP);
    fetcher.want(GROUP, next, ONE, 20);
    rig.fetched.get(0).close();
    fetch();
    assertThat(rig.fetched)
        .extracting(FetchedSnapshot::wantedBy)
        .as("each is for who wanted it")
        .containsExactly(SELF, next);
  }

  @Test
  void whatGoesWellIsNotGivenUpForAnotherOffer() {
    rig.host(ONE, GROUP, 20, 50);
    rig.host(THREE, GROUP, 20, 50);
    rig.network =
        (question, reply) -> {
          fetcher.want(GROUP, SELF, THREE, 20);
          return List.of(reply);
        };
    fetcher.want(GROUP, SELF, ONE, 20);
    fetch();
    assertThat(rig.fetched).hasSize(1);
    assertThat(rig.sources.get(THREE).asked).isEmpty();
  }

  @Test
  void whatIsForgottenIsFetchedNoMore() {
    rig.host(ONE, GROUP, 20, 50);
    rig.host(ONE, OTHER, 20, 5);
    rig.network =
        (question, reply) -> reply instanceof SnapshotReply.Piece ? List.of() : List.of(reply);
    fetcher.want(GROUP, SELF, ONE, 20);
    fetch();
    fetcher.want(OTHER, SELF, ONE, 20);
    fetcher.forget(OTHER);
    fetcher.forget(GROUP);
    rig.settle();
    assertThat(rig.lying(TWO, "in")).isEmpty();
    assertThat(rig.asked).last().isInstanceOf(SnapshotRequest.Release.class);
    int asked = rig.asked.size();
    rig.network = (question, reply) -> List.of(reply);
    rig.pass(Duration.ofSeconds(30));
    assertThat(rig.asked).hasSize(asked);
  }

  @Test
  void whatWasHandedOverIsNotTakenAway() {
    rig.host(ONE, GROUP, 20, 50);
    fetcher.want(GROUP, SELF, ONE, 20);
    fetch();
    fetcher.forget(GROUP);
    rig.settle();
    assertThat(rig.lying(TWO, "in")).hasSize(2);
    rig.fetched.get(0).close();
    rig.settle();
    assertThat(rig.lying(TWO, "in")).isEmpty();
  }

  @Test
  void allFetchesTogetherKeepBelowTheRate() {
    SnapshotFetchConfig slow =
        new SnapshotFetchConfig(
            2, 1_000, 10, 3, FETCH.answerTime(), FETCH.backoff(), FETCH.snapshotBytesMax());
    fetcher = rig.fetch(TWO, slow);
    rig.host(ONE, GROUP, 20, 1_000);
    rig.host(ONE, OTHER, 20, 1_000);
    fetcher.want(GROUP, SELF, ONE, 20);
    fetcher.want(OTHER, SELF, ONE, 20);
    for (int tenths = 1; tenths <= 19; tenths++) {
      rig.pass(Duration.ofMillis(100));
      long bytes = rig.reads().stream().mapToLong(SnapshotRequest.Read::bytes).sum();
      assertThat(bytes).isBetween(100L * (tenths - 1), 100L * tenths + 60);
      assertThat(rig.reads().stream().filter(read -> read.snapshot() == first()).count() * 10)
          .as("bytes of the one that came first")
          .isBetween(bytes / 2 - 60, bytes / 2 + 60);
    }
    rig.pass(Duration.ofMillis(400));
    assertThat(rig.fetched).hasSize(2);
    assertNothingAskedTwice();
  }

  private long first() {
    return rig.reads().get(0).snapshot();
  }

  @Test
  void noMoreIsUnderWayThanTheWindow() {
    rig.host(ONE, GROUP, 20, 100);
    rig.network =
        (question, reply) -> reply instanceof SnapshotReply.Piece ? List.of() : List.of(reply);
    fetcher.want(GROUP, SELF, ONE, 20);
    fetch();
    assertThat(rig.reads()).hasSize(FETCH.window());
  }

  @Test
  void closingLeavesOnlyWhatIsBeingInstalled() {
    rig.host(ONE, GROUP, 20, 50);
    fetcher.want(GROUP, SELF, ONE, 20);
    fetch();
    rig.host(ONE, OTHER, 20, 50);
    rig.network =
        (question, reply) -> reply instanceof SnapshotReply.Piece ? List.of() : List.of(reply);
    fetcher.want(OTHER, SELF, ONE, 20);
    fetch();
    assertThat(rig.lying(TWO, "in")).hasSize(3);
    fetcher.close();
    assertThat(rig.lying(TWO, "in")).hasSize(2);
  }
}
