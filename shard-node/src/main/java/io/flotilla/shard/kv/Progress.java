package io.flotilla.shard.kv;

import io.flotilla.raft.port.StorageException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * How far a shard's state has come.
 *
 * @param applied index of the last applied entry, 0 before the first
 * @param logTimeMillis the largest stamp in the entries up to there, or what had to come sooner so
 *     that sessions end
 */
record Progress(long applied, long logTimeMillis) {
  private static final int BYTES = 2 * Long.BYTES;

  byte[] encode() {
    return ByteBuffer.allocate(BYTES).putLong(applied).putLong(logTimeMillis).array();
  }

  /**
   * @param bytes null if the shard has applied nothing yet
   */
  static Progress decode(byte @Nullable [] bytes) throws StorageException {
    if (bytes == null) {
      return new Progress(0, 0);
    }
    if (bytes.length != BYTES) {
      throw new StorageException("progress of " + bytes.length + " bytes instead of " + BYTES);
    }
    ByteBuffer from = ByteBuffer.wrap(bytes);
    return new Progress(from.getLong(), from.getLong());
  }
}
