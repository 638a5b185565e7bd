package io.flotilla.raft.runtime;

import static io.flotilla.raft.runtime.Allowed.require;

/**
 * What one runtime takes on before it says no.
 *
 * @param logBacklogBytesMax handed to the log store and not yet durable; beyond it proposals are
 *     refused, beyond twice that the loops take nothing in
 * @param applyBacklogBytesMax entries held in memory for one apply worker; beyond it proposals are
 *     refused, and the worker reads what is committed from the log's disk
 * @param cacheBytes recent entries held for followers, of all loops together; entries that are not
 *     durable yet count, but are never dropped
 * @param logRetainBytes of one group's log on disk. What weighs more is cut, to half of it, as far
 *     as the state that a crash would leave has it; those who lag get a snapshot. For the sake of
 *     followers that are being caught up a leader's log may weigh four times as much, or as much as
 *     the snapshot that one of them is given; and any log four times as much before the state is
 *     flushed for its sake
 */
public record RuntimeLimits(
    Inboxes inboxes,
    long logBacklogBytesMax,
    long applyBacklogBytesMax,
    long cacheBytes,
    long logRetainBytes) {
  public static final RuntimeLimits DEFAULT =
      new RuntimeLimits(Inboxes.DEFAULT, 64L << 20, 64L << 20, 64L << 20, 16L << 20);

  /**
   * What waits for one loop.
   *
   * @param requests proposals and reads; more are refused
   * @param parcels messages; more are dropped
   * @param bytes of each of the two together; more are refused or dropped as well
   * @param requestsPerTurn taken by the loop before it turns to the disk and the network
   * @param parcelsPerTurn the same for messages
   */
  public record Inboxes(
      int requests, int parcels, long bytes, int requestsPerTurn, int parcelsPerTurn) {
    public static final Inboxes DEFAULT = new Inboxes(1 << 14, 1 << 14, 32L << 20, 4096, 4096);

    public Inboxes {
      require(requests >= 1, "inboxes.requests", requests, "at least 1");
      require(parcels >= 1, "inboxes.parcels", parcels, "at least 1");
      require(bytes >= 1, "inboxes.bytes", bytes, "at least 1");
      require(requestsPerTurn >= 1, "inboxes.requestsPerTurn", requestsPerTurn, "at least 1");
      require(parcelsPerTurn >= 1, "inboxes.parcelsPerTurn", parcelsPerTurn, "at least 1");
    }
  }

  public RuntimeLimits {
    require(logBacklogBytesMax >= 1, "logBacklogBytesMax", logBacklogBytesMax, "at least 1");
    require(applyBacklogBytesMax >= 1, "applyBacklogBytesMax", applyBacklogBytesMax, "at least 1");
    require(cacheBytes >= 0, "cacheBytes", cacheBytes, "0 or more");
    require(logRetainBytes >= 1, "logRetainBytes", logRetainBytes, "at least 1");
  }

  /** The same with another bound for logs. */
  public RuntimeLimits retaining(long bytes) {
    return new RuntimeLimits(inboxes, logBacklogBytesMax, applyBacklogBytesMax, cacheBytes, bytes);
  }
}
