package io.flotilla.placement.plan;

/**
 * How much placement does at once, and from when on. One job of a kind more than is said here waits
 * until another is done.
 *
 * @param movesInMax replicas on their way to one node; each may cost a snapshot there
 * @param movesOutMax replicas that one node, as leader, brings on their way
 * @param transfersMax leaderships handed over, in the whole cluster
 * @param splitsMax shards being split, in the whole cluster
 * @param splitBytes a shard that weighs more is split
 * @param heat a shard that is asked more is split
 */
public record Policy(
    int movesInMax,
    int movesOutMax,
    int transfersMax,
    int splitsMax,
    long splitBytes,
    HeatPolicy heat) {
  public static final Policy DEFAULT = new Policy(2, 2, 4, 16, 1L << 30, HeatPolicy.DEFAULT);

  /** For plans of what would be done in the end. */
  static final int ANY_NUMBER = Integer.MAX_VALUE;

  public Policy {
    require(movesInMax >= 1, "movesInMax", movesInMax);
    require(movesOutMax >= 1, "movesOutMax", movesOutMax);
    require(transfersMax >= 1, "transfersMax", transfersMax);
    require(splitsMax >= 1, "splitsMax", splitsMax);
    require(splitBytes >= 1 << 20, "splitBytes", splitBytes);
  }

  /** The same, with all that is to be done begun at once. */
  public Policy atOnce() {
    return new Policy(ANY_NUMBER, ANY_NUMBER, ANY_NUMBER, ANY_NUMBER, splitBytes, heat);
  }

  public Policy splittingAt(long bytes) {
    return new Policy(movesInMax, movesOutMax, transfersMax, splitsMax, bytes, heat);
  }

  public Policy splittingAt(HeatPolicy asked) {
    return new Policy(movesInMax, movesOutMax, transfersMax, splitsMax, splitBytes, asked);
  }

  private static void require(boolean holds, String name, long value) {
    if (!holds) {
      throw new IllegalArgumentException(name + " is " + value + ", which is too little");
    }
  }
}
