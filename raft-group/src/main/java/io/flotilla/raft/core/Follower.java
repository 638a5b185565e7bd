package io.flotilla.raft.core;

import static io.flotilla.raft.core.InvariantViolation.check;

import io.flotilla.raft.core.RaftMessage.AppendReply;
import io.flotilla.raft.core.RaftMessage.AppendRequest;
import io.flotilla.raft.core.RaftMessage.Conflict;
import io.flotilla.raft.core.RaftMessage.Heartbeat;
import io.flotilla.raft.core.RaftMessage.HeartbeatReply;
import io.flotilla.raft.core.RaftMessage.ReadIndexReply;
import io.flotilla.raft.core.RaftMessage.SnapshotOffer;
import io.flotilla.raft.core.RaftMessage.VoteReply;
import io.flotilla.raft.core.RaftMessage.VoteRequest;
import java.util.List;
import java.util.Optional;

/** Takes what the leader of the term sends, and votes (§5.2, §5.3). */
final class Follower extends Role {
  private final ElectionTimer timer;
  private final ForwardedReads reads;
  private Optional<ReplicaId> leader;
  private long answeredRound = -1;

  private Follower(Replica self, Optional<ReplicaId> leader, ElectionTimer timer) {
    super(self);
    this.leader = leader;
    this.timer = timer;
    this.reads = new ForwardedReads(self);
  }

  static Follower of(Replica self, Optional<ReplicaId> leader) {
    return of(self, leader, new ElectionTimer(self));
  }

  private static Follower of(Replica self, Optional<ReplicaId> leader, ElectionTimer timer) {
    self.event(new RaftEvent.Following(self.term(), leader));
    return new Follower(self, leader, timer);
  }

  /** After a start, when nothing is known of anybody. */
  static Follower starting(Replica self) {
    return new Follower(self, Optional.empty(), new ElectionTimer(self));
  }

  /**
   * Its patience is not renewed by a term alone (Figure 2): candidates whose logs are too old, if
   * they only are quicker, would keep the one who could win from ever standing.
   */
  @Override
  Follower following() {
    return of(self, Optional.empty(), timer);
  }

  @Override
  GroupStatus.RoleName name() {
    return GroupStatus.RoleName.FOLLOWER;
  }

  @Override
  Optional<ReplicaId> leader() {
    return leader;
  }

  @Override
  boolean hearsLeader() {
    return leader.isPresent() && timer.isFresh();
  }

  @Override
  void end(Optional<ReplicaId> next) {
    reads.refuseAll(next);
  }

  @Override
  void flush() {
    leader.ifPresent(reads::flush);
  }

  @Override
  Role onTick() {
    reads.tick(leader);
    return timer.tick() ? campaign() : this;
  }

  @Override
  Role onVoteRequest(ReplicaId from, VoteRequest request) {
    boolean grant =
        self.mayVoteFor(from)
            && leader.isEmpty()
            && request.last().isAtLeastAsUpToDateAs(self.log().last());
    if (!grant) {
      return super.onVoteRequest(from, request);
    }
    self.voteFor(from);
    timer.reset();
    self.promise(from, new VoteReply(self.term(), false, true));
    return this;
  }

  @Override
  Role onTimeoutNow() {
    if (!self.mayCampaign()) {
      return this;
    }
    end(Optional.empty());
    return Candidate.begin(self, true);
  }

  @Override
  Role onAppend(ReplicaId from, AppendRequest request) {
    heard(from);
    Position previous = request.previous();
    if (previous.index() < self.log().truncated().index()) {
      return onAppend(from, withoutTrimmed(request));
    }
    if (!self.log().matches(previous)) {
      Optional<Conflict> conflict = Optional.of(FastBackup.describe(self.log(), previous));
      self.say(from, new AppendReply(self.term(), 0, conflict, request.round(), self.progress()));
      return this;
    }
    take(request.entries());
    long lastNew = previous.index() + request.entries().size();
    self.commitTo(Math.max(self.commit(), Math.min(request.commit(), lastNew)));
    self.promise(
        from,
        new AppendReply(self.term(), lastNew, Optional.empty(), request.round(), self.progress()));
    return this;
  }

  /**
   * The same append without the entries that were cut from our log: they are committed, so equal.
   */
  private AppendRequest withoutTrimmed(AppendRequest request) {
    Position truncated = self.log().truncated();
    long trimmed = truncated.index() - request.previous().index();
    List<Entry> entries = request.entries();
    int skip = (int) Math.min(trimmed, entries.size());
    return new AppendRequest(
        request.term(),
        truncated,
        request.commit(),
        request.round(),
        entries.subList(skip, entries.size()));
  }

  /**
   * Appends what the log does not hold yet. Entries that it does hold stay, and so do those behind
   * them: a delayed append must not take back what a later one brought (§5.3).
   */
  private void take(List<Entry> entries) {
    LogTail log = self.log();
    int known = 0;
    while (known < entries.size()
        && log.matches(new Position(entries.get(known).index(), entries.get(known).term()))) {
      known++;
    }
    if (known == entries.size()) {
      return;
    }
    if (entries.get(known).index() <= log.lastIndex()) {
      self.overwriteFrom(entries.get(known).index());
    }
    for (Entry entry : entries.subList(known, entries.size())) {
      self.append(entry);
    }
  }

  /**
   * One that only tells how far the leader has committed is taken and not answered: there is one
   * for each entry of a leader that has little to do, and the next tick's will be.
   */
  @Override
  Role onHeartbeat(ReplicaId from, Heartbeat heartbeat) {
    heard(from);
    boolean isNews = heartbeat.commit() > self.commit();
    self.commitTo(Math.max(self.commit(), heartbeat.commit()));
    if (!isNews || heartbeat.round() != answeredRound) {
      answeredRound = heartbeat.round();
      self.say(from, new HeartbeatReply(self.term(), heartbeat.round(), self.progress()));
    }
    return this;
  }

  /**
   * What this log holds need not be fetched: the leader hears how far that is, and goes on from
   * there (§7).
   */
  @Override
  Role onSnapshotOffer(ReplicaId from, SnapshotOffer offer) {
    heard(from);
    if (self.holds(offer.last())) {
      self.commitTo(Math.max(self.commit(), offer.last().index()));
      self.promise(
          from, new AppendReply(self.term(), self.commit(), Optional.empty(), 0, self.progress()));
    } else {
      self.want(new Effects.SnapshotWanted(from, offer.last()));
      self.say(from, new HeartbeatReply(self.term(), 0, self.progress()));
    }
    return this;
  }

  @Override
  Role onRestore(Position last, Membership membership) {
    self.restore(last, membership);
    return this;
  }

  private void heard(ReplicaId from) {
    check(
        leader.isEmpty() || leader.get().equals(from),
        "two leaders in term %d, the second is %d",
        self.term(),
        from.value());
    if (leader.isEmpty()) {
      leader = Optional.of(from);
      self.event(new RaftEvent.Following(self.term(), leader));
    }
    timer.reset();
  }

  @Override
  Role onReadAsked(long token) {
    if (leader.isEmpty()) {
      return super.onReadAsked(token);
    }
    reads.ask(token);
    return this;
  }

  @Override
  Role onReadIndexReply(ReadIndexReply reply) {
    reads.answered(reply, leader);
    return this;
  }
}
