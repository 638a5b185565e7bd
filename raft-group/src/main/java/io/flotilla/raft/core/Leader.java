package io.flotilla.raft.core;

import static io.flotilla.raft.core.InvariantViolation.check;

import io.flotilla.raft.core.GroupStatus.PeerState;
import io.flotilla.raft.core.GroupStatus.PeerStatus;
import io.flotilla.raft.core.RaftMessage.AppendReply;
import io.flotilla.raft.core.RaftMessage.AppendRequest;
import io.flotilla.raft.core.RaftMessage.Conflict;
import io.flotilla.raft.core.RaftMessage.Heartbeat;
import io.flotilla.raft.core.RaftMessage.HeartbeatReply;
import io.flotilla.raft.core.RaftMessage.Progress;
import io.flotilla.raft.core.RaftMessage.ReadIndexReply;
import io.flotilla.raft.core.RaftMessage.ReadIndexRequest;
import io.flotilla.raft.core.RaftMessage.Removed;
import io.flotilla.raft.core.RaftMessage.SnapshotOffer;
import io.flotilla.raft.core.RaftMessage.TimeoutNow;
import io.flotilla.raft.core.ReadRounds.Read;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Orders what is proposed, and sends it to everybody (§5.3). Handlers only note what has become
 * due; {@link #flush} says it, so that what came in together leaves together.
 */
final class Leader extends Role {
  private final List<Peer> peers = new ArrayList<>();
  private final ReadRounds rounds = new ReadRounds();
  private final Window uncommitted = new Window();
  private final MembershipChange change;
  private final Transfer transfer;
  private long ticks;
  private boolean quorumLost;

  private Leader(Replica self) {
    super(self);
    this.change = new MembershipChange(self);
    this.transfer = new Transfer(self, peers);
    updatePeers();
  }

  /** Everybody else in the membership in force; what is known of those who stay is kept. */
  private void updatePeers() {
    peers.removeIf(peer -> !self.membership().holds(peer.id()));
    for (Membership.Member member : self.membership().everybody()) {
      if (!member.replica().equals(self.id()) && peer(member.replica()) == null) {
        peers.add(new Peer(member.replica(), self.log().lastIndex() + 1, self.config()));
      }
    }
  }

  private @Nullable Peer peer(ReplicaId replica) {
    for (Peer peer : peers) {
      if (peer.id().equals(replica)) {
        return peer;
      }
    }
    return null;
  }

  /**
   * Begins the term with an entry of its own: nothing older is committed by counting (§5.4.2), and
   * no read is answered before the first entry of the term is committed (thesis §6.4).
   */
  static Leader elected(Replica self) {
    self.event(new RaftEvent.LeaderElected(self.term()));
    Leader leader = new Leader(self);
    self.append(leader.next(Entry.Kind.NO_OP, new byte[0]));
    return leader;
  }

  @Override
  GroupStatus.RoleName name() {
    return GroupStatus.RoleName.LEADER;
  }

  @Override
  Optional<ReplicaId> leader() {
    return Optional.of(self.id());
  }

  @Override
  List<PeerStatus> peers() {
    List<PeerStatus> all = new ArrayList<>(peers.size());
    for (Peer peer : peers) {
      all.add(peer.status(ticks));
    }
    return all;
  }

  @Override
  boolean hearsLeader() {
    return true;
  }

  @Override
  void end(Optional<ReplicaId> next) {
    rounds.abandon(read -> refuse(read, new Refusal.NotLeader(next)));
    transfer.end();
    self.event(new RaftEvent.SteppedDown(self.term(), quorumLost));
  }

  @Override
  Role onCampaign() {
    return this;
  }

  @Override
  Role onTick() {
    ticks++;
    CoreConfig config = self.config();
    if (config.checkQuorum() && ticks % config.electionTicks() == 0 && !heardQuorum()) {
      quorumLost = true;
      transfer.giveUp();
      return withoutLeader();
    }
    transfer.tick(ticks);
    if (ticks % config.heartbeatTicks() == 0) {
      peers.forEach(this::sendHeartbeat);
    }
    return this;
  }

  /** Whether a quorum was heard within the last election timeout (thesis §6.2). */
  private boolean heardQuorum() {
    List<ReplicaId> heard = new ArrayList<>();
    heard.add(self.id());
    for (Peer peer : peers) {
      if (peer.wasHeard(ticks)) {
        heard.add(peer.id());
      }
    }
    return Quorum.reached(self.membership(), heard::contains);
  }

  @Override
  Role onProposed(long token, byte[] command) {
    Optional<Refusal> refusal = transfer.refusal();
    if (refusal.isPresent()) {
      self.answer(new Answer.Refused(token, refusal.get()));
      return this;
    }
    Entry entry = next(Entry.Kind.COMMAND, command);
    long held = uncommitted.bytes();
    if (held > 0 && held + entry.weight() > self.config().uncommittedBytesMax()) {
      self.answer(new Answer.Refused(token, new Refusal.Overloaded()));
      return this;
    }
    self.append(entry);
    uncommitted.add(entry.index(), entry.weight());
    self.answer(new Answer.Appended(token, new Position(entry.index(), entry.term())));
    return this;
  }

  private Entry next(Entry.Kind kind, byte[] payload) {
    return new Entry(self.log().lastIndex() + 1, self.term(), kind, payload);
  }

  @Override
  Role meet(ReplicaId from, RaftMessage message) {
    if (change.isFromRemoved(from, message)) {
      tellRemoved(from);
      return this;
    }
    return super.meet(from, message);
  }

  private void tellRemoved(ReplicaId replica) {
    self.say(replica, new Removed(self.term()));
  }

  @Override
  Role onMembershipAsked(long token, Membership target) {
    Optional<Refusal> refusal =
        transfer.refusal().or(() -> change.refusal(target, this::isCaughtUp));
    if (refusal.isPresent()) {
      self.answer(new Answer.Refused(token, refusal.get()));
    } else {
      Entry entry = append(self.membership().towards(target));
      self.answer(new Answer.Appended(token, new Position(entry.index(), entry.term())));
    }
    return this;
  }

  /** A leader's log holds all that a snapshot of its term or an earlier one can cover (§5.4.3). */
  @Override
  Role onRestore(Position last, Membership membership) {
    check(
        self.holds(last),
        "the leader's log lacks the committed entry %d of term %d",
        last.index(),
        last.term());
    return super.onRestore(last, membership);
  }

  /**
   * Little of the log is lacking, and nothing before the entry that it was added by. Else, when the
   * log is cut, it needs an image; and after a crash of all, the only one to be had may be of
   * before it belonged to the group, and no newer one is made before it votes.
   */
  private boolean isCaughtUp(ReplicaId replica) {
    Peer peer = peer(replica);
    return peer != null
        && peer.match() >= self.membershipIndex()
        && peer.isWithin(self.config().promotionLagEntries(), self.log().lastIndex(), ticks);
  }

  private Entry append(Membership membership) {
    Entry entry = next(Entry.Kind.MEMBERSHIP, MembershipBytes.encode(membership));
    self.append(entry);
    updatePeers();
    return entry;
  }

  @Override
  Role onTransferAsked(long token, Optional<ReplicaId> to) {
    transfer.ask(token, to, ticks);
    return this;
  }

  @Override
  Role onSynced() {
    return advanceCommit();
  }

  @Override
  Role onLoaded() {
    peers.forEach(Peer::loaded);
    return this;
  }

  @Override
  Role onAppendReply(ReplicaId from, AppendReply reply) {
    Peer peer = heard(from, reply.round(), reply.progress());
    if (peer == null) {
      return this;
    }
    if (reply.conflict().isPresent()) {
      backUp(peer, reply.conflict().get());
    } else {
      check(
          reply.match() <= self.log().lastIndex(),
          "a follower holds our log up to %d, but it ends at %d",
          reply.match(),
          self.log().lastIndex());
      peer.matched(reply.match(), ticks);
    }
    if (peer.state() == PeerState.SNAPSHOT) {
      resume(peer, reply.progress());
    }
    return reply.conflict().isPresent() ? this : advanceCommit();
  }

  private void backUp(Peer peer, Conflict conflict) {
    if (peer.isNews(conflict)) {
      self.event(new RaftEvent.AppendRefused(peer.id(), conflict));
      peer.probe(FastBackup.next(self.log(), conflict));
    }
  }

  @Override
  Role onHeartbeatReply(ReplicaId from, HeartbeatReply reply) {
    Peer peer = heard(from, reply.round(), reply.progress());
    if (peer == null) {
      return this;
    }
    if (peer.state() == PeerState.SNAPSHOT) {
      resume(peer, reply.progress());
    } else {
      peer.heardHeartbeat(ticks);
    }
    return this;
  }

  /**
   * A peer that was offered a snapshot is sent entries again as soon as it has one that our log
   * continues, whichever and from whomever that was. If it has none for long, the offer or the
   * snapshot was lost, or the log was cut once more: the next guess leads to the next offer.
   */
  private void resume(Peer peer, Progress progress) {
    if (peer.connects(self.log().truncated().index())
        || peer.quietTicks(ticks) >= self.config().electionTicks()) {
      peer.probe(Math.min(progress.durable(), self.log().lastIndex()) + 1);
    }
  }

  /** The peer, if it is one, was alive and in this term when it heard of that round. */
  private @Nullable Peer heard(ReplicaId from, long round, Progress progress) {
    Peer peer = peer(from);
    if (peer != null) {
      peer.heard(progress, ticks);
      rounds.acknowledge(from, round);
      rounds.finish(self.membership(), self.id(), this::answer);
    }
    return peer;
  }

  /**
   * Commits what a quorum has on disk, ourselves counted only as far as our own disk is. Only an
   * entry of this term is committed by counting; those before it come along (§5.4.2, Figure 8).
   */
  private Role advanceCommit() {
    long agreed = Quorum.agreed(self.membership(), this::matchOf);
    if (agreed > self.commit() && self.log().termAt(agreed) == self.term()) {
      self.commitTo(agreed);
      uncommitted.releaseTo(agreed);
      if (change.settles()) {
        return onMembershipCommitted();
      }
    }
    return this;
  }

  /**
   * Tells those whom the membership has left out, of which a joint one may be the last that a
   * learner belonged to before it; then ends joint consensus (thesis §4.3). A leader that is no
   * voter any more has led until here without counting itself (§4.2.2); others learn from it that
   * all this is committed, and one of them takes over at once.
   */
  private Role onMembershipCommitted() {
    for (ReplicaId departed : self.departed()) {
      if (!departed.equals(self.id())) {
        tellRemoved(departed);
      }
    }
    if (self.membership().isJoint()) {
      append(self.membership().left());
      return this;
    }
    if (self.membership().isVoter(self.id())) {
      return this;
    }
    peers.forEach(this::sendHeartbeat);
    self.say(transfer.mostCaughtUp(ticks), new TimeoutNow(self.term()));
    transfer.giveUp();
    return withoutLeader();
  }

  private long matchOf(ReplicaId replica) {
    if (replica.equals(self.id())) {
      return self.durableIndex();
    }
    Peer peer = peer(replica);
    return peer == null ? 0 : peer.match();
  }

  @Override
  Role onReadAsked(long token) {
    ask(new Read(Optional.empty(), token));
    return this;
  }

  @Override
  Role onReadIndexRequest(ReplicaId from, ReadIndexRequest request) {
    ask(new Read(Optional.of(from), request.token()));
    return this;
  }

  /**
   * A later leader may have added the asker, who need not have heard of it: so this one answers
   * only what it still knows for sure when it has been confirmed, as for a read.
   */
  @Override
  Role onRemovedRequest(ReplicaId from) {
    if (change.hasRemoved(from)) {
      ask(Read.doubt(from));
    }
    return this;
  }

  private void ask(Read read) {
    if (!rounds.ask(read)) {
      refuse(read, new Refusal.Overloaded());
    }
  }

  private void answer(Read read) {
    if (read.isDoubt()) {
      read.asker().filter(change::hasRemoved).ifPresent(this::tellRemoved);
    } else if (read.asker().isPresent()) {
      reply(read, Optional.of(rounds.index()));
    } else {
      self.answer(new Answer.Readable(read.token(), rounds.index()));
    }
  }

  private void refuse(Read read, Refusal refusal) {
    if (read.isDoubt()) {
      return; // it asks again
    } else if (read.asker().isPresent()) {
      reply(read, Optional.empty());
    } else {
      self.answer(new Answer.Refused(read.token(), refusal));
    }
  }

  private void reply(Read read, Optional<Long> index) {
    self.say(read.asker().orElseThrow(), new ReadIndexReply(self.term(), read.token(), index));
  }

  @Override
  void flush() {
    if (self.ownTermCommitted() && rounds.begin(self.commit())) {
      rounds.finish(self.membership(), self.id(), this::answer);
      peers.forEach(this::sendHeartbeat);
    }
    for (Peer peer : peers) {
      replicateTo(peer);
      if (peer.wantsCommit(self.commit())) {
        sendHeartbeat(peer);
      }
    }
    transfer.flush();
  }

  private void replicateTo(Peer peer) {
    long lastIndex = self.log().lastIndex();
    boolean check = peer.wantsCheck(lastIndex);
    while (check || peer.wantsEntries(lastIndex)) {
      if (!self.log().knows(peer.next() - 1)) {
        offerSnapshot(peer);
        return;
      }
      Optional<List<Entry>> entries = check ? Optional.of(List.of()) : self.entries(peer.next());
      if (entries.isEmpty()) {
        peer.awaitLoading();
        return;
      }
      sendAppend(peer, entries.get());
      check = false;
    }
  }

  /**
   * Who has joined gets a snapshot that knows of it, and none before ours does: whatever the group
   * has done while it did not belong to it, it has no part in, and could not do again from its log.
   */
  private void offerSnapshot(Peer peer) {
    long least = self.memberSince(peer.id());
    if (least > self.applied()) {
      return;
    }
    Position last = self.positionAt(least);
    self.say(peer.id(), new SnapshotOffer(self.term(), last, self.membershipAt(least)));
    peer.offeredSnapshot(ticks);
  }

  private void sendAppend(Peer peer, List<Entry> entries) {
    long before = peer.next() - 1;
    long last = before + entries.size();
    Position previous = new Position(before, self.log().termAt(before));
    long lastTerm = entries.isEmpty() ? previous.term() : entries.get(entries.size() - 1).term();
    check(
        lastTerm == self.log().termAt(last),
        "an entry of term %d was read where the log has term %d",
        lastTerm,
        self.log().termAt(last));
    self.say(
        peer.id(),
        new AppendRequest(self.term(), previous, self.commit(), rounds.round(), entries));
    peer.told(Math.min(self.commit(), last));
    if (entries.isEmpty()) {
      peer.sentCheck(ticks);
    } else {
      peer.sentEntries(last, weight(entries), ticks);
    }
  }

  private static long weight(List<Entry> entries) {
    long bytes = 0;
    for (Entry entry : entries) {
      bytes += entry.weight();
    }
    return bytes;
  }

  private void sendHeartbeat(Peer peer) {
    long commit = Math.min(peer.match(), self.commit());
    self.say(peer.id(), new Heartbeat(self.term(), commit, rounds.round()));
    peer.told(commit);
  }
}
