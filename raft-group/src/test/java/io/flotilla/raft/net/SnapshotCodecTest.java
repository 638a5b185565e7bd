package io.flotilla.raft.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.flotilla.proto.snapshot.ReadSnapshot;
import io.flotilla.proto.snapshot.SnapshotFile;
import io.flotilla.proto.snapshot.SnapshotManifest;
import io.flotilla.proto.snapshot.SnapshotMember;
import io.flotilla.proto.snapshot.SnapshotRefusal;
import io.flotilla.raft.core.GroupId;
import io.flotilla.raft.core.Membership;
import io.flotilla.raft.core.Position;
import io.flotilla.raft.core.ReplicaId;
import io.flotilla.raft.port.SnapshotReply;
import io.flotilla.raft.port.SnapshotReply.Reason;
import io.flotilla.raft.port.SnapshotRequest;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SnapshotCodecTest {
  private static final SnapshotReply DESCRIBED =
      new SnapshotReply.Described(
          new io.flotilla.raft.port.SnapshotManifest(
              -5,
              new GroupId(7),
              5,
              new Position(20, 3),
              new Membership(members(1, 2, 3), members(1, 2), members(9)),
              List.of(
                  new io.flotilla.raft.port.SnapshotFile("000001.sst", 1L << 40, -17),
                  new io.flotilla.raft.port.SnapshotFile("b-2", 0, 0))));

  private static final List<SnapshotRequest> REQUESTS =
      List.of(
          new SnapshotRequest.Describe(new GroupId(-1), 20, -3),
          new SnapshotRequest.Read(-5, 65_535, 1L << 40, SnapshotRequest.Read.BYTES_MAX),
          new SnapshotRequest.Release(-5));

  private static List<Membership.Member> members(int... ids) {
    return IntStream.of(ids)
        .mapToObj(id -> new Membership.Member(new ReplicaId(id), 10L + id))
        .toList();
  }

  private static SnapshotReply piece(String data) {
    ByteBuffer bytes = ByteBuffer.wrap(data.getBytes(StandardCharsets.US_ASCII));
    return new SnapshotReply.Piece(-5, 3, 1L << 33, bytes, -99);
  }

  private static SnapshotManifest.Builder manifest() {
    return SnapshotCodec.message(DESCRIBED).getManifest().toBuilder();
  }

  private static SnapshotReply read(SnapshotManifest.Builder manifest) {
    return SnapshotCodec.reply(
        io.flotilla.proto.snapshot.SnapshotReply.newBuilder().setManifest(manifest).build());
  }

  private static void assertRefused(SnapshotManifest.Builder manifest) {
    assertThatIllegalArgumentException().isThrownBy(() -> read(manifest));
  }

  private static SnapshotFile file(String name, long bytes) {
    return SnapshotFile.newBuilder().setName(name).setBytes(bytes).build();
  }

  @Test
  void everythingComesBackAsItWas() throws InvalidProtocolBufferException {
    for (SnapshotRequest request : REQUESTS) {
      ByteString bytes = SnapshotCodec.message(request).toByteString();
      var message = io.flotilla.proto.snapshot.SnapshotRequest.parseFrom(bytes);
      assertThat(SnapshotCodec.request(message)).isEqualTo(request);
    }
    for (SnapshotReply reply :
        List.of(DESCRIBED, piece("some bytes"), piece(""), new SnapshotReply.Released())) {
      assertThat(SnapshotCodec.reply(reparsed(reply))).isEqualTo(reply);
    }
    for (Reason reason : Reason.values()) {
      SnapshotReply refused = new SnapshotReply.Refused(reason, 250);
      if (reason == Reason.LOST) {
        assertThatIllegalArgumentException().isThrownBy(() -> SnapshotCodec.message(refused));
      } else {
        assertThat(SnapshotCodec.reply(reparsed(refused))).isEqualTo(refused);
      }
    }
  }

  private static io.flotilla.proto.snapshot.SnapshotReply reparsed(SnapshotReply reply)
      throws InvalidProtocolBufferException {
    return io.flotilla.proto.snapshot.SnapshotReply.parseFrom(
        SnapshotCodec.message(reply).toByteString());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        ".",
        "..",
        "../x",
        "/etc/passwd",
        "a/b",
        "a\\b",
        ".hidden",
        "a\0b",
        "C:x",
        "ä",
        "a b",
        "12345678901234567890123456789012345678901234567890123456789012345"
      })
  void namesThatLeadElsewhereAreRefused(String name) {
    assertRefused(manifest().addFiles(file(name, 1)));
  }

  @Test
  void absurdManifestsAreRefused() {
    assertThat(read(manifest().addFiles(file("ok", 1)))).isNotNull();
    assertRefused(manifest().addFiles(file("negative", -1)));
    assertRefused(manifest().addFiles(file("a", Long.MAX_VALUE)).addFiles(file("b", 1)));
    assertRefused(manifest().addFiles(file("b-2", 1)));
    assertRefused(manifest().clearFiles());
    assertRefused(manifest().clearVoters());
    assertRefused(manifest().setSnapshot(0));
    assertRefused(manifest().setLastIndex(0));
    assertRefused(manifest().setLastIndex(-1));
    assertRefused(manifest().setLastTerm(0));
    assertRefused(manifest().addLearners(SnapshotMember.getDefaultInstance()));
    assertRefused(manifest().addLearners(SnapshotMember.newBuilder().setReplica(9)));
    SnapshotManifest.Builder many = manifest();
    IntStream.range(0, 65_535).forEach(i -> many.addFiles(file("f" + i, 1)));
    assertRefused(many);
  }

  @Test
  void absurdRequestsAndRepliesAreRefused() {
    assertRequestRefused(ReadSnapshot.newBuilder().setFile(-1).setBytes(1));
    assertRequestRefused(ReadSnapshot.newBuilder().setOffset(-1).setBytes(1));
    assertRequestRefused(ReadSnapshot.newBuilder().setBytes(0));
    assertRequestRefused(ReadSnapshot.newBuilder().setBytes(-1));
    assertRequestRefused(ReadSnapshot.newBuilder().setBytes((1 << 20) + 1));
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                SnapshotCodec.request(
                    io.flotilla.proto.snapshot.SnapshotRequest.getDefaultInstance()));
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                SnapshotCodec.reply(io.flotilla.proto.snapshot.SnapshotReply.getDefaultInstance()));
    for (int reason : new int[] {0, 6, 99, -1}) {
      var refusal = SnapshotRefusal.newBuilder().setReasonValue(reason);
      assertThatIllegalArgumentException()
          .isThrownBy(
              () ->
                  SnapshotCodec.reply(
                      io.flotilla.proto.snapshot.SnapshotReply.newBuilder()
                          .setRefusal(refusal)
                          .build()));
    }
  }

  private static void assertRequestRefused(ReadSnapshot.Builder read) {
    var request = io.flotilla.proto.snapshot.SnapshotRequest.newBuilder().setRead(read).build();
    assertThatIllegalArgumentException().isThrownBy(() -> SnapshotCodec.request(request));
  }

  @ParameterizedTest
  @ValueSource(longs = {11, 12, 13})
  void whatIsGarbledIsRefusedOrReadAndNothingElse(long seed) {
    Random random = new Random(seed);
    int refused = 0;
    for (int i = 0; i < 20_000; i++) {
      SnapshotReply reply = i % 2 == 0 ? DESCRIBED : piece("some bytes");
      byte[] bytes = SnapshotCodec.message(reply).toByteArray();
      garble(bytes, random);
      refused += isReplyRefused(bytes) ? 1 : 0;
      byte[] request = SnapshotCodec.message(REQUESTS.get(i % REQUESTS.size())).toByteArray();
      garble(request, random);
      refused += isRequestRefused(request) ? 1 : 0;
    }
    assertThat(refused).isGreaterThan(1_000);
  }

  private static void garble(byte[] bytes, Random random) {
    for (int flips = 1 + random.nextInt(4); flips > 0; flips--) {
      bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {21, 22})
  void noiseIsRefusedOrReadAndNothingElse(long seed) {
    Random random = new Random(seed);
    for (int i = 0; i < 20_000; i++) {
      byte[] noise = new byte[random.nextInt(200)];
      random.nextBytes(noise);
      isReplyRefused(noise);
      isRequestRefused(noise);
    }
  }

  /** As the transport does it: what cannot be parsed is refused one room below. */
  private static boolean isReplyRefused(byte[] bytes) {
    try {
      SnapshotCodec.reply(io.flotilla.proto.snapshot.SnapshotReply.parseFrom(bytes));
      return false;
    } catch (InvalidProtocolBufferException | IllegalArgumentException e) {
      assertThat(e.getMessage()).isNotBlank();
      return true;
    }
  }

  private static boolean isRequestRefused(byte[] bytes) {
    try {
      SnapshotCodec.request(io.flotilla.proto.snapshot.SnapshotRequest.parseFrom(bytes));
      return false;
    } catch (InvalidProtocolBufferException | IllegalArgumentException e) {
      assertThat(e.getMessage()).isNotBlank();
      return true;
    }
  }
}
