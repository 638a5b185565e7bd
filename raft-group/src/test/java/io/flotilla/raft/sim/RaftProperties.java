package io.flotilla.raft.sim;

import io.flotilla.raft.core.Entry;
import io.flotilla.raft.core.Membership;
import io.flotilla.raft.core.Position;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.LongUnaryOperator;

/**
 * Raft's five properties (Figure 3) of one group, and what follows from them, checked at each step
 * in constant time. It sees everything at once, as no replica can: who led when, every entry ever
 * appended, and the one order of committed entries. Each complaint begins with the property's name.
 * One thread.
 */
public final class RaftProperties {
  private record Slot(long previousTerm, Entry entry) {}

  private record Vote(int voter, long term) {}

  private final MembershipRules members;
  private final Map<Long, Integer> leaders = new HashMap<>();
  private final Map<Vote, Integer> votes = new HashMap<>();
  private final Map<Long, Map<Integer, Set<Integer>>> ballots = new HashMap<>();
  private final Map<Position, Slot> appended = new HashMap<>();
  private final TreeMap<Long, Long> committedBelowTerm = new TreeMap<>();

  /** Of leaders that know so themselves, though a later one may have known it first. */
  private final Set<Long> termsWithCommits = new HashSet<>();

  private final List<Entry> committed = new ArrayList<>();

  /** For each of them the first term that is known to have committed it. */
  private final List<Long> committedIn = new ArrayList<>();

  private final List<Long> stateHashes = new ArrayList<>();
  private final Map<Integer, LongUnaryOperator> durableTerms = new HashMap<>();
  private final SimState truth = new SimState();
  private Consumer<Entry> onCommit = entry -> {};
  private long restored;

  /** The replicas of a new group are numbered from 1 to {@code voters}. */
  public RaftProperties(int voters) {
    this.members = new MembershipRules(MembershipRules.voters(voters));
    stateHashes.add(truth.hash());
  }

  /** Told of each entry, in order, when it is first committed anywhere. */
  public void onCommit(Consumer<Entry> told) {
    onCommit = told;
  }

  /**
   * How to ask a replica's disk for the durable term at an index: -1 if there is none; a cut-off
   * entry counts as kept with {@link Long#MAX_VALUE}.
   */
  public void disk(int replica, LongUnaryOperator durableTerm) {
    durableTerms.put(replica, durableTerm);
  }

  MembershipRules members() {
    return members;
  }

  /** A vote leaves a replica; {@code candidate} may be itself. */
  public void voted(int voter, long term, int candidate) {
    Integer before = votes.putIfAbsent(new Vote(voter, term), candidate);
    if (before != null && before != candidate) {
      throw new AssertionError(
          "ELECTION SAFETY: %d votes for %d in term %d after it voted for %s"
              .formatted(voter, candidate, term, before));
    }
    ballots
        .computeIfAbsent(term, t -> new HashMap<>())
        .computeIfAbsent(candidate, c -> new HashSet<>())
        .add(voter);
  }

  /** A replica takes itself for the leader. */
  public void leads(int replica, long term) {
    Integer before = leaders.putIfAbsent(term, replica);
    if (before != null && before != replica) {
      throw new AssertionError(
          "ELECTION SAFETY: %d and %s lead term %d".formatted(replica, before, term));
    }
  }

  /** A replica has just been elected; {@code log} is what it begins with. */
  public void elected(int replica, long term, SimLog log) {
    leads(replica, term);
    voted(replica, term, replica);
    Set<Integer> votesForIt = ballots.get(term).get(replica);
    Membership electorate = members.inForce(log);
    if (!MembershipRules.isQuorum(electorate, votesForIt::contains)) {
      throw new AssertionError(
          "ELECTION SAFETY: %d leads term %d with the votes of %s in %s"
              .formatted(replica, term, votesForIt, electorate));
    }
    Map.Entry<Long, Long> before = committedBelowTerm.lowerEntry(term);
    if (before != null) {
      long index = before.getValue();
      if (index > log.truncated().index() && log.termAt(index) != at(index).term()) {
        throw new AssertionError(
            "LEADER COMPLETENESS: %d leads term %d without %s, which term %d committed"
                .formatted(replica, term, at(index), before.getKey()));
      }
    }
  }

  /**
   * A replica is about to put entries in its log.
   *
   * @param log as it is before that
   * @param ledSince the term it has been leading since before these entries; 0 if it has not
   */
  public void appends(int replica, SimLog log, List<Entry> entries, long ledSince) {
    long first = entries.get(0).index();
    if (ledSince != 0 && first != log.lastIndex() + 1) {
      throw new AssertionError(
          "LEADER APPEND-ONLY: leader %d of term %d rewrites from %s, its log ends at %d"
              .formatted(replica, ledSince, entries.get(0), log.lastIndex()));
    }
    mayReplace(replica, log, entries);
    long previousTerm = log.termAt(first - 1);
    for (Entry entry : entries) {
      if (ledSince != 0 && entry.kind() == Entry.Kind.MEMBERSHIP) {
        members.changes(log, entry, commit(), termsWithCommits.contains(entry.term()));
      }
      logMatches(replica, entry, previousTerm);
      previousTerm = entry.term();
    }
  }

  /**
   * What is committed is in the logs of all later leaders (§5.4.3), so no entry of their terms
   * takes its place. One of an earlier term may: who was paused still obeys the leader of that, and
   * drops what others have committed meanwhile without him.
   */
  private void mayReplace(int replica, SimLog log, List<Entry> entries) {
    Entry first = entries.get(0);
    long last = first.index() + entries.size() - 1;
    long conflict = -1;
    for (long index = first.index(); index <= log.lastIndex(); index++) {
      long term = index <= last ? entries.get((int) (index - first.index())).term() : -1;
      if (term == log.termAt(index)) {
        continue;
      }
      conflict = Math.max(conflict, term);
      if (conflict < 0) {
        throw new AssertionError(
            "LOG MATCHING: %d drops its entries from %d on although nothing contradicts them"
                .formatted(replica, index));
      }
      if (index <= commit()
          && log.termAt(index) == at(index).term()
          && conflict >= committedIn.get((int) index - 1)) {
        throw new AssertionError(
            "STATE MACHINE SAFETY: %d drops the committed entry %s".formatted(replica, at(index)));
      }
    }
  }

  private void logMatches(int replica, Entry entry, long previousTerm) {
    Position position = new Position(entry.index(), entry.term());
    if (entry.term() < previousTerm) {
      throw new AssertionError(
          "LOG MATCHING: %d appends %s behind term %d".formatted(replica, entry, previousTerm));
    }
    if (entry.term() != previousTerm && entry.kind() != Entry.Kind.NO_OP) {
      throw new AssertionError(
          "NO-OP: term %d begins at %d with a %s".formatted(entry.term(), replica, entry.kind()));
    }
    Slot slot = appended.putIfAbsent(position, new Slot(previousTerm, entry));
    if (slot != null
        && (slot.previousTerm() != previousTerm
            || !Arrays.equals(slot.entry().payload(), entry.payload()))) {
      throw new AssertionError(
          "LOG MATCHING: %d appends %s behind term %d; elsewhere it differs"
              .formatted(replica, entry, previousTerm));
    }
  }

  /**
   * A replica's commit index is now {@code commit}.
   *
   * @param term its current term, if it leads; 0 if not
   * @param log what it has handed to its disk
   */
  public void commits(int replica, long commit, long term, SimLog log) {
    commits(replica, commit, term, log, members.inForce(log));
  }

  /**
   * @param counted the membership that was in force when it counted
   */
  void commits(int replica, long commit, long term, SimLog log, Membership counted) {
    commits(replica, commit, term, log, List.of(counted));
  }

  /**
   * @param counted the memberships that were in force while it counted, one after the other
   */
  void commits(int replica, long commit, long term, SimLog log, List<Membership> counted) {
    if (term != 0 && log.termAt(commit) == term) {
      termsWithCommits.add(term);
    }
    if (commit <= commit()) {
      return;
    }
    if (term == 0) {
      throw new AssertionError(
          "COMMIT: follower %d commits %d before any leader".formatted(replica, commit));
    }
    if (commit > log.lastIndex()) {
      throw new AssertionError(
          "COMMIT: %d commits %d, its log ends at %d".formatted(replica, commit, log.lastIndex()));
    }
    if (log.termAt(commit) != term) {
      throw new AssertionError(
          "COMMIT: leader %d of term %d commits %s by counting replicas (§5.4.2)"
              .formatted(replica, term, log.at(commit)));
    }
    for (long index = commit() + 1; index <= commit; index++) {
      onMajority(log.at(index), counted);
      members.commits(log.at(index));
      committed.add(log.at(index));
      committedIn.add(term);
      truth.apply(log.at(index));
      onCommit.accept(log.at(index));
      stateHashes.add(truth.hash());
    }
    committedBelowTerm.put(term, commit);
  }

  private void onMajority(Entry entry, List<Membership> counted) {
    Set<Integer> holders = new HashSet<>();
    durableTerms.forEach(
        (replica, disk) -> {
          long term = disk.applyAsLong(entry.index());
          if (term == entry.term() || term == Long.MAX_VALUE) {
            holders.add(replica);
          }
        });
    if (counted.stream().noneMatch(one -> MembershipRules.isQuorum(one, holders::contains))) {
      throw new AssertionError(
          "COMMIT: %s is committed and durable at %s of %s".formatted(entry, holders, counted));
    }
  }

  /**
   * A replica is about to begin its log anew behind a snapshot.
   *
   * @param log as it is before that
   */
  public void restores(int replica, SimLog log, Position last) {
    if (last.index() > commit() || last.term() != at(last.index()).term()) {
      throw new AssertionError(
          "STATE MACHINE SAFETY: %d restores %s, which is not committed".formatted(replica, last));
    }
    if (log.termAt(last.index()) == last.term() || log.truncated().index() >= last.index()) {
      throw new AssertionError(
          "RESTORE: %d restores %s although its log, up to %d, holds that"
              .formatted(replica, last, log.lastIndex()));
    }
    for (long index = last.index() + 1; index <= log.lastIndex(); index++) {
      if (index <= commit() && log.termAt(index) == at(index).term()) {
        throw new AssertionError(
            "STATE MACHINE SAFETY: %d drops the committed entry %s".formatted(replica, at(index)));
      }
    }
    restored++;
  }

  /** How often a snapshot has become a replica's state. */
  public long restored() {
    return restored;
  }

  /** Whether the committed part of a replica's log is what was committed. */
  public void holds(int replica, long commit, SimLog log) {
    if (commit > commit()) {
      throw new AssertionError(
          "COMMIT: %d commits %d, the leaders %d".formatted(replica, commit, commit()));
    }
    if (commit > 0
        && commit >= log.truncated().index()
        && log.termAt(commit) != at(commit).term()) {
      throw new AssertionError(
          "STATE MACHINE SAFETY: %d takes its entry of term %d at %d for committed"
              .formatted(replica, log.termAt(commit), commit));
    }
  }

  /** A replica has applied entries up to {@code state.applied()}. */
  public void applied(int replica, SimState state) {
    if (state.applied() > commit()) {
      throw new AssertionError(
          "STATE MACHINE SAFETY: %d applied %d, committed is %d"
              .formatted(replica, state.applied(), commit()));
    }
    if (state.hash() != stateHashes.get((int) state.applied())) {
      throw new AssertionError(
          "STATE MACHINE SAFETY: the state of %d at %d is not that of the committed entries"
              .formatted(replica, state.applied()));
    }
  }

  /** What the committed entries up to an index make. */
  SimState truthAt(long index) {
    SimState state = new SimState();
    committed.subList(0, (int) index).forEach(state::apply);
    return state;
  }

  /** What the committed entries make. */
  public SimState truth() {
    return truth;
  }

  public long commit() {
    return committed.size();
  }

  /** An entry that is committed. */
  public Entry at(long index) {
    return committed.get((int) index - 1);
  }
}
