package io.flotilla.raft.runtime;

/**
 * What one runtime takes on before it says no.
 *
 * @param inboxRequests proposals and reads that wait for one loop; more are refused
 * @param inboxParcels messages that wait for one loop; more are dropped
 * @param requestsPerTurn taken by a loop before it turns to the disk and the network
 * @param parcelsPerTurn the same for messages
 * @param logBacklogBytesMax handed to the log store and not yet durable; beyond it proposals are
 *     refused, beyond twice that the loops take nothing in
 * @param applyBacklogBytesMax entries held in memory for one apply worker; beyond it proposals are
 *     refused, and the worker reads what is committed from the log's disk
 * @param cacheBytes recent entries held for followers, of all loops together; entries that are not
 *     durable yet count, but are never dropped
 * @param logRetainBytes of one group's log on disk. What weighs more is cut, to half of it, as far
 *     as the state that a crash would leave has it; those who lag get a snapshot. For the sake of
 *     followers that are being caught up a leader's log may weigh four times as much, and any log
 *     before the state is flushed for its sake
 */
public record RuntimeLimits(
    int inboxRequests,
    int inboxParcels,
    int requestsPerTurn,
    int parcelsPerTurn,
    long logBacklogBytesMax,
    long applyBacklogBytesMax,
    long cacheBytes,
    long logRetainBytes) {
  public static final RuntimeLimits DEFAULT =
      new RuntimeLimits(1 << 14, 1 << 14, 4096, 4096, 64L << 20, 64L << 20, 64L << 20, 16L << 20);

  public RuntimeLimits {
    require(inboxRequests >= 1, "inboxRequests", inboxRequests, "at least 1");
    require(inboxParcels >= 1, "inboxParcels", inboxParcels, "at least 1");
    require(requestsPerTurn >= 1, "requestsPerTurn", requestsPerTurn, "at least 1");
    require(parcelsPerTurn >= 1, "parcelsPerTurn", parcelsPerTurn, "at least 1");
    require(logBacklogBytesMax >= 1, "logBacklogBytesMax", logBacklogBytesMax, "at least 1");
    require(applyBacklogBytesMax >= 1, "applyBacklogBytesMax", applyBacklogBytesMax, "at least 1");
    require(cacheBytes >= 0, "cacheBytes", cacheBytes, "0 or more");
    require(logRetainBytes >= 1, "logRetainBytes", logRetainBytes, "at least 1");
  }

  /** The same with another bound for logs. */
  public RuntimeLimits retaining(long bytes) {
    return new RuntimeLimits(
        inboxRequests,
        inboxParcels,
        requestsPerTurn,
        parcelsPerTurn,
        logBacklogBytesMax,
        applyBacklogBytesMax,
        cacheBytes,
        bytes);
  }

  private static void require(boolean holds, String name, long value, String allowed) {
    if (!holds) {
      throw new IllegalArgumentException(name + " is " + value + "; allowed: " + allowed);
    }
  }
}
