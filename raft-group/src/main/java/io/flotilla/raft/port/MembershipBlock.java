package io.flotilla.raft.port;

import io.flotilla.raft.core.Membership;
import io.flotilla.raft.core.Membership.Member;
import io.flotilla.raft.core.ReplicaId;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * A membership as bytes, the same on disk, on the wire and in a membership entry: for voters,
 * outgoing and learners in turn a count (2) and for each member replica (8) and node (8); all
 * big-endian.
 */
public final class MembershipBlock {
  private static final int COUNT_BYTES = 2;
  private static final int MEMBER_BYTES = 16;

  private MembershipBlock() {}

  public static int encodedBytes(Membership membership) {
    int members =
        membership.voters().size() + membership.outgoing().size() + membership.learners().size();
    return 3 * COUNT_BYTES + members * MEMBER_BYTES;
  }

  public static void encode(Membership membership, ByteBuffer to) {
    put(membership.voters(), to);
    put(membership.outgoing(), to);
    put(membership.learners(), to);
  }

  /**
   * Reads one block and leaves the position behind it.
   *
   * @throws IllegalArgumentException if it is not a whole, well-formed block; nothing is allocated
   *     from a count that the bytes at hand do not bear out
   */
  public static Membership decode(ByteBuffer from) {
    return new Membership(take(from), take(from), take(from));
  }

  private static void put(List<Member> members, ByteBuffer to) {
    to.putShort((short) members.size());
    for (Member member : members) {
      to.putLong(member.replica().value()).putLong(member.node());
    }
  }

  private static List<Member> take(ByteBuffer from) {
    if (from.remaining() < COUNT_BYTES) {
      throw new IllegalArgumentException("a list of members has no count");
    }
    int count = Short.toUnsignedInt(from.getShort());
    if (from.remaining() < count * MEMBER_BYTES) {
      throw new IllegalArgumentException(
          count + " members need more than the " + from.remaining() + " bytes that are left");
    }
    List<Member> members = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      members.add(new Member(new ReplicaId(from.getLong()), from.getLong()));
    }
    return members;
  }
}
