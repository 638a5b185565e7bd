package io.flotilla.raft.runtime;

import static io.flotilla.raft.runtime.SnapshotRig.FETCH;
import static io.flotilla.raft.runtime.SnapshotRig.GROUP;
import static io.flotilla.raft.runtime.SnapshotRig.ONE;
import static io.flotilla.raft.runtime.SnapshotRig.OTHER;
import static io.flotilla.raft.runtime.SnapshotRig.SELF;
import static io.flotilla.raft.runtime.SnapshotRig.THREE;
import static io.flotilla.raft.runtime.SnapshotRig.TWO;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.flotilla.raft.core.Position;
import io.flotilla.raft.port.NodeId;
import io.flotilla.raft.port.SnapshotFile;
import io.flotilla.raft.port.SnapshotManifest;
import io.flotilla.raft.port.SnapshotReply;
import io.flotilla.raft.port.SnapshotReply.Reason;
import io.flotilla.raft.port.SnapshotRequest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the network, the sender and the disk may do to a fetch, and what it makes of it. */
class SnapshotFetchFailureTest {
  private static final SnapshotReply LOST = new SnapshotReply.Refused(Reason.LOST);

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

  @Test
  void afterAnInterruptionItGoesOnWhereItWas() throws IOException {
    SnapshotRig.Content content = rig.host(ONE, GROUP, 20, 100, 100);
    List<SnapshotRequest.Read> arrived = new ArrayList<>();
    boolean[] cut = {false};
    rig.network =
        (question, reply) -> {
          cut[0] |= arrived.size() == 7;
          if (question.request() instanceof SnapshotRequest.Read read && !cut[0]) {
            arrived.add(read);
          }
          return List.of(cut[0] ? LOST : reply);
        };
    fetcher.want(GROUP, SELF, ONE, 20);
    fetch();
    int askedBefore = rig.reads().size();
    assertThat(arrived).hasSize(7);
    rig.pass(Duration.ofMillis(1));
    assertThat(rig.reads()).as("it waits before it tries again").hasSize(askedBefore);
    rig.network = (question, reply) -> List.of(reply);
    rig.pass(Duration.ofSeconds(2));
    rig.assertFetched(content);
    List<SnapshotRequest.Read> again = rig.reads().subList(askedBefore, rig.reads().size());
    assertThat(again).doesNotContainAnyElementsOf(arrived);
    assertThat(new HashSet<>(again)).hasSameSizeAs(again).hasSize(13);
    assertThat(rig.describes()).as("no second manifest").hasSizeLessThanOrEqualTo(3);
  }

  @Test
  void answersThatNeverComeAreAskedForAgain() throws IOException {
    SnapshotRig.Content content = rig.host(ONE, GROUP, 20, 35);
    rig.network = (question, reply) -> rig.reads().size() == 2 ? List.of() : List.of(reply);
    fetcher.want(GROUP, SELF, ONE, 20);
    fetch();
    rig.network = (question, reply) -> List.of(reply);
    rig.pass(FETCH.answerTime().plus(Duration.ofSeconds(2)));
    rig.assertFetched(content);
  }

  @Test
  void aGarbledPieceIsNotKeptAndAskedForAgain() throws IOException {
    SnapshotRig.Content content = rig.host(ONE, GROUP, 20, 35);
    int[] garbled = {0};
    rig.network =
        (question, reply) -> {
          if (reply instanceof SnapshotReply.Piece piece && garbled[0]++ == 1) {
            byte[] bytes = new byte[piece.data().remaining()];
            piece.data().duplicate().get(bytes);
            bytes[3] ^= 4;
            return List.of(with(piece, piece.offset(), ByteBuffer.wrap(bytes)));
          }
          return List.of(reply);
        };
    fetcher.want(GROUP, SELF, ONE, 20);
    rig.pass(Duration.ofSeconds(3));
    rig.assertFetched(content);
    assertThat(rig.reads()).hasSize(5);
    assertThat(rig.describes()).as("the rest of it is still good").allMatch(d -> d.not() == 0);
  }

  private static SnapshotReply with(SnapshotReply.Piece piece, long offset, ByteBuffer data) {
    return new SnapshotReply.Piece(piece.snapshot(), piece.file(), offset, data, piece.crc32c());
  }

  @Test
  void aDamagedFileIsRefusedAndAnotherSnapshotFetched() throws IOException {
    rig.host(ONE, GROUP, 20, 35);
    fetcher.want(GROUP, SELF, ONE, 20);
    rig.network =
        (question, reply) -> {
          if (reply instanceof SnapshotReply.Described && rig.reads().isEmpty()) {
            rig.lying(ONE, "out").stream()
                .filter(path -> path.toString().endsWith("sst"))
                .forEach(this::spoil);
          }
          return List.of(reply);
        };
    fetch();
    assertThat(rig.fetched).isEmpty();
    assertThat(rig.lying(TWO, "in")).as("nothing is kept of it").isEmpty();
    assertThat(rig.reads()).hasSize(4);
    SnapshotRig.Content good = rig.host(ONE, GROUP, 21, 35);
    rig.pass(Duration.ofSeconds(3));
    rig.assertFetched(good);
    assertThat(rig.describes()).last().matches(d -> d.not() == rig.reads().get(0).snapshot());
    assertThat(rig.reads().get(4).snapshot()).isNotEqualTo(rig.reads().get(0).snapshot());
  }

  private void spoil(Path file) {
    try {
      rig.files.read(file)[12] ^= 1;
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void answersThatAreLateRepeatedOrToSomethingElseChangeNothing() throws IOException {
    SnapshotRig.Content content = rig.host(ONE, GROUP, 20, 35, 35);
    List<SnapshotReply.Piece> pieces = new ArrayList<>();
    rig.network =
        (question, reply) -> {
          if (!(reply instanceof SnapshotReply.Piece piece)) {
            return List.of(reply, reply);
          }
          pieces.add(piece);
          if (pieces.size() == 3) { // of equal length, and whole, but not what was asked for
            return List.of(pieces.get(0));
          }
          return List.of(piece, piece, pieces.get(0));
        };
    fetcher.want(GROUP, SELF, ONE, 20);
    rig.pass(Duration.ofSeconds(3));
    assertThat(rig.fetched).hasSize(1);
    rig.assertFetched(content);
    assertThat(rig.reads()).as("one was asked for again").hasSize(9);
  }

  @Test
  void anAnswerToAnEarlierAttemptIsNotTakenForThisOne() throws IOException {
    rig.host(ONE, GROUP, 20, 10);
    List<Runnable> late = new ArrayList<>();
    rig.network =
        (question, reply) -> {
          if (reply instanceof SnapshotReply.Piece) {
            late.add(() -> question.reply().accept(reply));
            return List.of();
          }
          return List.of(reply);
        };
    fetcher.want(GROUP, SELF, ONE, 20);
    fetch();
    assertThat(late).hasSize(1);
    // That one is gone; the next is like it, except for its bytes.
    rig.pass(Duration.ofMillis(1));
    fetcher.forget(GROUP);
    SnapshotRig.Content content = rig.host(ONE, GROUP, 21, 10);
    fetcher.want(GROUP, SELF, ONE, 21);
    fetch();
    assertThat(late).hasSize(2);
    late.get(0).run();
    rig.settle();
    assertThat(rig.fetched).isEmpty();
    late.get(1).run();
    rig.settle();
    rig.assertFetched(content);
  }

  @Test
  void aManifestThatWillNotDoIsRefusedBeforeAnyByte() {
    rig.host(ONE, GROUP, 20, 35);
    rig.host(ONE, OTHER, 20, 35);
    rig.network =
        (question, reply) ->
            question.request() instanceof SnapshotRequest.Describe describe
                    && reply instanceof SnapshotReply.Described described
                ? List.of(new SnapshotReply.Described(bent(describe, described.manifest())))
                : List.of(reply);
    fetcher.want(GROUP, SELF, ONE, 20); // is told of another group
    fetcher.want(OTHER, SELF, ONE, 20); // is told of one that is too large
    rig.pass(Duration.ofSeconds(30));
    assertThat(rig.reads()).isEmpty();
    assertThat(rig.lying(TWO, "in")).isEmpty();
    assertThat(rig.describes().stream().filter(d -> d.group().equals(OTHER)).count())
        .as("not for ever")
        .isLessThan(10);
  }

  private static SnapshotManifest bent(SnapshotRequest.Describe asked, SnapshotManifest manifest) {
    if (asked.group().equals(GROUP)) {
      return new SnapshotManifest(
          manifest.id(),
          OTHER,
          manifest.term(),
          manifest.last(),
          manifest.membership(),
          manifest.files());
    }
    SnapshotFile file = new SnapshotFile("1.sst", FETCH.snapshotBytesMax() + 1, 0);
    return new SnapshotManifest(
        manifest.id(),
        OTHER,
        manifest.term(),
        manifest.last(),
        manifest.membership(),
        List.of(file));
  }

  @Test
  void oneThatIsTooOldIsNotFetchedWhateverTheSenderThinks() {
    rig.host(ONE, GROUP, 20, 35);
    rig.network =
        (question, reply) ->
            List.of(
                reply instanceof SnapshotReply.Described described
                    ? new SnapshotReply.Described(older(described.manifest()))
                    : reply);
    fetcher.want(GROUP, SELF, ONE, 20);
    rig.pass(Duration.ofSeconds(10));
    assertThat(rig.reads()).isEmpty();
    fetcher.want(GROUP, SELF, ONE, 19);
    rig.pass(Duration.ofSeconds(10));
    assertThat(rig.fetched).hasSize(1);
  }

  private static SnapshotManifest older(SnapshotManifest manifest) {
    return new SnapshotManifest(
        manifest.id(),
        manifest.group(),
        manifest.term(),
        new Position(19, 2),
        manifest.membership(),
        manifest.files());
  }

  @Test
  void whoDoesNotAnswerIsAskedLessAndLessOftenAndThenNoMore() {
    List<Long> atNanos = new ArrayList<>();
    rig.host(ONE, GROUP, 20, 35);
    rig.network =
        (question, reply) -> {
          atNanos.add(rig.now);
          return List.of(LOST);
        };
    fetcher.want(GROUP, SELF, ONE, 20);
    rig.pass(Duration.ofSeconds(60));
    assertThat(atNanos).hasSize(FETCH.backoff().attemptsMax());
    for (int i = 1; i < atNanos.size(); i++) {
      double seconds = (atNanos.get(i) - atNanos.get(i - 1)) / 1e9;
      double expected = Math.min(1 << (i - 1), 4);
      assertThat(seconds).isCloseTo(expected, within(expected / 2));
    }
    // The leader offers it again.
    rig.network = (question, reply) -> List.of(reply);
    fetcher.want(GROUP, SELF, ONE, 20);
    fetch();
    assertThat(rig.fetched).hasSize(1);
  }

  @Test
  void aSnapshotThatIsGoneIsBegunAnew() throws IOException {
    SnapshotRig.Content content = rig.host(ONE, GROUP, 20, 100);
    int[] pieces = {0};
    rig.network =
        (question, reply) -> {
          boolean fifth = reply instanceof SnapshotReply.Piece && ++pieces[0] == 5;
          return List.of(fifth ? new SnapshotReply.Refused(Reason.GONE) : reply);
        };
    fetcher.want(GROUP, SELF, ONE, 20);
    fetch();
    assertThat(rig.lying(TWO, "in")).isEmpty();
    rig.pass(Duration.ofSeconds(3));
    rig.assertFetched(content);
    assertThat(rig.lying(TWO, "in")).as("of the second attempt alone").hasSize(2);
  }

  @Test
  void ofAGroupThatIsNotThereNobodyIsAskedAgain() {
    fetcher.want(GROUP, SELF, ONE, 20);
    rig.pass(Duration.ofSeconds(30));
    assertThat(rig.describes()).hasSize(2);
  }

  @Test
  void makingOneMayTakeLongButNotForEver() {
    rig.host(ONE, GROUP, 20, 35);
    rig.sources.get(ONE).holds = true;
    fetcher.want(GROUP, SELF, ONE, 20);
    rig.pass(Duration.ofMinutes(10));
    int asked = rig.describes().size();
    assertThat(asked).as("it is asked for as often as the sender allows").isGreaterThan(10_000);
    rig.pass(Duration.ofMinutes(10));
    asked = rig.describes().size();
    rig.pass(Duration.ofMinutes(10));
    assertThat(rig.describes()).hasSize(asked);
  }

  @Test
  void aBusySenderIsComeBackTo() {
    rig.host(ONE, GROUP, 20, 5);
    for (int other = 4; other <= 5; other++) {
      var describe = new SnapshotRequest.Describe(GROUP, 1, 0);
      rig.ask(new NodeId(other), ONE, describe);
    }
    fetcher.want(GROUP, SELF, ONE, 20);
    rig.pass(Duration.ofSeconds(5));
    assertThat(rig.fetched).isEmpty();
    rig.pass(Duration.ofSeconds(15));
    fetcher.want(GROUP, SELF, ONE, 20);
    rig.pass(Duration.ofSeconds(5));
    assertThat(rig.fetched).hasSize(1);
  }

  @Test
  void whatHasComeStaysWhileTheSenderIsBusy() throws IOException {
    SnapshotRig.Content content = rig.host(ONE, GROUP, 20, 50);
    AtomicInteger refused = new AtomicInteger();
    rig.network =
        (question, reply) ->
            List.of(
                rig.reads().size() > 3 && refused.incrementAndGet() <= 100
                    ? new SnapshotReply.Refused(Reason.BUSY, 50)
                    : reply);
    fetcher.want(GROUP, SELF, ONE, 20);
    rig.pass(Duration.ofSeconds(30));
    rig.assertFetched(content);
    assertThat(refused).as("often enough for any failure").hasValueGreaterThan(100);
    assertThat(rig.describes()).as("begun once").hasSize(2);
  }

  @Test
  void whoIsKeptWaitingRatherAsksAnotherThatOffered() throws IOException {
    rig.host(ONE, GROUP, 20, 50);
    SnapshotRig.Content content = rig.host(THREE, GROUP, 22, 50);
    fetcher.want(GROUP, SELF, ONE, 20);
    rig.network =
        (question, reply) ->
            List.of(question.to().equals(ONE) ? new SnapshotReply.Refused(Reason.BUSY, 50) : reply);
    fetch();
    fetcher.want(GROUP, SELF, THREE, 22);
    fetch();
    rig.assertFetched(content);
  }

  @Test
  void whenOneSourceFailsAnotherThatOfferedIsAsked() throws IOException {
    rig.host(ONE, GROUP, 20, 50);
    SnapshotRig.Content content = rig.host(THREE, GROUP, 22, 50);
    fetcher.want(GROUP, SELF, ONE, 20);
    rig.network =
        (question, reply) ->
            List.of(question.to().equals(ONE) && rig.reads().size() > 2 ? LOST : reply);
    fetch();
    assertThat(rig.fetched).isEmpty();
    fetcher.want(GROUP, SELF, THREE, 22);
    fetch();
    rig.assertFetched(content);
    assertThat(rig.lying(TWO, "in")).as("nothing is left of the first").hasSize(2);
  }
}
