package io.flotilla.raft.core;

import io.flotilla.raft.core.Membership.Member;
import java.util.ArrayList;
import java.util.List;

/**
 * The memberships of the log, the newest in force from the moment it is appended (thesis §4.1).
 * Older ones are kept because a new leader may overwrite the newest.
 */
final class MembershipHistory {
  private record Since(long index, Membership membership) {}

  private static final int MEMBER_BYTES = 16;

  private final List<Since> history = new ArrayList<>(1);

  MembershipHistory(long truncated, Membership atTruncation, List<Entry> entries) {
    history.add(new Since(truncated, atTruncation));
    entries.forEach(this::append);
  }

  Membership current() {
    return history.get(history.size() - 1).membership();
  }

  /** The one in force at the truncation point. */
  Membership oldest() {
    return history.get(0).membership();
  }

  void append(Entry entry) {
    history.add(new Since(entry.index(), decode(entry)));
  }

  void removeFrom(long index) {
    while (history.size() > 1 && history.get(history.size() - 1).index() >= index) {
      history.remove(history.size() - 1);
    }
  }

  void cut(long upTo) {
    while (history.size() > 1 && history.get(1).index() <= upTo) {
      history.remove(0);
    }
  }

  /**
   * The payload of a membership entry: for voters, outgoing and learners in turn a count (2) and
   * for each member replica (8) and node (8); all big-endian.
   */
  private static Membership decode(Entry entry) {
    byte[] bytes = entry.payload();
    List<List<Member>> lists = new ArrayList<>(3);
    int at = 0;
    for (int list = 0; list < 3; list++) {
      int count = (int) number(entry, at, 2);
      at += 2;
      List<Member> members = new ArrayList<>();
      for (int member = 0; member < count; member++, at += MEMBER_BYTES) {
        members.add(new Member(new ReplicaId(number(entry, at, 8)), number(entry, at + 8, 8)));
      }
      lists.add(members);
    }
    InvariantViolation.check(
        at == bytes.length,
        "membership entry %d has %d bytes too many",
        entry.index(),
        bytes.length - at);
    return new Membership(lists.get(0), lists.get(1), lists.get(2));
  }

  private static long number(Entry entry, int at, int length) {
    byte[] bytes = entry.payload();
    InvariantViolation.check(
        at + length <= bytes.length,
        "membership entry %d ends at byte %d",
        entry.index(),
        bytes.length);
    long number = 0;
    for (int i = at; i < at + length; i++) {
      number = number << 8 | (bytes[i] & 0xff);
    }
    return number;
  }
}
