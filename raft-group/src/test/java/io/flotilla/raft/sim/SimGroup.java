package io.flotilla.raft.sim;

import io.flotilla.raft.core.Entry;
import io.flotilla.raft.core.GroupId;
import io.flotilla.raft.core.GroupStatus;
import io.flotilla.raft.core.GroupStatus.RoleName;
import io.flotilla.raft.core.Position;
import io.flotilla.raft.core.RaftEvent;
import io.flotilla.raft.port.LogWrite;
import java.util.HashMap;
import java.util.Map;
import java.util.NavigableMap;
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
  private final Map<Integer, Seen> replicas = new HashMap<>();
  private long truncations;

  /** By the moment, in microseconds, at which that was first known anywhere. */
  private final NavigableMap<Long, Long> commits = new TreeMap<>();

  SimGroup(SimClock clock, int number, int voters) {
    this.number = number;
    this.properties = new RaftProperties(voters);
    properties.onCommit(
        entry -> {
          commits.put(clock.nowMicros(), entry.index());
          if (entry.kind() == Entry.Kind.COMMAND) {
            record.done(SimCommand.decode(entry.payload()));
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

  ClientRecord record() {
    return record;
  }

  /** What was known, somewhere, to be committed before a moment. */
  long committedBefore(long micros) {
    Map.Entry<Long, Long> last = commits.lowerEntry(micros);
    return last == null ? 0 : last.getValue();
  }

  void restarted(int replica, SimLog durable) {
    Seen seen = new Seen();
    seen.log = durable;
    replicas.put(replica, seen);
  }

  void happened(int replica, RaftEvent event) {
    Seen seen = replicas.get(replica);
    if (event instanceof RaftEvent.LeaderElected elected) {
      seen.ledInTurn = elected.term();
      properties.elected(replica, elected.term(), seen.log);
    }
  }

  void handedOver(int replica, LogWrite write) {
    Seen seen = replicas.get(replica);
    if (write.cut().isPresent() && write.cut().get() instanceof LogWrite.Base base) {
      begins(replica, seen, base.at());
    } else if (write.cut().isPresent() && write.cut().get() instanceof LogWrite.Truncation cut) {
      seen.log.truncate(cut.upTo());
      truncations++;
    }
    if (!write.entries().isEmpty()) {
      boolean stillLeads =
          seen.ledSince > 0
              && write.entries().stream().allMatch(entry -> entry.term() == seen.ledSince);
      properties.appends(replica, seen.log, write.entries(), stillLeads ? seen.ledSince : 0);
      seen.log.append(write.entries());
    }
  }

  private void begins(int replica, Seen seen, Position at) {
    if (at.index() > 0) {
      properties.restores(replica, seen.log, at);
    }
    seen.log.begin(at);
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
  boolean observe(int replica, GroupStatus status) {
    Seen seen = replicas.get(replica);
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
    seen.term = status.term();
    seen.commit = status.commitIndex();
    seen.ledSince = status.role() == RoleName.LEADER ? status.term() : 0;
    seen.ledInTurn = seen.ledSince;
    return true;
  }
}
