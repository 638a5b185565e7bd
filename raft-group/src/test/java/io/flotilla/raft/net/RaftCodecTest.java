package io.flotilla.raft.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.raft.core.Membership;
import io.flotilla.raft.core.Position;
import io.flotilla.raft.core.RaftMessage;
import io.flotilla.raft.port.Messages;
import io.flotilla.raft.port.NodeId;
import io.flotilla.raft.port.RaftParcel;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RaftCodecTest {
  private static final NodeId ONE = new NodeId(1);
  private static final NodeId TWO = new NodeId(2);
  private static final Set<Class<?>> OVERTAKING =
      Set.of(
          RaftMessage.VoteRequest.class,
          RaftMessage.VoteReply.class,
          RaftMessage.Heartbeat.class,
          RaftMessage.HeartbeatReply.class,
          RaftMessage.TimeoutNow.class,
          RaftMessage.Removed.class);

  private static ByteBuffer encoded(RaftMessage message) {
    ByteBuffer bytes = ByteBuffer.allocate(RaftCodec.encodedBytes(message));
    RaftCodec.encode(message, bytes);
    assertThat(bytes.hasRemaining()).as("bytes that %s left", message).isFalse();
    return bytes.flip();
  }

  private static ByteBuffer encoded(List<RaftParcel> parcels) {
    int size = parcels.stream().mapToInt(ParcelFrame::encodedBytes).sum();
    ByteBuffer frame = ByteBuffer.allocate(ParcelFrame.HEADER_BYTES + size);
    ParcelFrame.putHeader(ONE, TWO, parcels.size(), frame);
    parcels.forEach(parcel -> ParcelFrame.put(parcel, frame));
    assertThat(frame.hasRemaining()).isFalse();
    return frame.flip();
  }

  @Test
  void everyKindComesBackAsItWas() {
    Messages messages = new Messages(1);
    for (int i = 0; i < 5_000; i++) {
      RaftMessage message = messages.ofKind(i % Messages.KINDS);
      ByteBuffer bytes = encoded(message);
      assertThat(Messages.text(RaftCodec.decode(bytes))).isEqualTo(Messages.text(message));
      assertThat(bytes.hasRemaining()).isFalse();
    }
  }

  /** No switch asks for a new kind: here it is missed. */
  @Test
  void everyKindIsTriedAndHasItsLane() {
    Messages messages = new Messages(1);
    Set<Class<?>> tried = new HashSet<>();
    for (int kind = 0; kind < Messages.KINDS; kind++) {
      RaftMessage message = messages.ofKind(kind);
      tried.add(message.getClass());
      assertThat(NettyTransport.isLiveness(message))
          .as("%s overtakes", message)
          .isEqualTo(OVERTAKING.contains(message.getClass()));
    }
    assertThat(tried).containsExactlyInAnyOrder(RaftMessage.class.getPermittedSubclasses());
  }

  @Test
  void framesComeBackAsTheyWere() {
    Messages messages = new Messages(2);
    for (int i = 1; i < 50; i++) {
      List<RaftParcel> parcels = new ArrayList<>();
      for (int j = 0; j < i; j++) {
        parcels.add(Messages.parcel(1, 2, j, messages.any()));
      }
      List<RaftParcel> decoded = ParcelFrame.decode(encoded(parcels), ONE, TWO);
      assertThat(decoded).hasSameSizeAs(parcels);
      for (int j = 0; j < i; j++) {
        assertThat(decoded.get(j).group()).isEqualTo(parcels.get(j).group());
        assertThat(decoded.get(j).from()).isEqualTo(parcels.get(j).from());
        assertThat(decoded.get(j).to()).isEqualTo(parcels.get(j).to());
        assertThat(Messages.text(decoded.get(j).message()))
            .isEqualTo(Messages.text(parcels.get(j).message()));
      }
    }
  }

  @Test
  void whatIsCutShortIsRefused() {
    Messages messages = new Messages(3);
    for (int i = 0; i < 500; i++) {
      ByteBuffer bytes = encoded(messages.ofKind(i % Messages.KINDS));
      for (int length = 0; length < bytes.limit(); length++) {
        ByteBuffer cut = bytes.slice(0, length);
        assertThatThrownBy(() -> RaftCodec.decode(cut))
            .isInstanceOf(IllegalArgumentException.class)
            .hasMessageMatching("(?s).+");
      }
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {11, 12, 13, 14})
  void whatIsGarbledIsRefusedOrReadAndNothingElse(long seed) {
    Random random = new Random(seed);
    Messages messages = new Messages(seed);
    int refused = 0;
    for (int i = 0; i < 20_000; i++) {
      RaftParcel parcel = Messages.parcel(1, 2, 7, messages.any());
      byte[] bytes = encoded(List.of(parcel)).array();
      for (int flips = 1 + random.nextInt(4); flips > 0; flips--) {
        bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
      }
      refused += isRefused(ByteBuffer.wrap(bytes)) ? 1 : 0;
    }
    assertThat(refused).isGreaterThan(1_000);
  }

  @ParameterizedTest
  @ValueSource(longs = {21, 22})
  void noiseIsRefusedOrReadAndNothingElse(long seed) {
    Random random = new Random(seed);
    for (int i = 0; i < 20_000; i++) {
      byte[] noise = new byte[random.nextInt(200)];
      random.nextBytes(noise);
      ByteBuffer frame = ByteBuffer.allocate(ParcelFrame.HEADER_BYTES + noise.length);
      ParcelFrame.putHeader(ONE, TWO, 1 + random.nextInt(3), frame);
      isRefused(frame.put(noise).flip());
    }
  }

  private static boolean isRefused(ByteBuffer frame) {
    try {
      ParcelFrame.decode(frame, ONE, TWO);
      return false;
    } catch (IllegalArgumentException e) {
      assertThat(e.getMessage()).isNotBlank();
      return true;
    }
  }

  @Test
  void parcelsBetweenOtherNodesAreRefused() {
    ByteBuffer frame = encoded(List.of(Messages.parcel(1, 2, 7, new RaftMessage.TimeoutNow(3))));
    assertThatThrownBy(() -> ParcelFrame.decode(frame.duplicate(), new NodeId(3), TWO))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("from node 1 to node 2");
    assertThatThrownBy(() -> ParcelFrame.decode(frame.duplicate(), ONE, new NodeId(3)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void countsThatTheBytesDoNotBearOutAreRefused() {
    ByteBuffer frame = encoded(List.of(Messages.parcel(1, 2, 7, new RaftMessage.TimeoutNow(3))));
    for (int count : new int[] {0, -1, 2, Integer.MAX_VALUE}) {
      frame.putInt(16, count);
      assertThatThrownBy(() -> ParcelFrame.decode(frame.duplicate(), ONE, TWO))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("parcels in");
    }
  }

  /** Members are counted in two bytes, in each of three lists: as many as one says have 1 MiB. */
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2})
  void aCountOfMembersIsWorthNoMemory(int list) {
    Membership none = new Membership(List.of(), List.of(), List.of());
    RaftMessage offer = new RaftMessage.SnapshotOffer(3, new Position(2, 1), none);
    ByteBuffer bytes = encoded(offer);
    bytes.putShort(RaftCodec.MESSAGE_BYTES_MIN + 16 + list * Short.BYTES, (short) -1);
    long leastBytes = Long.MAX_VALUE;
    for (int i = 0; i < 3; i++) { // the first loads classes
      long before = allocatedBytes();
      assertThatThrownBy(() -> RaftCodec.decode(bytes.duplicate()))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageMatching("a membership needs at least 10485\\d\\d bytes, 6 are left");
      leastBytes = Math.min(leastBytes, allocatedBytes() - before);
    }
    assertThat(leastBytes).isLessThan(64 << 10);
  }

  private static long allocatedBytes() {
    return ((com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean())
        .getThreadAllocatedBytes(Thread.currentThread().getId());
  }
}
