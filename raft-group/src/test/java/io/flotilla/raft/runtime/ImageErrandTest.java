package io.flotilla.raft.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.raft.core.CoreConfig;
import io.flotilla.raft.core.HardState;
import io.flotilla.raft.core.Membership;
import io.flotilla.raft.core.Position;
import io.flotilla.raft.core.RaftCore;
import io.flotilla.raft.core.Recovered;
import io.flotilla.raft.core.ReplicaId;
import io.flotilla.raft.port.SnapshotFile;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class ImageErrandTest {
  private static final ReplicaId SELF = new ReplicaId(1);
  private static final Membership MEMBERS =
      Membership.of(
          List.of(new Membership.Member(SELF, 11), new Membership.Member(new ReplicaId(2), 12)));

  private final Journal journal = new Journal();
  private final ImageErrand errand = new ImageErrand();
  private final AtomicInteger again = new AtomicInteger();

  private final RaftCore core = core(MEMBERS);

  /** Its log was cut at 5 and ends with 9, all of it in term 3. */
  private static RaftCore core(Membership members) {
    return new RaftCore(
        CoreConfig.DEFAULT,
        SELF,
        new Recovered(
            new HardState(4, Optional.empty()),
            new Position(5, 3),
            members,
            List.of(new Position(6, 3)),
            9,
            List.of(),
            5),
        (first, last, bytes) -> Optional.empty(),
        (min, max) -> min);
  }

  private CompletableFuture<Optional<SnapshotSource.Image>> ask() {
    return errand.ask().toCompletableFuture();
  }

  private void applied(long index) {
    journal.adopt(journal.load(Path.of("."), List.of(new SnapshotFile("journal", index, 0))));
  }

  private long label() {
    return errand.label(core, again::incrementAndGet).map(LogCutter.Image::index).orElse(0L);
  }

  @Test
  void anImageIsLabelledByTheLog() throws Exception {
    applied(7);
    CompletableFuture<Optional<SnapshotSource.Image>> image = ask();
    assertThat(errand.take(journal)).isTrue();
    assertThat(label()).isEqualTo(7);
    SnapshotSource.Image labelled = image.join().orElseThrow();
    assertThat(labelled.last()).isEqualTo(new Position(7, 3));
    assertThat(labelled.term()).isEqualTo(4);
    assertThat(labelled.membership()).isEqualTo(MEMBERS);
    assertThat(errand.take(journal)).as("one for each that asks").isFalse();
  }

  @Test
  void oneThatTheLogNoLongerReachesIsTakenAgain() throws Exception {
    applied(4);
    CompletableFuture<Optional<SnapshotSource.Image>> image = ask();
    errand.take(journal);
    assertThat(label()).isZero();
    assertThat(again).hasValue(1);
    assertThat(journal.closedImages()).isEqualTo(1);
    applied(5);
    assertThat(errand.take(journal)).isTrue();
    assertThat(label()).isEqualTo(5);
    assertThat(image.join()).isPresent();
  }

  @Test
  void oneAtATime() {
    ask();
    assertThat(ask()).isCompletedExceptionally();
  }

  @Test
  void nothingIsNoImage() throws Exception {
    CompletableFuture<Optional<SnapshotSource.Image>> image = ask();
    RaftCore fresh =
        new RaftCore(
            CoreConfig.DEFAULT,
            SELF,
            Recovered.empty(MEMBERS, Position.ZERO),
            (first, last, bytes) -> Optional.empty(),
            (min, max) -> min);
    errand.take(journal);
    assertThat(errand.label(fresh, again::incrementAndGet)).isEmpty();
    assertThat(image).isCompletedExceptionally();
    assertThat(journal.closedImages()).isEqualTo(1);
  }

  @Test
  void whoDoesNotKnowTheMembersHasNoImage() throws Exception {
    applied(7);
    CompletableFuture<Optional<SnapshotSource.Image>> image = ask();
    errand.take(journal);
    assertThat(errand.label(core(Membership.of(List.of())), again::incrementAndGet)).isEmpty();
    assertThat(image).isCompletedExceptionally();
    assertThat(journal.closedImages()).isEqualTo(1);
  }

  @Test
  void whoAsksWhenItIsOverGetsNone() throws Exception {
    CompletableFuture<Optional<SnapshotSource.Image>> before = ask();
    errand.take(journal);
    errand.end();
    assertThat(before.join()).isEmpty();
    assertThat(journal.closedImages()).isEqualTo(1);
    assertThat(ask().join()).isEmpty();
  }
}
