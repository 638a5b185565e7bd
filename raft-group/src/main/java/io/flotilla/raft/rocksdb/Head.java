package io.flotilla.raft.rocksdb;

import io.flotilla.raft.core.HardState;
import io.flotilla.raft.core.Membership;
import io.flotilla.raft.core.Position;
import io.flotilla.raft.core.ReplicaId;
import io.flotilla.raft.port.MembershipBlock;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;

/**
 * What is kept of a group beside its entries: term (8), vote (8, 0: none), cut (16), membership.
 */
record Head(HardState hardState, Position truncated, Membership membership) {
  private static final int FIXED_BYTES = 32;

  static final Head NEW = new Head(HardState.INITIAL, Position.ZERO, Membership.of(List.of()));

  int encodedBytes() {
    return FIXED_BYTES + MembershipBlock.encodedBytes(membership);
  }

  void encode(ByteBuffer to) {
    to.putLong(hardState.term()).putLong(hardState.vote().map(ReplicaId::value).orElse(0L));
    to.putLong(truncated.index()).putLong(truncated.term());
    MembershipBlock.encode(membership, to);
  }

  /**
   * @throws IllegalArgumentException if it is not a whole, well-formed head
   */
  static Head decode(ByteBuffer from) {
    if (from.remaining() < FIXED_BYTES) {
      throw new IllegalArgumentException("a head of " + from.remaining() + " bytes");
    }
    long term = from.getLong();
    long vote = from.getLong();
    Optional<ReplicaId> voted = vote == 0 ? Optional.empty() : Optional.of(new ReplicaId(vote));
    Position truncated = new Position(from.getLong(), from.getLong());
    return new Head(new HardState(term, voted), truncated, MembershipBlock.decode(from));
  }
}
