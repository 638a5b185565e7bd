package io.flotilla.raft.sim;

import io.flotilla.raft.core.CoreConfig;
import java.util.EnumSet;
import java.util.Set;

/**
 * All that may go wrong in one run, as data. Drawn from a seed, each kind is on in some runs and
 * off in others, and as strong as chance wills ("swarm testing"): a run with one fault alone finds
 * what a run with all of them hides.
 *
 * @param tickMicros of a replica whose clock is right
 */
public record Faults(
    long tickMicros,
    Network network,
    Set<Partition> partitions,
    Process process,
    Disk disk,
    Pace pace,
    CoreConfig core) {
  /**
   * Probabilities for each message, and how long one takes.
   *
   * @param replay that some older message arrives once more, however old it is
   * @param shorten that an append arrives with only its first entries, as if it had been cut there
   */
  public record Network(
      double loss, double duplicate, double replay, double shorten, double straggle, Delay delay) {
    /** As in the course's laboratories. */
    public static final Network RELIABLE = new Network(0, 0, 0, 0, 0, new Delay(100, 1_000, 0));

    /** Calls take up to 27 ms, and one in ten is lost on its way, as is one in ten replies. */
    public static final Network UNRELIABLE = new Network(0.1, 0, 0, 0, 0, new Delay(0, 27_000, 0));

    static Network calm(long tickMicros) {
      return new Network(0, 0, 0, 0, 0, new Delay(tickMicros / 100, tickMicros / 10, 0));
    }
  }

  /** One way; a straggler takes between the usual most and its own. */
  public record Delay(long leastMicros, long mostMicros, long stragglerMicros) {}

  /** Shapes of a partition. */
  public enum Partition {
    ISOLATE_ONE,
    ISOLATE_LEADER,
    HALVES,
    BRIDGE,
    ONE_WAY_IN,
    ONE_WAY_OUT,
    RANDOM_LINKS
  }

  /** Mean ticks between events of a kind; 0: never. */
  public record Process(
      int partitionEvery,
      int crashEvery,
      int pauseEvery,
      int campaignEvery,
      int cutEvery,
      int changeEvery,
      int handOverEvery,
      int loseDiskEvery,
      int hangDiskEvery) {
    public static final Process NONE = new Process(0, 0, 0, 0, 0, 0, 0, 0, 0);
  }

  /**
   * @param stall probability that a sync takes up to {@code stallMicrosMax}
   */
  public record Disk(long syncMicrosMin, long syncMicrosMax, double stall, long stallMicrosMax) {
    /** How long one sync takes. */
    long syncMicros(Chance chance, FaultCounts counts) {
      if (chance.happens(stall)) {
        counts.add(FaultKind.STALL);
        return chance.between(syncMicrosMax, stallMicrosMax);
      }
      return chance.between(syncMicrosMin, syncMicrosMax);
    }
  }

  /**
   * How the parts of a replica move against each other.
   *
   * @param turnMicrosMax steps of so long may share a drain
   * @param applyMicrosMax an apply may lag so long
   * @param cacheMiss probability that the log is not at hand
   * @param clockSkew a replica's tick is longer or shorter by up to this share
   * @param inStep all replicas tick at the same moments: worst for elections
   */
  public record Pace(
      long turnMicrosMax,
      long applyMicrosMax,
      double cacheMiss,
      double clockSkew,
      boolean inStep) {}

  /** How long faults last, in ticks. */
  static final int FAULT_TICKS = 600;

  public static Faults draw(Chance chance) {
    long tick = chance.oneOf(10_000L, 50_000L, 100_000L);
    return new Faults(
        tick,
        drawNetwork(chance, tick),
        drawPartitions(chance),
        drawProcess(chance),
        drawDisk(chance, tick),
        drawPace(chance, tick),
        drawCore(chance));
  }

  /** Nothing goes wrong but what a network does; no clock is uneven. */
  public static Faults calm(long tickMicros, Network network, CoreConfig core) {
    return new Faults(
        tickMicros,
        network,
        Set.of(),
        Process.NONE,
        new Disk(500, 1_500, 0, 0),
        new Pace(0, 0, 0, 0, false),
        core);
  }

  /** The same world when nothing goes wrong any more; clocks stay uneven, limits stay small. */
  public Faults healed() {
    return new Faults(
        tickMicros,
        Network.calm(tickMicros),
        Set.of(),
        Process.NONE,
        new Disk(disk.syncMicrosMin(), disk.syncMicrosMax(), 0, 0),
        new Pace(pace.turnMicrosMax(), 0, 0, pace.clockSkew(), pace.inStep()),
        core);
  }

  /**
   * For hosts that cut their logs themselves. Their disks may hang, and they may also lose them, if
   * there are others to take their places.
   */
  Faults ofNodes(Chance chance) {
    Process ofNodes =
        new Process(
            process.partitionEvery(),
            process.crashEvery(),
            process.pauseEvery(),
            process.campaignEvery(),
            0,
            process.changeEvery(),
            process.handOverEvery(),
            process.changeEvery() == 0 ? 0 : chance.oneOf(0, 10, 40),
            chance.oneOf(0, 0, 60));
    return new Faults(tickMicros, network, partitions, ofNodes, disk, pace, core);
  }

  /** Probability that a state is flushed behind an apply. A log is cut up to there at most. */
  double flush() {
    return process.cutEvery() == 0 ? 0.1 : 0.4;
  }

  /** How long a snapshot may be under way, in ticks. */
  int snapshotTicksMax() {
    return process.cutEvery() == 0 ? 10 : 100;
  }

  /** How many of a slow replica's ticks the slowest one's tick lasts, in hundredths. */
  int slowestTickPercent() {
    return 100 + (int) Math.ceil(100 * pace.clockSkew());
  }

  private static Network drawNetwork(Chance chance, long tick) {
    long least = tick / chance.between(50, 200);
    return new Network(
        chance.oneOf(0.0, chance.upTo(0.05), chance.upTo(0.3)),
        chance.oneOf(0.0, chance.upTo(0.1), chance.upTo(0.5)),
        chance.oneOf(0.0, 0.0, chance.upTo(0.05), chance.upTo(0.4)),
        chance.oneOf(0.0, 0.0, chance.upTo(0.3)),
        chance.oneOf(0.0, chance.upTo(0.02), chance.upTo(0.2)),
        new Delay(least, least + tick / chance.oneOf(200, 20, 4, 1), tick * chance.between(2, 40)));
  }

  private static Set<Partition> drawPartitions(Chance chance) {
    EnumSet<Partition> kinds = EnumSet.noneOf(Partition.class);
    for (Partition kind : Partition.values()) {
      if (chance.happens(0.5)) {
        kinds.add(kind);
      }
    }
    return kinds;
  }

  private static Process drawProcess(Chance chance) {
    return new Process(
        chance.oneOf(0, 30, 80),
        chance.oneOf(0, 25, 70),
        chance.oneOf(0, 0, 60),
        chance.oneOf(0, 0, 20, 60),
        chance.oneOf(0, 8, 40),
        chance.oneOf(0, 15, 40),
        chance.oneOf(0, 0, 20, 60),
        0,
        0);
  }

  private static Disk drawDisk(Chance chance, long tick) {
    long least = tick / chance.between(50, 200);
    return new Disk(
        least,
        least + tick / chance.oneOf(100, 10, 2),
        chance.oneOf(0.0, 0.0, 0.01, 0.1),
        tick * chance.between(1, 30));
  }

  private static Pace drawPace(Chance chance, long tick) {
    return new Pace(
        chance.oneOf(0L, tick / 100, tick / 5),
        chance.oneOf(0L, tick / 50, tick * 2),
        chance.oneOf(0.0, 0.0, 0.05, 0.4),
        chance.oneOf(0.0, 0.02, 0.3),
        chance.happens(0.25));
  }

  private static CoreConfig drawCore(Chance chance) {
    boolean small = chance.happens(0.5);
    int electionTicks = chance.oneOf(5, 10, 10);
    return new CoreConfig(
        chance.between(1, electionTicks / 3),
        electionTicks,
        !chance.happens(0.15),
        !chance.happens(0.15),
        small ? chance.between(1, 4) : 256,
        small ? chance.between(1, 2_000) : 8L << 20,
        small ? chance.between(1, 300) : 1L << 20,
        chance.happens(0.2) ? chance.between(50, 2_000) : 16L << 20,
        chance.oneOf(0, 5, 256));
  }
}
