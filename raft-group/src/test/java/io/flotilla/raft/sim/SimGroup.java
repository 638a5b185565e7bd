package io.flotilla.raft.sim;

import io.flotilla.raft.core.CoreConfig;
import io.flotilla.raft.core.Entry;
import io.flotilla.raft.core.GroupId;
import io.flotilla.raft.core.GroupStatus;
import io.flotilla.raft.core.GroupStatus.RoleName;
import io.flotilla.raft.core.RaftEvent;
import io.flotilla.raft.core.ReplicaId;
import io.flotilla.raft.port.LogWrite;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * One group of a simulated cluster of nodes, as its judge sees it: what each replica has handed to
 * its disk, what it says of itself after each turn, and what its clients were told. One thread.
 */
final class SimGroup {
  private static final class Seen {
    private SimLog log = new SimLog();
    private @Nullable GroupStatus status;
    private long term;
    private long commit;

    /** The term that it has led since before this turn, and the last one that it has led at all. */
    private long ledSince;

    private long ledInTurn;
  }

  private final int number;
  private final RaftProperties properties;
  private final ClientRecord record = new ClientRecord();
  private final Homes homes;
  private final LeaderBounds bounds;
  private final Map<ReplicaId, Seen> replicas = new HashMap<>();
  private final Set<ReplicaId> removed = new HashSet<>();
  private long truncations;
  private long memberships;

  /** By the moment, in microseconds, at which that was first known anywhere. */
  private final NavigableMap<Long, Long> commits = new TreeMap<>();

  SimGroup(SimClock clock, int number, int voters, CoreConfig config) {
    this.number = number;
    this.properties = new RaftProperties(voters);
    this.homes = new Homes(voters);
    this.bounds = new LeaderBounds(config);
    properties.onCommit(
        entry -> {
          commits.put(clock.nowMicros(), entry.index());
          if (entry.kind() == Entry.Kind.COMMAND) {
            record.done(SimCommand.decode(entry.payload()));
          } else if (entry.kind() == Entry.Kind.MEMBERSHIP) {
            memberships++;
          }
        });
  }

  int number() {
    return number;
  }

  GroupId id() {
    return new GroupId(number);
  }

  RaftProperties properties() {
    return properties;
  }

  Homes homes() {
    return homes;
  }

  /** Of a replica: all that it has handed to its disk. */
  SimLog log(ReplicaId replica) {
    return replicas.get(replica).log;
  }

  LeaderBounds bounds() {
    return bounds;
  }

  ClientRecord record() {
    return record;
  }

  /** What was known, somewhere, to be committed before a moment. */
  long committedBefore(long micros) {
    Map.Entry<Long, Long> last = commits.lowerEntry(micros);
    return last == null ? 0 : last.getValue();
  }

  void restarted(ReplicaId replica, SimLog durable) {
    Seen seen = new Seen();
    seen.log = durable;
    removed.remove(replica);
    replicas.put(replica, seen);
  }

  void happened(ReplicaId replica, RaftEvent event) {
    Seen seen = replicas.get(replica);
    if (event instanceof RaftEvent.LeaderElected elected) {
      seen.ledInTurn = elected.term();
      properties.elected(SimReplica.number(replica), elected.term(), seen.log);
    }
  }

  /**
   * @param status of the replica, after the turn in which it does so
   */
  void handedOver(GroupStatus status, LogWrite write) {
    ReplicaId id = status.replica();
    int replica = SimReplica.number(id);
    Seen seen = replicas.get(id);
    countedFor(seen, status, write.entries());
    if (write.cut().isPresent() && write.cut().get() instanceof LogWrite.Base base) {
      begins(id, seen, base);
    } else if (write.cut().isPresent() && write.cut().get() instanceof LogWrite.Truncation cut) {
      seen.log.truncate(cut.upTo());
      truncations++;
    } else if (write.cut().isPresent() && write.cut().get() instanceof LogWrite.Removal) {
      properties.members().removed(replica);
      removed.add(id);
    }
    if (!write.entries().isEmpty()) {
      boolean stillLeads =
          seen.ledSince > 0
              && write.entries().stream().allMatch(entry -> entry.term() == seen.ledSince);
      properties.appends(replica, seen.log, write.entries(), stillLeads ? seen.ledSince : 0);
      seen.log.append(write.entries());
    }
  }

  /**
   * What a leader has found committed in this turn, it has before it appended what came of that.
   */
  private void countedFor(Seen seen, GroupStatus status, List<Entry> appended) {
    if (seen.ledSince > 0
        && status.commitIndex() > seen.commit
        && status.commitIndex() <= seen.log.lastIndex()) {
      properties.commits(
          SimReplica.number(status.replica()),
          status.commitIndex(),
          seen.ledSince,
          seen.log,
          properties.members().inForce(seen.log, appended));
    }
  }

  /** Whether the group's removal of this replica is on its way to the disk, or was. */
  boolean isRemoved(ReplicaId replica) {
    return removed.contains(replica);
  }

  private void begins(ReplicaId replica, Seen seen, LogWrite.Base base) {
    if (base.at().index() > 0) {
      properties.restores(SimReplica.number(replica), seen.log, base.at());
      properties.members().restores(replica, base.at().index(), base.membership());
    }
    seen.log.begin(base.at());
  }

  /** Entries that change who belongs to the group, and are committed. */
  long memberships() {
    return memberships;
  }

  /** How often a log was cut. */
  long truncations() {
    return truncations;
  }

  /**
   * After a turn, before anything that it sent can arrive.
   *
   * @return whether there was anything new
   */
  boolean observe(GroupStatus status) {
    int replica = SimReplica.number(status.replica());
    Seen seen = replicas.get(status.replica());
    if (status.equals(seen.status)) {
      return false;
    }
    seen.status = status;
    if (status.term() < seen.term || status.commitIndex() < seen.commit) {
      throw new AssertionError("TERM or COMMIT: goes back at " + replica + " to " + status);
    }
    if (status.role() == RoleName.LEADER) {
      seen.ledInTurn = status.term();
      properties.leads(replica, status.term());
    }
    if (status.commitIndex() > seen.commit) {
      properties.commits(replica, status.commitIndex(), seen.ledInTurn, seen.log);
      properties.holds(replica, status.commitIndex(), seen.log);
    }
    bounds.observe(status, seen.log);
    seen.term = status.term();
    seen.commit = status.commitIndex();
    seen.ledSince = status.role() == RoleName.LEADER ? status.term() : 0;
    seen.ledInTurn = seen.ledSince;
    return true;
  }
}
