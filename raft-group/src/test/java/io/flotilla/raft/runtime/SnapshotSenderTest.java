package io.flotilla.raft.runtime;

import static io.flotilla.raft.runtime.SnapshotRig.GROUP;
import static io.flotilla.raft.runtime.SnapshotRig.ONE;
import static io.flotilla.raft.runtime.SnapshotRig.OTHER;
import static io.flotilla.raft.runtime.SnapshotRig.SEND;
import static io.flotilla.raft.runtime.SnapshotRig.THIRD;
import static io.flotilla.raft.runtime.SnapshotRig.THREE;
import static io.flotilla.raft.runtime.SnapshotRig.TWO;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.raft.core.GroupId;
import io.flotilla.raft.core.Position;
import io.flotilla.raft.port.NodeId;
import io.flotilla.raft.port.SnapshotManifest;
import io.flotilla.raft.port.SnapshotReply;
import io.flotilla.raft.port.SnapshotReply.Reason;
import io.flotilla.raft.port.SnapshotRequest;
import io.flotilla.raft.port.StorageException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class SnapshotSenderTest {
  private static final NodeId FOUR = new NodeId(4);

  private final SnapshotRig rig = new SnapshotRig();
  private SnapshotSender sender;

  @BeforeEach
  void host() {
    sender = rig.serve(ONE);
  }

  private SnapshotReply describe(NodeId from, GroupId group) {
    return describe(from, group, 1, 0);
  }

  private SnapshotReply describe(NodeId from, GroupId group, long atLeast, long not) {
    return rig.ask(from, ONE, new SnapshotRequest.Describe(group, atLeast, not));
  }

  /** Asks until it is made. */
  private SnapshotManifest manifest(NodeId from, GroupId group) {
    assertThat(describe(from, group)).isEqualTo(refused(Reason.NOT_READY));
    return ((SnapshotReply.Described) describe(from, group)).manifest();
  }

  private SnapshotReply read(NodeId from, SnapshotManifest of, int file, long offset, int bytes) {
    return rig.ask(from, ONE, new SnapshotRequest.Read(of.id(), file, offset, bytes));
  }

  private SnapshotReply release(NodeId from, SnapshotManifest of) {
    return rig.ask(from, ONE, new SnapshotRequest.Release(of.id()));
  }

  private static SnapshotReply refused(Reason reason) {
    boolean comeBack = reason == Reason.NOT_READY || reason == Reason.BUSY;
    return new SnapshotReply.Refused(reason, comeBack ? SEND.retryMillis() : 0);
  }

  @Test
  void whatIsMadeIsDescribedAndReadInPieces() {
    SnapshotRig.Content image = rig.host(ONE, GROUP, 20, 25, 4);
    SnapshotManifest manifest = manifest(TWO, GROUP);
    assertThat(manifest.group()).isEqualTo(GROUP);
    assertThat(manifest.last()).isEqualTo(new Position(20, 2));
    assertThat(manifest.bytes()).isEqualTo(29);
    assertThat(image.closed).as("it keeps the disk from giving back what is overwritten").isTrue();
    var piece = (SnapshotReply.Piece) read(TWO, manifest, 0, 7, 10);
    byte[] expected = new byte[10];
    ByteBuffer.wrap(image.contents.get("0.sst")).position(7).get(expected);
    assertThat(piece.data()).isEqualTo(ByteBuffer.wrap(expected));
    CRC32C crc = new CRC32C();
    crc.update(expected);
    assertThat(piece.crc32c()).isEqualTo((int) crc.getValue());
    assertThat(piece.offset()).isEqualTo(7);
  }

  @Test
  void whatDoesNotLieWithinAFileIsNotThere() {
    rig.host(ONE, GROUP, 20, 25, 4);
    SnapshotManifest manifest = manifest(TWO, GROUP);
    assertThat(read(TWO, manifest, 1, 0, 4)).isInstanceOf(SnapshotReply.Piece.class);
    assertThat(read(TWO, manifest, 1, 0, 5)).isEqualTo(refused(Reason.GONE));
    assertThat(read(TWO, manifest, 1, Long.MAX_VALUE, 4)).isEqualTo(refused(Reason.GONE));
    assertThat(read(TWO, manifest, 2, 0, 1)).isEqualTo(refused(Reason.GONE));
    assertThat(rig.ask(TWO, ONE, new SnapshotRequest.Read(manifest.id() + 1, 0, 0, 1)))
        .isEqualTo(refused(Reason.GONE));
  }

  @Test
  void twoWhoAskShareOne() {
    rig.host(ONE, GROUP, 20, 5);
    rig.sources.get(ONE).holds = true;
    assertThat(describe(TWO, GROUP)).isEqualTo(refused(Reason.NOT_READY));
    assertThat(describe(THREE, GROUP)).isEqualTo(refused(Reason.NOT_READY));
    rig.sources
        .get(ONE)
        .held
        .get(0)
        .complete(Optional.of(SnapshotRig.labelled(rig.sources.get(ONE).hosted.get(GROUP))));
    rig.settle();
    assertThat(describe(TWO, GROUP)).isEqualTo(describe(THREE, GROUP));
    assertThat(describe(TWO, GROUP)).isInstanceOf(SnapshotReply.Described.class);
    assertThat(rig.sources.get(ONE).asked).containsExactly(GROUP);
  }

  @Test
  void itIsKeptForAMinuteAfterTheLastRequest() {
    rig.host(ONE, GROUP, 20, 5);
    SnapshotManifest manifest = manifest(TWO, GROUP);
    for (int i = 0; i < 3; i++) {
      rig.pass(Duration.ofSeconds(59));
      assertThat(read(TWO, manifest, 0, 0, 5)).isInstanceOf(SnapshotReply.Piece.class);
    }
    rig.pass(Duration.ofSeconds(60));
    assertThat(rig.lying(ONE, "out")).isEmpty();
    assertThat(read(TWO, manifest, 0, 0, 5)).isEqualTo(refused(Reason.GONE));
    assertThat(manifest(TWO, GROUP).id()).isNotEqualTo(manifest.id());
  }

  @Test
  void anImageThatTakesLongIsNotDeletedWhileItIsMade() {
    rig.host(ONE, GROUP, 20, 5);
    rig.sources.get(ONE).holds = true;
    assertThat(describe(TWO, GROUP)).isEqualTo(refused(Reason.NOT_READY));
    rig.pass(Duration.ofMinutes(3));
    assertThat(describe(TWO, GROUP)).isEqualTo(refused(Reason.NOT_READY));
    assertThat(rig.sources.get(ONE).asked).containsExactly(GROUP);
  }

  @Test
  void aThirdSendWaitsUntilOneIsReleased() {
    rig.host(ONE, GROUP, 20, 5);
    rig.host(ONE, OTHER, 20, 5);
    SnapshotManifest first = manifest(TWO, GROUP);
    SnapshotManifest second = manifest(THREE, OTHER);
    assertThat(describe(FOUR, GROUP)).isEqualTo(refused(Reason.BUSY));
    assertThat(read(FOUR, first, 0, 0, 5)).isEqualTo(refused(Reason.BUSY));
    assertThat(describe(TWO, OTHER)).as("a third all the same").isEqualTo(refused(Reason.BUSY));
    assertThat(read(TWO, first, 0, 0, 5)).isInstanceOf(SnapshotReply.Piece.class);
    assertThat(read(THREE, second, 0, 0, 5)).isInstanceOf(SnapshotReply.Piece.class);
    assertThat(release(TWO, first)).isEqualTo(new SnapshotReply.Released());
    assertThat(describe(FOUR, GROUP)).isEqualTo(new SnapshotReply.Described(first));
  }

  @Test
  void whoFallsSilentMakesRoomAndIsTakenBackWhenThereIsRoomAgain() {
    rig.host(ONE, GROUP, 20, 5);
    SnapshotManifest manifest = manifest(TWO, GROUP);
    describe(THREE, GROUP);
    rig.pass(Duration.ofSeconds(14));
    describe(THREE, GROUP);
    assertThat(describe(FOUR, GROUP)).isEqualTo(refused(Reason.BUSY));
    rig.pass(Duration.ofSeconds(1));
    assertThat(describe(FOUR, GROUP)).isEqualTo(new SnapshotReply.Described(manifest));
    assertThat(read(TWO, manifest, 0, 0, 5)).isEqualTo(refused(Reason.BUSY));
    release(FOUR, manifest);
    assertThat(read(TWO, manifest, 0, 0, 5)).isInstanceOf(SnapshotReply.Piece.class);
  }

  @Test
  void oneThatIsTooOldIsReplacedButReadToItsEnd() {
    rig.host(ONE, GROUP, 20, 5);
    SnapshotManifest old = manifest(TWO, GROUP);
    rig.host(ONE, GROUP, 30, 5);
    assertThat(describe(THREE, GROUP, 20, 0)).isEqualTo(new SnapshotReply.Described(old));
    assertThat(describe(THREE, GROUP, 21, 0)).isEqualTo(refused(Reason.BUSY));
    release(THREE, old);
    assertThat(describe(THREE, GROUP, 21, 0)).isEqualTo(refused(Reason.NOT_READY));
    var described = (SnapshotReply.Described) describe(THREE, GROUP, 21, 0);
    assertThat(described.manifest().last().index()).isEqualTo(30);
    assertThat(read(TWO, old, 0, 0, 5)).isInstanceOf(SnapshotReply.Piece.class);
    release(TWO, old);
    assertThat(read(TWO, old, 0, 0, 5)).isEqualTo(refused(Reason.GONE));
    assertThat(rig.lying(ONE, "out")).as("a directory and a file").hasSize(2);
  }

  @Test
  void oneThatTurnedOutDamagedIsNotGivenAgain() {
    rig.host(ONE, GROUP, 20, 5);
    SnapshotManifest damaged = manifest(TWO, GROUP);
    release(TWO, damaged);
    assertThat(describe(TWO, GROUP, 1, damaged.id())).isEqualTo(refused(Reason.NOT_READY));
    var described = (SnapshotReply.Described) describe(TWO, GROUP, 1, damaged.id());
    assertThat(described.manifest().id()).isNotEqualTo(damaged.id());
  }

  @Test
  void whatCannotBeReadAnyMoreIsGivenUp() {
    rig.host(ONE, GROUP, 20, 5);
    SnapshotManifest manifest = manifest(TWO, GROUP);
    rig.files.delete(rig.lying(ONE, "out").get(1));
    assertThat(read(TWO, manifest, 0, 0, 5)).isEqualTo(refused(Reason.GONE));
    assertThat(manifest(TWO, GROUP).id()).isNotEqualTo(manifest.id());
  }

  @Test
  void ofAGroupThatIsNotHereThereIsNone() {
    assertThat(describe(TWO, GROUP)).isEqualTo(refused(Reason.NOT_READY));
    assertThat(describe(TWO, GROUP)).isEqualTo(refused(Reason.NOT_HERE));
    rig.host(ONE, GROUP, 20, 5);
    assertThat(manifest(TWO, GROUP).last().index()).isEqualTo(20);
  }

  @Test
  void whatCannotBeMadeIsToldOnceAndTriedAgain() {
    rig.host(ONE, GROUP, 20, 5).hasNoRoom = true;
    assertThat(describe(TWO, GROUP)).isEqualTo(refused(Reason.NOT_READY));
    assertThat(rig.lying(ONE, "out")).as("what was written before there was no room").isEmpty();
    assertThat(describe(TWO, GROUP)).isEqualTo(refused(Reason.FAILED));
    rig.host(ONE, GROUP, 20, 5);
    rig.sources.get(ONE).failure = new IllegalStateException("a bug, on purpose");
    assertThat(describe(TWO, GROUP)).isEqualTo(refused(Reason.NOT_READY));
    assertThat(describe(TWO, GROUP)).isEqualTo(refused(Reason.FAILED));
    rig.sources.get(ONE).failure = null;
    assertThat(manifest(TWO, GROUP).last().index()).isEqualTo(20);
  }

  @Test
  void aBrokenDiskOfTheStateIsNotKeptToItself() {
    rig.host(ONE, GROUP, 20, 5).failsForGood = true;
    sender.serve(TWO, new SnapshotRequest.Describe(GROUP, 1, 0), reply -> {});
    sender.turn();
    sender.turn();
    assertThatThrownBy(() -> sender.writer().turn()).isInstanceOf(StorageException.class);
  }

  @Test
  void theOldestThatNobodyIsSentHasToGoWhenRoomIsNeeded() {
    List<SnapshotManifest> made = new ArrayList<>();
    for (GroupId group : List.of(GROUP, OTHER, THIRD)) {
      rig.host(ONE, group, 20, 5);
      made.add(manifest(TWO, group));
      release(TWO, made.get(made.size() - 1));
      rig.pass(Duration.ofSeconds(1));
    }
    read(THREE, made.get(0), 0, 0, 5);
    GroupId fourth = new GroupId(10);
    rig.host(ONE, fourth, 20, 5);
    assertThat(manifest(TWO, fourth).last().index()).isEqualTo(20);
    release(THREE, made.get(0));
    assertThat(read(TWO, made.get(0), 0, 0, 5)).isInstanceOf(SnapshotReply.Piece.class);
    assertThat(read(TWO, made.get(1), 0, 0, 5)).isEqualTo(refused(Reason.GONE));
  }

  @Test
  void moreQuestionsThanMayWaitAreSentBack() {
    List<SnapshotReply> replies = new ArrayList<>();
    for (int i = 0; i < SEND.requestsMax() + 2; i++) {
      sender.serve(TWO, new SnapshotRequest.Describe(GROUP, 1, 0), replies::add);
    }
    assertThat(replies).containsExactly(refused(Reason.BUSY), refused(Reason.BUSY));
    rig.settle();
    assertThat(replies).hasSize(SEND.requestsMax() + 2);
  }

  @Test
  void imagesThatNobodyWillWriteAreGivenBack() {
    SnapshotRig.Content queued = rig.host(ONE, GROUP, 20, 5);
    SnapshotRig.Content late = rig.host(ONE, OTHER, 20, 5);
    sender.serve(TWO, new SnapshotRequest.Describe(GROUP, 1, 0), reply -> {});
    sender.turn();
    rig.sources.get(ONE).holds = true;
    sender.serve(TWO, new SnapshotRequest.Describe(OTHER, 1, 0), reply -> {});
    sender.turn();
    sender.close();
    assertThat(queued.closed).isTrue();
    assertThat(late.closed).isFalse();
    rig.sources.get(ONE).held.get(0).complete(Optional.of(SnapshotRig.labelled(late)));
    assertThat(late.closed).isTrue();
  }
}
