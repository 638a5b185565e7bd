package io.flotilla.raft.core;

import java.util.ArrayList;
import java.util.List;

/**
 * The memberships of the log, the newest in force from the moment it is appended (thesis §4.1).
 * Older ones are kept because a new leader may overwrite the newest.
 */
final class MembershipHistory {
  private record Since(long index, Membership membership) {}

  private final List<Since> history = new ArrayList<>(1);

  MembershipHistory(long truncated, Membership atTruncation, List<Entry> entries) {
    history.add(new Since(truncated, atTruncation));
    entries.forEach(this::append);
  }

  Membership current() {
    return history.get(history.size() - 1).membership();
  }

  /** Where the one in force stands in the log; the truncation point if it is from before. */
  long currentIndex() {
    return history.get(history.size() - 1).index();
  }

  /** The one that the one in force replaced; the same if the log no longer says. */
  Membership previous() {
    return history.get(Math.max(0, history.size() - 2)).membership();
  }

  /**
   * Where the first stands of those, up to the one in force, that all hold this replica; the
   * truncation point if it is from before.
   */
  long heldSince(ReplicaId member) {
    int since = history.size() - 1;
    while (since > 0 && history.get(since - 1).membership().holds(member)) {
      since--;
    }
    return history.get(since).index();
  }

  /** The one in force at this index, which is not below the truncation point. */
  Membership at(long index) {
    int since = history.size() - 1;
    while (since > 0 && history.get(since).index() > index) {
      since--;
    }
    return history.get(since).membership();
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

  /** Forgets everything: this one is in force at the truncation point of a log that begins anew. */
  void restart(long truncated, Membership membership) {
    history.clear();
    history.add(new Since(truncated, membership));
  }

  private static Membership decode(Entry entry) {
    try {
      return MembershipBytes.decode(entry.payload());
    } catch (IllegalArgumentException e) {
      throw new InvariantViolation("membership entry " + entry + ": " + e.getMessage());
    }
  }
}
