package io.flotilla.raft.port;

import io.flotilla.raft.core.Membership;
import io.flotilla.raft.core.MembershipBytes;
import java.nio.ByteBuffer;

/** A membership among other bytes, on disk and on the wire; see {@link MembershipBytes}. */
public final class MembershipBlock {
  private MembershipBlock() {}

  public static int encodedBytes(Membership membership) {
    return MembershipBytes.length(membership);
  }

  public static void encode(Membership membership, ByteBuffer to) {
    to.put(MembershipBytes.encode(membership));
  }

  /**
   * Reads one block and leaves the position behind it.
   *
   * @throws IllegalArgumentException if it is not a whole, well-formed block; nothing is allocated
   *     from a count that the bytes at hand do not bear out
   */
  public static Membership decode(ByteBuffer from) {
    byte[] bytes = new byte[length(from)];
    from.get(bytes);
    return MembershipBytes.decode(bytes);
  }

  private static int length(ByteBuffer from) {
    int length = 0;
    for (int list = 0; list < 3; list++) {
      need(from, length + MembershipBytes.COUNT_BYTES);
      int count = Short.toUnsignedInt(from.getShort(from.position() + length));
      length += MembershipBytes.COUNT_BYTES + count * MembershipBytes.MEMBER_BYTES;
      need(from, length);
    }
    return length;
  }

  private static void need(ByteBuffer from, int length) {
    if (from.remaining() < length) {
      throw new IllegalArgumentException(
          "a membership needs at least " + length + " bytes, " + from.remaining() + " are left");
    }
  }
}
