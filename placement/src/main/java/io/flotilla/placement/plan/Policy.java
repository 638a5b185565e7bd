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
 * @param mergesMax merges, in the whole cluster
 * @param mergeBytes two neighbours that both weigh less are merged; far enough below {@code
 *     splitBytes} that what they become does not soon weigh that much
 * @param heat a shard that is asked more is split
 */
public record Policy(
    int movesInMax,
    int movesOutMax,
    int transfersMax,
    int splitsMax,
    long splitBytes,
    int mergesMax,
    long mergeBytes,
    HeatPolicy heat) {
  public static final Policy DEFAULT = new Policy(2, 2, 4, 16, 1L << 30);

  /** For plans of what would be done in the end. */
  static final int ANY_NUMBER = Integer.MAX_VALUE;

  private static final int MERGES_MAX = 4;
  private static final int SMALL_PARTS = 16;
  private static final int FAR_BELOW = 8;

  public Policy {
    require(movesInMax >= 1, "movesInMax", movesInMax);
    require(movesOutMax >= 1, "movesOutMax", movesOutMax);
    require(transfersMax >= 1, "transfersMax", transfersMax);
    require(splitsMax >= 1, "splitsMax", splitsMax);
    require(splitBytes >= 1 << 20, "splitBytes", splitBytes);
    require(mergesMax >= 1, "mergesMax", mergesMax);
    require(mergeBytes >= 0, "mergeBytes", mergeBytes);
    if (mergeBytes > splitBytes / FAR_BELOW) {
      throw new IllegalArgumentException(
          String.format(
              "mergeBytes is %d; allowed: up to an eighth of splitBytes, which is %d, or what was"
                  + " merged would soon be split again",
              mergeBytes, splitBytes));
    }
  }

  /** Four merges at a time, of what weighs less than a sixteenth of what is split. */
  public Policy(int movesInMax, int movesOutMax, int transfersMax, int splitsMax, long splitBytes) {
    this(
        movesInMax,
        movesOutMax,
        transfersMax,
        splitsMax,
        splitBytes,
        MERGES_MAX,
        splitBytes / SMALL_PARTS,
        HeatPolicy.DEFAULT);
  }

  /** The same, with all that is to be done begun at once. */
  public Policy atOnce() {
    return new Policy(
        ANY_NUMBER, ANY_NUMBER, ANY_NUMBER, ANY_NUMBER, splitBytes, ANY_NUMBER, mergeBytes, heat);
  }

  /** With {@link #mergeBytes} in proportion. */
  public Policy splittingAt(long bytes) {
    return new Policy(
        movesInMax,
        movesOutMax,
        transfersMax,
        splitsMax,
        bytes,
        mergesMax,
        bytes / SMALL_PARTS,
        heat);
  }

  public Policy splittingAt(HeatPolicy asked) {
    return new Policy(
        movesInMax, movesOutMax, transfersMax, splitsMax, splitBytes, mergesMax, mergeBytes, asked);
  }

  /**
   * @param bytes 0 for never
   */
  public Policy mergingBelow(long bytes) {
    return new Policy(
        movesInMax, movesOutMax, transfersMax, splitsMax, splitBytes, mergesMax, bytes, heat);
  }

  private static void require(boolean holds, String name, long value) {
    if (!holds) {
      throw new IllegalArgumentException(name + " is " + value + ", which is too little");
    }
  }
}
