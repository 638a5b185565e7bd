package io.flotilla.shard.kv;

import com.google.protobuf.ByteString;
import io.flotilla.raft.port.StorageException;
import java.nio.ByteBuffer;

/**
 * What is kept of a completed write, so that a retry is answered and not executed.
 *
 * @param index of the entry, in the log of the shard that executed it, which a split may have left;
 *     nothing reads it: it tells who looks into a data directory which entry the record came by,
 *     and to leave it out would be another format
 * @param ackedBelow the largest that any executed entry of the client has said, up to this one
 * @param expiresMillis the latest {@code not_after} of the client's executed entries, up to this
 *     one, as log time
 * @param result an encoded {@link io.flotilla.proto.kv.Result}
 */
record Completion(long index, long ackedBelow, long expiresMillis, ByteString result) {
  private static final int HEADER_BYTES = 3 * Long.BYTES;

  byte[] encode() {
    return ByteBuffer.allocate(HEADER_BYTES + result.size())
        .putLong(index)
        .putLong(ackedBelow)
        .putLong(expiresMillis)
        .put(result.asReadOnlyByteBuffer())
        .array();
  }

  static Completion decode(byte[] bytes) throws StorageException {
    if (bytes.length < HEADER_BYTES) {
      throw new StorageException("completion record of " + bytes.length + " bytes");
    }
    ByteBuffer from = ByteBuffer.wrap(bytes);
    return new Completion(
        from.getLong(), from.getLong(), from.getLong(), ByteString.copyFrom(from));
  }
}
