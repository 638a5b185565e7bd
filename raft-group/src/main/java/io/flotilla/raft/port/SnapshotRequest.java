package io.flotilla.raft.port;

import io.flotilla.raft.core.GroupId;

/** What one node asks another about snapshots. */
public sealed interface SnapshotRequest {
  /**
   * Have one at hand, make one if need be, and say what is in it.
   *
   * @param atLeast the index of the last entry that must be in it
   * @param not one that turned out to be damaged; 0 if none did
   */
  record Describe(GroupId group, long atLeast, long not) implements SnapshotRequest {}

  /**
   * Some bytes of one file.
   *
   * @param file its place in the manifest, from 0
   * @param bytes 1 to {@link #BYTES_MAX}
   */
  record Read(long snapshot, int file, long offset, int bytes) implements SnapshotRequest {
    public static final int BYTES_MAX = 1 << 20;

    public Read {
      if (file < 0 || offset < 0 || bytes < 1 || bytes > BYTES_MAX) {
        throw new IllegalArgumentException(
            bytes + " bytes of file " + file + " from " + offset + "; 1 to 1 MiB are allowed");
      }
    }
  }

  /** No more of it is needed. */
  record Release(long snapshot) implements SnapshotRequest {}
}
