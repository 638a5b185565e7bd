package io.flotilla.session;

import java.util.OptionalLong;

/**
 * A client's identity for exactly-once: a random number of 128 bits, and a serial number for each
 * write. Any thread may call; nothing blocks. {@link #ackedBelow} tells shards which completion
 * records nobody will ask for again: those of serials below the lowest that is still open. A serial
 * is open from just before the write is first sent until its caller has been told.
 *
 * <p>The open serials are a ring of bits, so that one write that takes long costs the others one
 * bit each.
 */
public final class Session {
  /** One write may be this many serials behind the newest. */
  public static final int WINDOW_MAX = 1 << 22;

  /**
   * So many of its writes a client begins at one shard while none of them is acknowledged, since an
   * older one is held up, here or elsewhere: then new ones wait. A shard keeps a record of each.
   */
  public static final int WINDOW_PER_SHARD = 1 << 16;

  private static final long LIFETIME_MILLIS = 24 * 3_600_000L;
  private static final long STAMP_MILLIS = 60_000;

  private final long high;
  private final long low;
  private long[] ended = new long[1 << 10];
  private long next = 1;
  private long lowest = 1;

  /**
   * @param high half of a number that no other client has: drawn by chance, as the other half
   */
  public Session(long high, long low) {
    this.high = high;
    this.low = low;
  }

  public long high() {
    return high;
  }

  public long low() {
    return low;
  }

  /** A new serial number; none as long as {@link #WINDOW_MAX} were begun since one still open. */
  public synchronized OptionalLong begin() {
    if (next - lowest >= WINDOW_MAX) {
      return OptionalLong.empty();
    }
    if (next - lowest >= ended.length * 64L) {
      grow();
    }
    return OptionalLong.of(next++);
  }

  /** The caller has been told; no attempt under this serial will be sent any more. */
  public synchronized void end(long serial) {
    ended[word(serial)] |= 1L << serial;
    while (lowest < next && (ended[word(lowest)] & 1L << lowest) != 0) {
      ended[word(lowest)] &= ~(1L << lowest);
      lowest++;
    }
  }

  /** All serials below this one have ended. */
  public synchronized long ackedBelow() {
    return lowest;
  }

  /**
   * Until when, in milliseconds of wall clock, a write that is first sent now may be executed.
   * Rounded up to a minute, so that writes of different moments can share a request.
   */
  public static long notAfterMillis(long nowMillis) {
    return (nowMillis + LIFETIME_MILLIS) / STAMP_MILLIS * STAMP_MILLIS + STAMP_MILLIS;
  }

  private int word(long serial) {
    return (int) (serial >>> 6 & ended.length - 1);
  }

  private void grow() {
    long[] before = ended;
    ended = new long[before.length * 2];
    for (long serial = lowest; serial < next; serial++) {
      if ((before[(int) (serial >>> 6 & before.length - 1)] & 1L << serial) != 0) {
        ended[word(serial)] |= 1L << serial;
      }
    }
  }
}
