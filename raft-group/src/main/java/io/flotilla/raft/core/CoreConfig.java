package io.flotilla.raft.core;

/**
 * When a replica acts by itself, and how much it does at once. Time is in ticks, which the caller
 * makes.
 *
 * @param heartbeatTicks between heartbeats of a leader; more is cheaper, less finds out sooner
 * @param electionTicks least silence after which a follower campaigns; timeouts are drawn from this
 *     up to twice this
 * @param preVote ask before raising the term (thesis §9.6)
 * @param checkQuorum a leader that hears no majority for {@code electionTicks} steps down (thesis
 *     §6.2)
 * @param inflightMessages appends under way to one follower at most
 * @param inflightBytes the same in bytes of entries
 * @param appendBytesMax entries of one append, in bytes; one larger entry still travels alone
 * @param uncommittedBytesMax proposals are refused beyond this, until more is committed
 * @param promotionLagEntries how much of the log a replica may lack that becomes a voter: the new
 *     majority may have to wait for it (thesis §4.2.1)
 */
public record CoreConfig(
    int heartbeatTicks,
    int electionTicks,
    boolean preVote,
    boolean checkQuorum,
    int inflightMessages,
    long inflightBytes,
    long appendBytesMax,
    long uncommittedBytesMax,
    long promotionLagEntries) {
  public static final CoreConfig DEFAULT =
      new CoreConfig(1, 10, true, true, 256, 8L << 20, 1L << 20, 16L << 20, 256);

  public CoreConfig {
    require(heartbeatTicks >= 1, "heartbeatTicks", heartbeatTicks, "at least 1");
    require(
        electionTicks >= 3 * heartbeatTicks,
        "electionTicks",
        electionTicks,
        "at least three heartbeats, or one lost packet deposes a leader");
    require(inflightMessages >= 1, "inflightMessages", inflightMessages, "at least 1");
    require(inflightBytes >= 1, "inflightBytes", inflightBytes, "at least 1");
    require(appendBytesMax >= 1, "appendBytesMax", appendBytesMax, "at least 1");
    require(uncommittedBytesMax >= 1, "uncommittedBytesMax", uncommittedBytesMax, "at least 1");
    require(promotionLagEntries >= 0, "promotionLagEntries", promotionLagEntries, "at least 0");
  }

  private static void require(boolean holds, String name, long value, String allowed) {
    if (!holds) {
      throw new IllegalArgumentException(name + " is " + value + "; allowed: " + allowed);
    }
  }
}
