package io.flotilla.raft.sim;

import io.flotilla.raft.core.CoreConfig;
import io.flotilla.raft.core.Entry;
import io.flotilla.raft.core.RaftMessage;
import io.flotilla.raft.port.RaftParcel;
import java.util.List;

/** What all parts of one simulated world share. One thread. */
public final class World {
  private final SimClock clock = new SimClock();
  private final Chance chance;
  private final Trace trace;
  private final RaftProperties properties;
  private final FaultCounts counts = new FaultCounts();
  private final int voters;
  private final int hosts;
  private final Faults drawn;
  private Faults faults;
  private boolean clientsAloneJudgeReads;
  private long changes;

  /**
   * @param voters replicas of a new group
   * @param hosts all that there are, with those that may join later
   */
  public World(Chance chance, Faults faults, int voters, int hosts, boolean readableTrace) {
    this.chance = chance;
    this.drawn = faults;
    this.faults = faults;
    this.voters = voters;
    this.hosts = hosts;
    this.trace = new Trace(clock, readableTrace);
    this.properties = new RaftProperties(voters);
  }

  public SimClock clock() {
    return clock;
  }

  public Chance chance() {
    return chance;
  }

  public Trace trace() {
    return trace;
  }

  RaftProperties properties() {
    return properties;
  }

  /** What has gone wrong so far. */
  public FaultCounts counts() {
    return counts;
  }

  public Faults faults() {
    return faults;
  }

  /** What could go wrong until it was healed. */
  public Faults drawn() {
    return drawn;
  }

  public CoreConfig core() {
    return faults.core();
  }

  int voters() {
    return voters;
  }

  int hosts() {
    return hosts;
  }

  public long ticks(long count) {
    return count * faults.tickMicros();
  }

  /** A node, or what it says of its replicas, may be another than before. */
  void changed() {
    changes++;
  }

  /** As long as it is the same, so is every node: most events only bring something to a door. */
  long changes() {
    return changes;
  }

  /** As the other one, of what travels between nodes. */
  public RaftParcel perhapsShorter(RaftParcel parcel) {
    return new RaftParcel(
        parcel.fromNode(),
        parcel.toNode(),
        parcel.group(),
        parcel.from(),
        parcel.to(),
        perhapsShorter(parcel.message()));
  }

  /** Now and then an append loses its last entries, as a leader with a smaller limit sends it. */
  RaftMessage perhapsShorter(RaftMessage message) {
    if (message instanceof RaftMessage.AppendRequest append
        && chance.happens(faults.network().shorten())) {
      counts.add(FaultKind.SHORTENING);
      List<Entry> first = append.entries().subList(0, chance.below(append.entries().size() + 1));
      return new RaftMessage.AppendRequest(
          append.term(), append.previous(), append.commit(), append.round(), first);
    }
    return message;
  }

  /** Thesis §6.4; whatever was acknowledged to anybody before the read began is among it. */
  void readsAllThatWasCommitted(long index, long committed) {
    if (index < committed && !clientsAloneJudgeReads) {
      throw new AssertionError(
          "READ INDEX: a read waits for " + index + ", committed when it began was " + committed);
    }
  }

  /**
   * Whether a read went wrong is to be found out from what clients were told, and from nothing
   * else.
   */
  void letClientsAloneJudgeReads() {
    clientsAloneJudgeReads = true;
  }

  /** How long a snapshot is under way. */
  public long fetchMicros() {
    return chance.between(1, ticks(chance.oneOf(1, 10, faults.snapshotTicksMax())));
  }

  /** From now on nothing goes wrong of itself; clocks stay as uneven as they are. */
  public void heal() {
    faults = faults.healed();
  }
}
