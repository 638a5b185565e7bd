package io.flotilla.router.gateway;

/**
 * How many bytes of replies a connection holds or must expect. What a reply will be is not known
 * when its command begins; it is expected to be as large as the largest of late, at first a
 * megabyte. So a pipeline begins with few commands at once, and soon has as many as fit.
 *
 * <p>What it comes to is told to the {@link ReplyMemory} of all connections.
 */
final class ReplyBudget {
  private static final long EXPECTED_BYTES_FIRST = 1 << 20;
  private static final int FORGETTING = 8;

  private final long bytesMax;
  private final ReplyMemory memory;
  private long expectedBytes = EXPECTED_BYTES_FIRST;
  private long heldBytes;
  private long usedBytes;

  ReplyBudget(long bytesMax, ReplyMemory memory) {
    this.bytesMax = bytesMax;
    this.memory = memory;
  }

  /** The store has answered; the reply may still have to wait for its turn. */
  void learn(long bytes) {
    expectedBytes = Math.max(bytes, expectedBytes - expectedBytes / FORGETTING);
  }

  void hold(long bytes) {
    heldBytes += bytes;
  }

  /** It is the socket's now. */
  void sent(long bytes) {
    heldBytes -= bytes;
  }

  /** Of the next reply. */
  long expectedBytes() {
    return expectedBytes;
  }

  /** As was last told to the memory of all. */
  long usedBytes() {
    return usedBytes;
  }

  boolean hasRoom() {
    return heldBytes < bytesMax;
  }

  /** One command alone may always begin. */
  boolean allowsOneMoreThan(int underWay) {
    return underWay == 0 || heldBytes + (underWay + 1) * expectedBytes <= bytesMax;
  }

  /**
   * Tells the memory of all what this connection now uses.
   *
   * @param unsentBytes what the socket has not taken of what it was given
   */
  void settle(int underWay, long unsentBytes) {
    use(heldBytes + unsentBytes + underWay * expectedBytes);
  }

  /** Nobody waits for these replies any more: those that come are dropped. */
  void settleClosed(int underWay) {
    use(underWay * expectedBytes);
  }

  private void use(long bytes) {
    long more = bytes - usedBytes;
    usedBytes = bytes;
    memory.change(more);
  }
}
