package io.flotilla.raft.port;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/**
 * Where snapshots lie while they are made, sent, received and installed. Nothing in it outlives the
 * process: what is found at opening is thrown away, since whoever needed it asks again.
 *
 * <p>All calls block on the disk. Any thread may call, but only one at a time for one snapshot. An
 * {@link IOException} (no room, a bad disk) costs the snapshot at hand, which is then to be
 * deleted; the process goes on, for nothing that was promised lies here.
 */
public interface SnapshotStore {
  /**
   * A new directory for a snapshot that is made here.
   *
   * @param bytes about what it will weigh
   * @return empty; whoever makes the snapshot writes its files there
   * @throws IOException also if there is no room for all of it
   */
  Path beginOutgoing(long snapshot, long bytes) throws IOException;

  /** All of it is written: what it took less than was thought is others' room again. */
  void endOutgoing(long snapshot);

  /**
   * Fills {@code to} with the bytes of a file from {@code offset} on.
   *
   * @throws IOException also if the file is not there or too short
   */
  void read(long snapshot, SnapshotFile file, long offset, ByteBuffer to) throws IOException;

  /** Deletes what was begun; nothing happens if there is nothing. */
  void deleteOutgoing(long snapshot) throws IOException;

  /**
   * A place for a snapshot that is received. One snapshot may be received several times.
   *
   * @throws IOException also if there is no room for all of it, and for its being loaded: there it
   *     is copied once
   */
  Incoming beginIncoming(SnapshotManifest manifest) throws IOException;

  /** A snapshot that is being received. One thread at a time. */
  interface Incoming {
    /** Where its files are. */
    Path directory();

    /**
     * Writes some bytes of a file, in any order.
     *
     * @param file its place in the manifest, from 0
     * @throws IllegalArgumentException if they do not lie within the file
     */
    void write(int file, long offset, ByteBuffer data) throws IOException;

    /**
     * Compares a file with the manifest as it lies on the disk, and makes it durable. Once for each
     * file, after the last of its bytes, of which there may be none.
     *
     * @return false if it is not what the manifest says
     */
    boolean seal(int file) throws IOException;

    /**
     * Makes their names durable as well. When this returns, the snapshot may be installed.
     *
     * @throws IllegalStateException if a file is not sealed
     */
    void complete() throws IOException;

    /** Deletes all of it; again is no error. */
    void delete() throws IOException;
  }
}
