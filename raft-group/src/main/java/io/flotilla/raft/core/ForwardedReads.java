package io.flotilla.raft.core;

import io.flotilla.raft.core.RaftMessage.ReadIndexReply;
import io.flotilla.raft.core.RaftMessage.ReadIndexRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Reads asked of a follower, which asks its leader for the index to wait for (thesis §6.4). One
 * request is under way at a time, for all who asked before it left; it is repeated, since the later
 * answer is as good, and given up after an election timeout.
 */
final class ForwardedReads {
  private static final int WAITING_MAX = 1 << 16;

  private final Replica self;
  private List<Long> waiting = new ArrayList<>(0);
  private List<Long> underWay = new ArrayList<>(0);
  private long ticket;
  private int ageTicks;

  ForwardedReads(Replica self) {
    this.self = self;
  }

  void ask(long token) {
    if (waiting.size() < WAITING_MAX) {
      waiting.add(token);
    } else {
      self.answer(new Answer.Refused(token, new Refusal.Overloaded()));
    }
  }

  void flush(ReplicaId leader) {
    if (underWay.isEmpty() && !waiting.isEmpty()) {
      List<Long> empty = underWay;
      underWay = waiting;
      waiting = empty;
      ticket = self.nextTicket();
      ageTicks = 0;
      self.say(leader, new ReadIndexRequest(self.term(), ticket));
    }
  }

  void tick(Optional<ReplicaId> leader) {
    if (underWay.isEmpty()) {
      return;
    }
    ageTicks++;
    if (ageTicks >= self.config().electionTicks() || leader.isEmpty()) {
      refuse(underWay, leader);
    } else if (ageTicks % self.config().heartbeatTicks() == 0) {
      self.say(leader.get(), new ReadIndexRequest(self.term(), ticket));
    }
  }

  void answered(ReadIndexReply reply, Optional<ReplicaId> leader) {
    if (underWay.isEmpty() || reply.token() != ticket) {
      return;
    }
    if (reply.index().isEmpty()) {
      refuse(underWay, leader);
      return;
    }
    for (long token : underWay) {
      self.answer(new Answer.Readable(token, reply.index().get()));
    }
    underWay.clear();
  }

  void refuseAll(Optional<ReplicaId> leader) {
    refuse(underWay, leader);
    refuse(waiting, leader);
  }

  private void refuse(List<Long> tokens, Optional<ReplicaId> leader) {
    for (long token : tokens) {
      self.answer(new Answer.Refused(token, new Refusal.NotLeader(leader)));
    }
    tokens.clear();
  }
}
