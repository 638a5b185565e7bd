package io.flotilla.raft.core;

import io.flotilla.raft.core.Membership.Member;
import java.util.ArrayList;
import java.util.List;

/**
 * A membership as bytes, the same on disk, on the wire and in a membership entry: for voters,
 * outgoing and learners in turn a count (2) and for each member replica (8) and node (8); all
 * big-endian.
 */
public final class MembershipBytes {
  public static final int COUNT_BYTES = 2;
  public static final int MEMBER_BYTES = 16;
  private static final int MEMBERS_MAX = 0xffff;

  private MembershipBytes() {}

  public static int length(Membership membership) {
    int members =
        membership.voters().size() + membership.outgoing().size() + membership.learners().size();
    return 3 * COUNT_BYTES + members * MEMBER_BYTES;
  }

  public static byte[] encode(Membership membership) {
    byte[] bytes = new byte[length(membership)];
    int at = 0;
    for (List<Member> members :
        List.of(membership.voters(), membership.outgoing(), membership.learners())) {
      if (members.size() > MEMBERS_MAX) {
        throw new IllegalArgumentException(members.size() + " members; at most " + MEMBERS_MAX);
      }
      at = put(members.size(), COUNT_BYTES, bytes, at);
      for (Member member : members) {
        at = put(member.replica().value(), 8, bytes, at);
        at = put(member.node(), 8, bytes, at);
      }
    }
    return bytes;
  }

  private static int put(long number, int length, byte[] bytes, int at) {
    for (int i = 0; i < length; i++) {
      bytes[at + i] = (byte) (number >>> (8 * (length - 1 - i)));
    }
    return at + length;
  }

  /**
   * @throws IllegalArgumentException if these are not the bytes of one membership, whole and
   *     without any more behind it
   */
  public static Membership decode(byte[] bytes) {
    List<List<Member>> lists = new ArrayList<>(3);
    int at = 0;
    for (int list = 0; list < 3; list++) {
      int count = (int) number(bytes, at, COUNT_BYTES);
      at += COUNT_BYTES;
      List<Member> members = new ArrayList<>();
      for (int member = 0; member < count; member++, at += MEMBER_BYTES) {
        members.add(new Member(new ReplicaId(number(bytes, at, 8)), number(bytes, at + 8, 8)));
      }
      lists.add(members);
    }
    if (at != bytes.length) {
      throw new IllegalArgumentException(
          "a membership has " + (bytes.length - at) + " bytes too many");
    }
    return new Membership(lists.get(0), lists.get(1), lists.get(2));
  }

  private static long number(byte[] bytes, int at, int length) {
    if (at + length > bytes.length) {
      throw new IllegalArgumentException("a membership ends at byte " + bytes.length);
    }
    long number = 0;
    for (int i = at; i < at + length; i++) {
      number = number << 8 | (bytes[i] & 0xff);
    }
    return number;
  }
}
