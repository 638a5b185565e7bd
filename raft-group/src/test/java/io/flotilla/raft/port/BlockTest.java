package io.flotilla.raft.port;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.raft.core.Entry;
import io.flotilla.raft.core.Membership;
import io.flotilla.raft.core.MembershipBytes;
import io.flotilla.raft.core.ReplicaId;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Entries and memberships as bytes, and bytes that claim to be more than they are. */
class BlockTest {
  private static final int COUNT_AT = 8;
  private static final int FIRST_LENGTH_AT = 12 + 9;
  private static final int BYTES_MAX = 64 << 10;

  private static final List<Entry> ENTRIES =
      List.of(
          new Entry(5, 2, Entry.Kind.COMMAND, new byte[] {1, 2, 3}),
          new Entry(6, 4, Entry.Kind.NO_OP, new byte[0]));
  private static final Membership MEMBERSHIP =
      new Membership(members(1, 3), members(2, 4), members(7, 7));

  private static List<Membership.Member> members(long first, long last) {
    return LongStream.rangeClosed(first, last)
        .mapToObj(id -> new Membership.Member(new ReplicaId(id), 10 * id))
        .toList();
  }

  private static ByteBuffer encodedEntries() {
    ByteBuffer bytes = ByteBuffer.allocate(EntryBlock.encodedBytes(ENTRIES));
    EntryBlock.encode(ENTRIES, bytes);
    return bytes.flip();
  }

  private static ByteBuffer encodedMembership() {
    ByteBuffer bytes = ByteBuffer.allocate(MembershipBlock.encodedBytes(MEMBERSHIP));
    MembershipBlock.encode(MEMBERSHIP, bytes);
    return bytes.flip();
  }

  @Test
  void bothComeBackAsTheyWere() {
    ByteBuffer entries = encodedEntries();
    List<Entry> decoded = EntryBlock.decode(entries);
    assertThat(decoded).hasToString("[5@2, 6@4]");
    assertThat(decoded)
        .extracting(Entry::kind)
        .containsExactly(Entry.Kind.COMMAND, Entry.Kind.NO_OP);
    assertThat(decoded.get(0).payload()).containsExactly(1, 2, 3);
    assertThat(decoded.get(1).payload()).isEmpty();
    assertThat(entries.hasRemaining()).isFalse();
    ByteBuffer membership = encodedMembership();
    assertThat(MembershipBlock.decode(membership)).isEqualTo(MEMBERSHIP);
    assertThat(membership.hasRemaining()).isFalse();
  }

  @Test
  void whatIsCutShortIsRefused() {
    for (int length = 0; length < encodedEntries().limit(); length++) {
      ByteBuffer cut = encodedEntries().limit(length);
      assertThatThrownBy(() -> EntryBlock.decode(cut))
          .as("%d bytes", length)
          .isInstanceOf(IllegalArgumentException.class);
    }
    for (int length = 0; length < encodedMembership().limit(); length++) {
      ByteBuffer cut = encodedMembership().limit(length);
      assertThatThrownBy(() -> MembershipBlock.decode(cut))
          .as("%d bytes", length)
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, -1, Integer.MIN_VALUE, 3, 50_000, 5_000_000})
  void aCountOfEntriesIsWorthNoMemory(int count) {
    assertRefusedForNothing(() -> EntryBlock.decode(encodedEntries().putInt(COUNT_AT, count)));
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, Integer.MIN_VALUE, 100, 500_000, 50_000_000})
  void aLengthOfAPayloadIsWorthNoMemory(int length) {
    assertRefusedForNothing(
        () -> EntryBlock.decode(encodedEntries().putInt(FIRST_LENGTH_AT, length)));
  }

  @Test
  void aCountOfMembersIsWorthNoMemory() {
    assertRefusedForNothing(
        () -> MembershipBlock.decode(encodedMembership().putShort(0, (short) -1)));
  }

  @ParameterizedTest
  @ValueSource(longs = {0, -5})
  void aMemberThatIsNowhereIsRefused(long node) {
    byte[] bytes = MembershipBytes.encode(MEMBERSHIP);
    ByteBuffer block = ByteBuffer.wrap(bytes);
    block.putLong(MembershipBytes.COUNT_BYTES + Long.BYTES, node);
    assertThatThrownBy(() -> MembershipBlock.decode(block))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("a member's node must be positive, not " + node);
    assertThatThrownBy(() -> MembershipBytes.decode(bytes))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("a member's node must be positive, not " + node);
  }

  /** Three times, since the first loads classes. */
  private static void assertRefusedForNothing(Runnable decoding) {
    List<Long> bytes = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      long before = allocatedBytes();
      assertThatThrownBy(decoding::run).isInstanceOf(IllegalArgumentException.class);
      bytes.add(allocatedBytes() - before);
    }
    assertThat(bytes).anyMatch(each -> each < BYTES_MAX);
  }

  private static long allocatedBytes() {
    return ((com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean())
        .getThreadAllocatedBytes(Thread.currentThread().getId());
  }
}
