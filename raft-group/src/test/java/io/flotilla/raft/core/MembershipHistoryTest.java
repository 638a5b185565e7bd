package io.flotilla.raft.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.raft.port.MembershipBlock;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class MembershipHistoryTest {
  private static final Membership.Member ONE = new Membership.Member(new ReplicaId(1), 10);
  private static final Membership.Member TWO =
      new Membership.Member(new ReplicaId(1L << 40), 1L << 50);
  private static final Membership FIRST = Membership.of(List.of(ONE));
  private static final Membership JOINT =
      new Membership(List.of(ONE, TWO), List.of(ONE), List.of(TWO));
  private static final Membership LAST = Membership.of(List.of(TWO));

  private final MembershipHistory history = new MembershipHistory(3, FIRST, List.of());

  /** Thesis §4.1: in force from the moment it is appended, and until it is overwritten. */
  @Test
  void theNewestIsInForceUntilItIsOverwritten() {
    history.append(entry(5, JOINT));
    assertThat(history.current()).isEqualTo(JOINT);
    history.append(entry(8, LAST));
    assertThat(history.current()).isEqualTo(LAST);
    history.removeFrom(8);
    assertThat(history.current()).isEqualTo(JOINT);
    history.removeFrom(4);
    assertThat(history.current()).isEqualTo(FIRST);
  }

  @Test
  void aCutKeepsTheOneThatWasInForceThere() {
    history.append(entry(5, JOINT));
    history.append(entry(8, LAST));
    history.cut(6);
    assertThat(history.at(6)).isEqualTo(JOINT);
    history.removeFrom(7);
    assertThat(history.current()).isEqualTo(JOINT);
  }

  /** A snapshot is described by what was in force where it ends, and not by the newest. */
  @Test
  void eachIndexHasItsOwn() {
    history.append(entry(5, JOINT));
    history.append(entry(8, LAST));
    assertThat(history.at(3)).isEqualTo(FIRST);
    assertThat(history.at(4)).isEqualTo(FIRST);
    assertThat(history.at(5)).isEqualTo(JOINT);
    assertThat(history.at(7)).isEqualTo(JOINT);
    assertThat(history.at(8)).isEqualTo(LAST);
    assertThat(history.at(9)).isEqualTo(LAST);
  }

  @Test
  void nothingIsLeftOfALogThatBeginsAnew() {
    history.append(entry(5, JOINT));
    history.restart(6, LAST);
    assertThat(history.current()).isEqualTo(LAST);
    assertThat(history.at(6)).isEqualTo(LAST);
    history.append(entry(8, JOINT));
    history.removeFrom(7);
    assertThat(history.current()).isEqualTo(LAST);
  }

  /** Who left and came back was away between. */
  @Test
  void whoBelongsToItDoesSinceAPlaceInTheLog() {
    assertThat(history.heldSince(ONE.replica())).as("from before").isEqualTo(3);
    history.append(entry(5, JOINT));
    history.append(entry(8, LAST));
    assertThat(history.heldSince(TWO.replica())).isEqualTo(5);
    history.append(entry(9, FIRST));
    history.append(entry(11, JOINT));
    assertThat(history.heldSince(TWO.replica())).isEqualTo(11);
    assertThat(history.heldSince(ONE.replica())).isEqualTo(9);
    history.cut(10);
    assertThat(history.heldSince(ONE.replica())).isEqualTo(9);
    history.restart(12, JOINT);
    assertThat(history.heldSince(TWO.replica())).isEqualTo(12);
  }

  @Test
  void damagedPayloadIsNoMembership() {
    byte[] payload = entry(5, JOINT).payload();
    for (int length = 0; length < payload.length; length++) {
      Entry torn = new Entry(5, 1, Entry.Kind.MEMBERSHIP, Arrays.copyOf(payload, length));
      assertThatThrownBy(() -> history.append(torn)).isInstanceOf(InvariantViolation.class);
    }
    Entry longer =
        new Entry(5, 1, Entry.Kind.MEMBERSHIP, Arrays.copyOf(payload, payload.length + 1));
    assertThatThrownBy(() -> history.append(longer)).isInstanceOf(InvariantViolation.class);
    byte[] nowhere = payload.clone();
    int node = MembershipBytes.COUNT_BYTES + Long.BYTES;
    Arrays.fill(nowhere, node, node + Long.BYTES, (byte) 0);
    assertThatThrownBy(() -> history.append(new Entry(5, 1, Entry.Kind.MEMBERSHIP, nowhere)))
        .isInstanceOf(InvariantViolation.class)
        .hasMessageContaining("node");
  }

  /** The port writes what the core reads. */
  private static Entry entry(long index, Membership membership) {
    ByteBuffer bytes = ByteBuffer.allocate(MembershipBlock.encodedBytes(membership));
    MembershipBlock.encode(membership, bytes);
    return new Entry(index, 1, Entry.Kind.MEMBERSHIP, bytes.array());
  }
}
