package io.flotilla.raft.net;

import io.flotilla.rpc.LinkLimits;

/**
 * Bounds of a {@link NettyTransport}.
 *
 * @param frameBytes a frame is closed when it has so many; a single larger parcel gets its own
 * @param bulkQueueBytesMax what may wait for one node besides heartbeats and votes; more is dropped
 * @param livenessQueueBytesMax heartbeats and votes that may wait for one node
 */
public record TransportLimits(
    int frameBytes, long bulkQueueBytesMax, long livenessQueueBytesMax, LinkLimits link) {
  private static final int MIB = 1024 * 1024;

  public static final TransportLimits DEFAULT =
      new TransportLimits(MIB, 16L * MIB, MIB, LinkLimits.DEFAULT);

  public TransportLimits {
    if (frameBytes < 1024 || frameBytes > 8 * MIB) {
      throw new IllegalArgumentException(
          "frame-bytes must be from 1024 to " + 8 * MIB + ", but is " + frameBytes);
    }
    if (bulkQueueBytesMax < 1 || livenessQueueBytesMax < 1) {
      throw new IllegalArgumentException(
          "queue bounds must be at least 1 byte, but are "
              + bulkQueueBytesMax
              + " and "
              + livenessQueueBytesMax);
    }
  }
}
