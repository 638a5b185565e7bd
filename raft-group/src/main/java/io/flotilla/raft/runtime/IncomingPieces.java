package io.flotilla.raft.runtime;

import io.flotilla.raft.port.SnapshotFile;
import io.flotilla.raft.port.SnapshotManifest;
import io.flotilla.raft.port.SnapshotReply;
import io.flotilla.raft.port.SnapshotRequest;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Which pieces of a snapshot are still to be asked for, in the order of its files; those that did
 * not come first. This is what a transfer is resumed from. One thread.
 */
final class IncomingPieces {
  private final long snapshot;
  private final List<SnapshotFile> files;
  private final int pieceBytes;
  private final long[] missing;
  private final Deque<SnapshotRequest.Read> again = new ArrayDeque<>();
  private long bytesMissing;
  private int file;
  private long offset;

  IncomingPieces(SnapshotManifest manifest, int pieceBytes) {
    this.snapshot = manifest.id();
    this.files = manifest.files();
    this.pieceBytes = pieceBytes;
    this.missing = files.stream().mapToLong(SnapshotFile::bytes).toArray();
    this.bytesMissing = manifest.bytes();
  }

  /** The next one to ask for, which stays so until it is {@link #taken}; null if there is none. */
  SnapshotRequest.@Nullable Read next() {
    if (!again.isEmpty()) {
      return again.peek();
    }
    while (file < files.size() && offset == files.get(file).bytes()) {
      file++;
      offset = 0;
    }
    if (file == files.size()) {
      return null;
    }
    int bytes = (int) Math.min(pieceBytes, files.get(file).bytes() - offset);
    return new SnapshotRequest.Read(snapshot, file, offset, bytes);
  }

  /** It was asked for. */
  void taken(SnapshotRequest.Read piece) {
    if (!piece.equals(again.peek())) {
      offset += piece.bytes();
    } else {
      again.remove();
    }
  }

  /** It did not come, or came garbled. */
  void lost(SnapshotRequest.Read piece) {
    again.add(piece);
  }

  /** Whether an answer is what was asked for, and as the sender's disk held it. */
  static boolean answers(SnapshotReply.Piece piece, SnapshotRequest.Read asked) {
    if (piece.snapshot() != asked.snapshot()
        || piece.file() != asked.file()
        || piece.offset() != asked.offset()
        || piece.data().remaining() != asked.bytes()) {
      return false;
    }
    CRC32C crc = new CRC32C();
    crc.update(piece.data().duplicate());
    return (int) crc.getValue() == piece.crc32c();
  }

  /** Of all files, what is not written yet. */
  long bytesMissing() {
    return bytesMissing;
  }

  /** It is written. Returns whether its file has all of its bytes now. */
  boolean written(SnapshotRequest.Read piece) {
    missing[piece.file()] -= piece.bytes();
    bytesMissing -= piece.bytes();
    return missing[piece.file()] == 0;
  }
}
