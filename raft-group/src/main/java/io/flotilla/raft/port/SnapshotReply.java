package io.flotilla.raft.port;

import java.nio.ByteBuffer;

/** What comes of a {@link SnapshotRequest}. */
public sealed interface SnapshotReply {
  record Described(SnapshotManifest manifest) implements SnapshotReply {}

  /**
   * What was to be read.
   *
   * @param data from position to limit; not to be changed by anybody any more
   * @param crc32c of {@code data}, as read from the sender's disk
   */
  record Piece(long snapshot, int file, long offset, ByteBuffer data, int crc32c)
      implements SnapshotReply {}

  record Released() implements SnapshotReply {}

  /**
   * @param retryAfterMillis with {@link Reason#NOT_READY} and {@link Reason#BUSY}: come back not
   *     before
   */
  record Refused(Reason reason, int retryAfterMillis) implements SnapshotReply {
    public Refused(Reason reason) {
      this(reason, 0);
    }
  }

  /** Why there is nothing. */
  enum Reason {
    /** The group has no replica on that node. */
    NOT_HERE,
    /** It is being made. */
    NOT_READY,
    /** It could not be made. */
    FAILED,
    /** No such snapshot (any more), or no such part of it: begin again. */
    GONE,
    /** Too many are being made or sent. */
    BUSY,
    /** Nobody was reached, or no answer came that could be read. Never said by another node. */
    LOST
  }
}
