package io.flotilla.router.gateway;

/**
 * How many bytes of replies a connection holds or must expect. What a reply will be is not known
 * when its command begins; it is expected to be as large as the largest of late, at first a
 * megabyte. So a pipeline begins with few commands at once, and soon has as many as fit.
 */
final class ReplyBudget {
  private static final long EXPECTED_BYTES_FIRST = 1 << 20;
  private static final int FORGETTING = 8;

  private final long bytesMax;
  private long expectedBytes = EXPECTED_BYTES_FIRST;
  private long heldBytes;

  ReplyBudget(long bytesMax) {
    this.bytesMax = bytesMax;
  }

  /** The store has answered; the reply may still have to wait for its turn. */
  void learn(long bytes) {
    expectedBytes = Math.max(bytes, expectedBytes - expectedBytes / FORGETTING);
  }

  void hold(long bytes) {
    heldBytes += bytes;
  }

  void sent(long bytes) {
    heldBytes -= bytes;
  }

  boolean hasRoom() {
    return heldBytes < bytesMax;
  }

  /** One command alone may always begin. */
  boolean allowsOneMoreThan(int underWay) {
    return underWay == 0 || heldBytes + (underWay + 1) * expectedBytes <= bytesMax;
  }
}
