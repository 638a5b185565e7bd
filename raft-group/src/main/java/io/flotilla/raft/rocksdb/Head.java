package io.flotilla.raft.rocksdb;

import io.flotilla.raft.core.HardState;
import io.flotilla.raft.core.Membership;
import io.flotilla.raft.core.Position;
import io.flotilla.raft.core.ReplicaId;
import io.flotilla.raft.port.LogWrite;
import io.flotilla.raft.port.MembershipBlock;
import java.nio.ByteBuffer;
import java.util.Optional;

/**
 * What is kept of a group beside its entries: replica (8), generation (8), term (8), vote (8, 0:
 * none), cut (16), membership.
 */
record Head(
    ReplicaId self,
    long generation,
    HardState hardState,
    Position truncated,
    Membership membership) {
  private static final int FIXED_BYTES = 48;

  static Head of(LogWrite.Base base, HardState hardState) {
    return new Head(base.self(), base.generation(), hardState, base.at(), base.membership());
  }

  Head with(HardState newer) {
    return new Head(self, generation, newer, truncated, membership);
  }

  Head cutAt(LogWrite.Truncation cut) {
    return new Head(self, generation, hardState, cut.upTo(), cut.membership());
  }

  int encodedBytes() {
    return FIXED_BYTES + MembershipBlock.encodedBytes(membership);
  }

  void encode(ByteBuffer to) {
    to.putLong(self.value()).putLong(generation);
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
    ReplicaId self = new ReplicaId(from.getLong());
    long generation = from.getLong();
    long term = from.getLong();
    long vote = from.getLong();
    Optional<ReplicaId> voted = vote == 0 ? Optional.empty() : Optional.of(new ReplicaId(vote));
    Position truncated = new Position(from.getLong(), from.getLong());
    Membership membership = MembershipBlock.decode(from);
    return new Head(self, generation, new HardState(term, voted), truncated, membership);
  }
}
