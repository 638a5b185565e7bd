package io.flotilla.raft.core;

import static io.flotilla.raft.core.InvariantViolation.check;

import io.flotilla.raft.core.RaftMessage.Progress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What outlives a role: term, vote, log, membership, how far the log is committed, durable and
 * applied; and what is to be said at the next drain. Every change of it goes through a method here
 * that checks what must hold.
 */
final class Replica {
  private static final int LIVES = 1 << 30;

  private final ReplicaId id;
  private final CoreConfig config;
  private final Chance chance;
  private final LogReader reader;
  private final LogTail log;
  private final MembershipHistory memberships;
  private final UnsyncedBatches unsynced;
  private final Outbox outbox = new Outbox();
  private HardState hardState;
  private long commit;
  private long handedOut;
  private long applied;
  private long durablyApplied;
  private long batch;
  private long ticket;
  private boolean removed;

  Replica(CoreConfig config, ReplicaId id, Recovered recovered, LogReader reader, Chance chance) {
    this.config = config;
    this.id = id;
    this.reader = reader;
    this.chance = chance;
    this.hardState = recovered.hardState();
    this.log = new LogTail(recovered.truncated(), recovered.terms(), recovered.lastIndex());
    this.memberships =
        new MembershipHistory(
            recovered.truncated().index(),
            recovered.membershipAtTruncation(),
            recovered.memberships());
    this.unsynced = new UnsyncedBatches(log.lastIndex(), hardState.term());
    this.commit = recovered.applied();
    this.handedOut = recovered.applied();
    this.applied = recovered.applied();
    this.durablyApplied = recovered.applied();
    check(
        log.last().term() <= hardState.term(),
        "the log's last term %d is newer than the kept term %d",
        log.last().term(),
        hardState.term());
    checkInvariants();
  }

  ReplicaId id() {
    return id;
  }

  CoreConfig config() {
    return config;
  }

  Chance chance() {
    return chance;
  }

  LogTail log() {
    return log;
  }

  Membership membership() {
    return memberships.current();
  }

  /** Where the membership in force stands in the log. */
  long membershipIndex() {
    return memberships.currentIndex();
  }

  /** Whom the membership in force has left out. */
  List<ReplicaId> departed() {
    List<ReplicaId> departed = new ArrayList<>();
    for (Membership.Member member : memberships.previous().everybody()) {
      if (!membership().holds(member.replica())) {
        departed.add(member.replica());
      }
    }
    return departed;
  }

  /**
   * Learners and the removed do not. But who is to be left out by a membership that may not be
   * committed yet does, without a vote of its own: its log may be the longest, so that it votes for
   * nobody else, while the others still need its vote (thesis §4.2.2, Figure 4.6).
   */
  boolean mayCampaign() {
    boolean mayBeNeeded = memberships.currentIndex() > commit && memberships.previous().isVoter(id);
    return !removed && (membership().isVoter(id) || mayBeNeeded);
  }

  /** Whether this replica knows that the group has removed it. */
  boolean isRemoved() {
    return removed;
  }

  void remove() {
    removed = true;
    outbox.removed();
  }

  /**
   * Since which entry of the log this one belongs to the group without a break; the truncation
   * point if that is from before.
   */
  long memberSince(ReplicaId member) {
    return Math.max(log.truncated().index(), memberships.heldSince(member));
  }

  List<ReplicaId> otherVoters() {
    List<ReplicaId> others = new ArrayList<>();
    for (Membership.Member member : membership().everybody()) {
      if (!member.replica().equals(id) && membership().isVoter(member.replica())) {
        others.add(member.replica());
      }
    }
    return others;
  }

  long commit() {
    return commit;
  }

  long applied() {
    return applied;
  }

  /** Whether what a leader of this term knows to be committed is all that is (§5.4.2). */
  boolean ownTermCommitted() {
    return log.termAt(commit) == term();
  }

  long term() {
    return hardState.term();
  }

  long durableIndex() {
    return unsynced.durableIndex();
  }

  /** Whether a restart would find at least this term, and the vote in it. */
  boolean termIsDurable() {
    return unsynced.durableTerm() == term();
  }

  Progress progress() {
    return new Progress(durableIndex(), applied, durablyApplied);
  }

  void enterTerm(long term) {
    check(term > term(), "term moves back: %d after %d", term, term());
    keep(new HardState(term, Optional.empty()));
  }

  /** Whether the vote of this term is still free, or already this replica's (§5.2). */
  boolean mayVoteFor(ReplicaId candidate) {
    return hardState.vote().map(candidate::equals).orElse(true);
  }

  void voteFor(ReplicaId candidate) {
    check(mayVoteFor(candidate), "second vote in term %d, for %d", term(), candidate.value());
    if (hardState.vote().isEmpty()) {
      keep(new HardState(term(), Optional.of(candidate)));
    }
  }

  private void keep(HardState state) {
    hardState = state;
    outbox.keep(state);
  }

  /** Puts an entry at the end of the log. */
  void append(Entry entry) {
    check(entry.term() <= term(), "entry of term %d appended in term %d", entry.term(), term());
    log.append(entry.index(), entry.term());
    if (entry.kind() == Entry.Kind.MEMBERSHIP) {
      memberships.append(entry);
    }
    outbox.keep(entry);
  }

  /** Drops this entry and all after it, because a leader's log has others there (§5.3). */
  void overwriteFrom(long index) {
    check(index > commit, "entry %d is to be overwritten, but %d is committed", index, commit);
    outbox.event(new RaftEvent.ConflictOverwritten(index, log.lastIndex()));
    log.removeFrom(index);
    memberships.removeFrom(index);
    unsynced.overwrittenFrom(index);
    outbox.dropFrom(index);
  }

  void commitTo(long index) {
    check(index >= commit, "commit moves back: %d after %d", index, commit);
    check(
        index <= log.lastIndex(), "commit %d passes the end of the log %d", index, log.lastIndex());
    commit = index;
  }

  /**
   * Whether a snapshot up to this committed position would bring nothing: the log holds all of it,
   * or has held it.
   */
  boolean holds(Position committed) {
    return committed.index() <= commit || log.matches(committed);
  }

  /**
   * Lets the log begin anew after a snapshot, unless it holds all of that already; says which. An
   * entry that does not follow {@code last} cannot be committed, and none that does is here.
   */
  boolean restore(Position last, Membership membership) {
    if (holds(last)) {
      commitTo(Math.max(commit, last.index()));
      return false;
    }
    log.restart(last);
    memberships.restart(last.index(), membership);
    unsynced.restored(last.index(), handedOut);
    outbox.keep(new Effects.Restore(last, membership));
    commitTo(last.index());
    return true;
  }

  void applied(long index) {
    check(index <= handedOut, "applied %d, but only %d was handed out", index, handedOut);
    applied = Math.max(applied, index);
  }

  void durablyApplied(long index) {
    check(index <= handedOut, "durably applied %d, but only %d was handed out", index, handedOut);
    durablyApplied = Math.max(durablyApplied, index);
  }

  void truncated(Position upTo) {
    check(upTo.index() <= handedOut, "cut at %d, handed out only %d", upTo.index(), handedOut);
    if (upTo.index() > log.truncated().index()) {
      log.cut(upTo);
      memberships.cut(upTo.index());
    }
  }

  void synced(long number) {
    check(number <= batch, "batch %d is durable, but the last was %d", number, batch);
    unsynced.synced(number);
    handedOut = Math.max(handedOut, unsynced.durablyRestored());
    applied = Math.max(applied, unsynced.durablyRestored());
    durablyApplied = Math.max(durablyApplied, unsynced.durablyRestored());
  }

  /**
   * Entries from {@code first} on, as many as fit one append and at least one; empty if they have
   * to be loaded first.
   */
  Optional<List<Entry>> entries(long first) {
    List<Entry> undrained = outbox.undrained();
    long firstUndrained = undrained.isEmpty() ? log.lastIndex() + 1 : undrained.get(0).index();
    if (first < firstUndrained) {
      return reader.entries(first, firstUndrained - 1, config.appendBytesMax());
    }
    List<Entry> entries = new ArrayList<>();
    long bytes = 0;
    for (Entry entry : undrained.subList((int) (first - firstUndrained), undrained.size())) {
      bytes += entry.weight();
      if (!entries.isEmpty() && bytes > config.appendBytesMax()) {
        break;
      }
      entries.add(entry);
    }
    return Optional.of(entries);
  }

  /** Says what depends on nothing but the term; that, however, has to be kept first. */
  void say(ReplicaId to, RaftMessage message) {
    if (termIsDurable()) {
      outbox.beforeSync(new Envelope(to, message));
    } else {
      promise(to, message);
    }
  }

  /** Says what is true only once our disk holds all that was decided so far. */
  void promise(ReplicaId to, RaftMessage message) {
    outbox.afterSync(new Envelope(to, message));
  }

  /**
   * A number that no question of this replica has carried, nor of any earlier life of it, as far as
   * chance can tell: an answer to a question asked before a crash must not pass for a new one.
   */
  long nextTicket() {
    if (ticket == 0) {
      ticket = (long) chance.draw(1, LIVES) << 32;
    }
    return ++ticket;
  }

  void want(Effects.SnapshotWanted snapshot) {
    outbox.want(snapshot);
  }

  void answer(Answer answer) {
    outbox.answer(answer);
  }

  void event(RaftEvent event) {
    outbox.event(event);
  }

  boolean hasEffects() {
    return !outbox.isEmpty() || toApply() > handedOut;
  }

  Effects drain() {
    batch++;
    if (outbox.mustSync()) {
      unsynced.add(batch, log.lastIndex(), term());
    }
    Optional<Effects.Range> range = Optional.empty();
    if (toApply() > handedOut) {
      range = Optional.of(new Effects.Range(handedOut + 1, toApply()));
      handedOut = toApply();
    }
    return outbox.drain(batch, range);
  }

  /**
   * Nothing is applied before it is on our own disk: a restart must find at least what it applied.
   */
  private long toApply() {
    return Math.min(commit, durableIndex());
  }

  Position positionAt(long index) {
    return new Position(index, log.termAt(known(index)));
  }

  Membership membershipAt(long index) {
    return memberships.at(known(index));
  }

  private long known(long index) {
    if (!log.knows(index)) {
      throw new IllegalArgumentException(
          "index " + index + " is not in the log, " + log.truncated() + " to " + log.lastIndex());
    }
    return index;
  }

  GroupStatus status(
      GroupStatus.RoleName role, Optional<ReplicaId> leader, List<GroupStatus.PeerStatus> peers) {
    return new GroupStatus(
        id,
        role,
        term(),
        leader,
        log.firstIndex(),
        log.lastIndex(),
        log.last().term(),
        durableIndex(),
        commit,
        applied,
        durablyApplied,
        membership(),
        peers);
  }

  void checkInvariants() {
    long last = log.lastIndex();
    long durable = durableIndex();
    check(commit <= last, "commit %d passes the end of the log %d", commit, last);
    check(durable <= last, "durable %d passes the end of the log %d", durable, last);
    check(handedOut <= commit, "handed out %d, but committed only %d", handedOut, commit);
    check(handedOut <= durable, "handed out %d, but durable only %d", handedOut, durable);
    check(applied <= handedOut, "applied %d, but handed out only %d", applied, handedOut);
    long cut = log.truncated().index();
    long base = Math.max(handedOut, unsynced.restored());
    check(cut <= base, "cut at %d, handed out or restored only %d", cut, base);
  }
}
