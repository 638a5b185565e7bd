package io.flotilla.raft.sim;

import io.flotilla.raft.core.Entry;
import io.flotilla.raft.core.Membership;
import io.flotilla.raft.core.Membership.Member;
import io.flotilla.raft.core.MembershipBytes;
import io.flotilla.raft.core.ReplicaId;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.IntPredicate;
import java.util.stream.LongStream;

/**
 * What must hold of one group's memberships: one change at a time, begun by a leader that has
 * committed in its term (thesis §4.1), and through a joint one if voters change (§4.3). Majorities
 * are counted here once more, by other code than the core's. One thread.
 */
final class MembershipRules {
  private final TreeMap<Long, Membership> committed = new TreeMap<>();
  private final Set<ReplicaId> everMembers = new HashSet<>();

  MembershipRules(Membership initial) {
    commits(0, initial);
  }

  /** The first replicas, each on the node of its own number. */
  static Membership voters(int count) {
    return Membership.of(
        LongStream.rangeClosed(1, count).mapToObj(MembershipRules::member).toList());
  }

  static Member member(long replica) {
    return new Member(new ReplicaId(replica), replica);
  }

  static boolean holds(Membership membership, ReplicaId replica) {
    return isAmong(membership.voters(), replica)
        || isAmong(membership.outgoing(), replica)
        || isAmong(membership.learners(), replica);
  }

  private static boolean isAmong(List<Membership.Member> members, ReplicaId replica) {
    for (Membership.Member member : members) {
      if (member.replica().equals(replica)) {
        return true;
      }
    }
    return false;
  }

  static boolean isQuorum(Membership membership, IntPredicate counts) {
    return isMajority(membership.voters(), counts)
        && (membership.outgoing().isEmpty() || isMajority(membership.outgoing(), counts));
  }

  private static boolean isMajority(List<Member> voters, IntPredicate counts) {
    long count =
        voters.stream().filter(voter -> counts.test(SimReplica.number(voter.replica()))).count();
    return 2 * count > voters.size();
  }

  void commits(Entry entry) {
    if (entry.kind() == Entry.Kind.MEMBERSHIP) {
      commits(entry.index(), MembershipBytes.decode(entry.payload()));
    }
  }

  private void commits(long index, Membership membership) {
    committed.put(index, membership);
    membership.everybody().forEach(member -> everMembers.add(member.replica()));
  }

  /** The newest that anybody knows to be committed. */
  Membership newest() {
    return committed.lastEntry().getValue();
  }

  /** Ids never come back. */
  boolean wasMember(ReplicaId replica) {
    return everMembers.contains(replica);
  }

  /** The newest of a log, committed or not. */
  Membership inForce(SimLog log) {
    return since(log).getValue();
  }

  /** Whether it was in force once, for good. */
  boolean wasCommitted(Membership membership) {
    return committed.containsValue(membership);
  }

  /** Where it is committed. */
  Membership inForceAt(long index) {
    return Objects.requireNonNull(committed.floorEntry(index)).getValue();
  }

  /** Those in force, one after the other, while this was appended. */
  List<Membership> inForce(SimLog log, List<Entry> appended) {
    List<Membership> all = new ArrayList<>(List.of(inForce(log)));
    for (Entry entry : appended) {
      if (entry.kind() == Entry.Kind.MEMBERSHIP) {
        all.add(MembershipBytes.decode(entry.payload()));
      }
    }
    return all;
  }

  private Map.Entry<Long, Membership> since(SimLog log) {
    for (long index = log.lastIndex(); index > log.truncated().index(); index--) {
      Entry entry = log.at(index);
      if (entry.kind() == Entry.Kind.MEMBERSHIP) {
        return Map.entry(index, MembershipBytes.decode(entry.payload()));
      }
    }
    return Objects.requireNonNull(committed.floorEntry(log.truncated().index()));
  }

  /**
   * A leader has decided on this.
   *
   * @param log as it was before
   * @param commit what is committed anywhere
   */
  void changes(SimLog log, Entry entry, long commit, boolean ownTermCommitted) {
    Map.Entry<Long, Membership> before = since(log);
    require(ownTermCommitted, "ONE CHANGE: before anything of its term", entry, before);
    require(before.getKey() <= commit, "ONE CHANGE: another is under way", entry, before);
    Membership from = before.getValue();
    Membership to = MembershipBytes.decode(entry.payload());
    boolean ends =
        from.isJoint() && to.equals(new Membership(from.voters(), List.of(), from.learners()));
    boolean begins =
        !from.isJoint()
            && (to.isJoint()
                ? to.outgoing().equals(from.voters())
                : to.voters().equals(from.voters()));
    require(begins || ends, "JOINT CONSENSUS: left out", entry, before);
  }

  private static void require(
      boolean holds, String what, Entry entry, Map.Entry<Long, Membership> before) {
    if (!holds) {
      throw new AssertionError(
          "%s (%s %s after %s)"
              .formatted(what, entry, MembershipBytes.decode(entry.payload()), before));
    }
  }

  /**
   * A replica goes on from a snapshot up to there. It must know of it: whatever the group did
   * before it joined, it would do again from its log.
   */
  void restores(ReplicaId replica, long index, Membership membership) {
    boolean hadJoined =
        committed.headMap(index, true).values().stream().anyMatch(old -> holds(old, replica));
    if (!hadJoined || !membership.equals(inForceAt(index))) {
      throw new AssertionError(
          "RESTORE: %s from %d, of %s, committed were %s"
              .formatted(replica, index, membership, committed.headMap(index, true)));
    }
  }

  /** A replica has been told that it is removed. */
  void removed(int replica) {
    if (holds(newest(), new ReplicaId(replica)) || !wasMember(new ReplicaId(replica))) {
      throw new AssertionError("REMOVED: %d, committed is %s".formatted(replica, newest()));
    }
  }
}
