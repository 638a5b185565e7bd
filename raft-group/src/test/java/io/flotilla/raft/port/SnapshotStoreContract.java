package io.flotilla.raft.port;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.raft.core.GroupId;
import io.flotilla.raft.core.Membership;
import io.flotilla.raft.core.Position;
import io.flotilla.raft.core.ReplicaId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What each {@link SnapshotStore} must do. A maker's test extends this and says how to open it. */
public abstract class SnapshotStoreContract {
  private static final byte[] ONE = bytes("the first file");
  private static final byte[] TWO = bytes("and the second, which is longer");
  private static final byte[] NONE = new byte[0];

  private final SnapshotManifest manifest =
      manifest(file("1.sst", ONE), file("2.sst", TWO), file("3.sst", NONE));
  private SnapshotStore store;

  /** A store on what the last one of this test has left, or a new one. */
  protected abstract SnapshotStore open() throws IOException;

  /** As whoever makes an image does it. */
  protected abstract void create(Path file, byte[] content) throws IOException;

  /** As whoever installs a snapshot does it. */
  protected abstract byte[] content(Path file) throws IOException;

  /** What is left below the store, files and directories of snapshots. */
  protected abstract List<Path> leftovers() throws IOException;

  @BeforeEach
  void openTheStore() throws IOException {
    store = open();
  }

  protected static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  protected static SnapshotFile file(String name, byte[] content) {
    CRC32C crc = new CRC32C();
    crc.update(content);
    return new SnapshotFile(name, content.length, (int) crc.getValue());
  }

  protected static SnapshotManifest manifest(SnapshotFile... files) {
    Membership.Member member = new Membership.Member(new ReplicaId(1), 1);
    return new SnapshotManifest(
        77, new GroupId(7), 4, new Position(20, 3), Membership.of(List.of(member)), List.of(files));
  }

  /** Writes all of a file in two pieces, the second first. */
  private static void fill(SnapshotStore.Incoming incoming, int file, byte[] content)
      throws IOException {
    int half = content.length / 2;
    incoming.write(file, half, ByteBuffer.wrap(content, half, content.length - half));
    incoming.write(file, 0, ByteBuffer.wrap(content, 0, half));
  }

  private static byte[] read(SnapshotStore store, SnapshotFile file, long offset, int bytes)
      throws IOException {
    ByteBuffer to = ByteBuffer.allocate(bytes);
    store.read(77, file, offset, to);
    assertThat(to.hasRemaining()).isFalse();
    return to.array();
  }

  @Test
  void whatWasMadeIsReadInPieces() throws IOException {
    create(store.beginOutgoing(77, 100).resolve("1.sst"), ONE);
    create(store.beginOutgoing(78, 100).resolve("1.sst"), TWO);
    SnapshotFile file = manifest.files().get(0);
    assertThat(read(store, file, 0, ONE.length)).isEqualTo(ONE);
    assertThat(read(store, file, 4, 5)).isEqualTo(bytes("first"));
    assertThatThrownBy(() -> read(store, file, 4, ONE.length)).isInstanceOf(IOException.class);
    assertThatThrownBy(() -> read(store, file("2.sst", ONE), 0, 1)).isInstanceOf(IOException.class);
  }

  @Test
  void whatIsDeletedIsGoneAndNothingElse() throws IOException {
    create(store.beginOutgoing(77, 100).resolve("1.sst"), ONE);
    create(store.beginOutgoing(78, 100).resolve("1.sst"), ONE);
    store.deleteOutgoing(78);
    store.deleteOutgoing(78);
    store.deleteOutgoing(79);
    assertThat(read(store, manifest.files().get(0), 0, ONE.length)).isEqualTo(ONE);
    store.deleteOutgoing(77);
    assertThatThrownBy(() -> read(store, manifest.files().get(0), 0, 1))
        .isInstanceOf(IOException.class);
    assertThat(leftovers()).isEmpty();
  }

  @Test
  void anImageIsNotBegunTwice() throws IOException {
    store.beginOutgoing(77, 100);
    assertThatThrownBy(() -> store.beginOutgoing(77, 100)).isInstanceOf(IOException.class);
  }

  @Test
  void whatIsReceivedIsThereAsItWas() throws IOException {
    SnapshotStore.Incoming incoming = store.beginIncoming(manifest);
    fill(incoming, 1, TWO);
    fill(incoming, 0, ONE);
    assertThat(incoming.seal(0)).isTrue();
    assertThat(incoming.seal(1)).isTrue();
    assertThatIllegalStateException()
        .as("the third has no bytes, but is a file all the same")
        .isThrownBy(incoming::complete);
    assertThat(incoming.seal(2)).isTrue();
    incoming.complete();
    assertThat(content(incoming.directory().resolve("1.sst"))).isEqualTo(ONE);
    assertThat(content(incoming.directory().resolve("2.sst"))).isEqualTo(TWO);
    assertThat(content(incoming.directory().resolve("3.sst"))).isEmpty();
    incoming.delete();
    incoming.delete();
    assertThat(leftovers()).isEmpty();
  }

  @Test
  void aFileIsSealedOnlyIfItIsWhatTheManifestSays() throws IOException {
    SnapshotStore.Incoming incoming = store.beginIncoming(manifest);
    byte[] garbled = ONE.clone();
    garbled[5] ^= 1;
    fill(incoming, 0, garbled);
    assertThat(incoming.seal(0)).as("one bit is wrong").isFalse();
    incoming.write(1, 0, ByteBuffer.wrap(TWO, 0, TWO.length - 1));
    assertThat(incoming.seal(1)).as("the last byte is missing").isFalse();
    assertThatIllegalStateException().isThrownBy(incoming::complete);
  }

  @Test
  void whatLiesOutsideOfAFileIsRefused() throws IOException {
    SnapshotStore.Incoming incoming = store.beginIncoming(manifest);
    for (long offset : new long[] {-1, 1, ONE.length, Long.MAX_VALUE}) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> incoming.write(0, offset, ByteBuffer.wrap(ONE)));
    }
  }

  @Test
  void oneSnapshotIsReceivedTwiceAtATime() throws IOException {
    SnapshotManifest small = manifest(file("1.sst", ONE));
    SnapshotStore.Incoming first = store.beginIncoming(small);
    SnapshotStore.Incoming second = store.beginIncoming(small);
    fill(first, 0, ONE);
    fill(second, 0, ONE);
    first.delete();
    assertThat(second.seal(0)).isTrue();
    second.complete();
    assertThat(content(second.directory().resolve("1.sst"))).isEqualTo(ONE);
  }

  @Test
  void nothingOutlivesTheProcess() throws IOException {
    create(store.beginOutgoing(77, 100).resolve("1.sst"), ONE);
    SnapshotStore.Incoming incoming = store.beginIncoming(manifest);
    fill(incoming, 0, ONE);
    SnapshotStore next = open();
    assertThat(leftovers()).isEmpty();
    assertThatThrownBy(() -> read(next, manifest.files().get(0), 0, 1))
        .isInstanceOf(IOException.class);
    create(next.beginOutgoing(77, 100).resolve("1.sst"), TWO);
    assertThat(read(next, file("1.sst", TWO), 0, TWO.length)).isEqualTo(TWO);
  }
}
