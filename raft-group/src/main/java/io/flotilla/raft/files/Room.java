package io.flotilla.raft.files;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.HashMap;
import java.util.Map;

/**
 * Who may still write how much on one disk. What is begun counts with all that it will take, less
 * what already lies in its directory: so two that are begun at once do not both count on the same
 * room. The log and the state, which count on nothing, keep some of it. Any thread.
 */
final class Room {
  /** Left free, for the log and the state have to go on. */
  private static final long SPARE_BYTES = 256L << 20;

  private final Path below;
  private final SnapshotDisk disk;
  private final Map<Path, Long> claims = new HashMap<>();

  /**
   * @param below all directories are on the disk of this one
   */
  Room(Path below, SnapshotDisk disk) {
    this.below = below;
    this.disk = disk;
  }

  /**
   * Before {@code directory} is made and written to.
   *
   * @throws IOException if there is no room for so much; then nothing is claimed
   */
  synchronized void claim(Path directory, long bytes, String what) throws IOException {
    long usable = disk.usableBytes(below);
    long claimed = 0;
    for (Map.Entry<Path, Long> claim : claims.entrySet()) {
      claimed += Math.max(0, claim.getValue() - bytesIn(claim.getKey()));
    }
    if (bytes > usable - SPARE_BYTES - claimed) {
      throw new IOException(
          String.format(
              "no room for %s, which takes %d bytes: %d are left on the disk of %s, %d of them for"
                  + " others",
              what, bytes, usable, below, claimed));
    }
    claims.put(directory, bytes);
  }

  /** Nothing more is written there; again is no error. */
  synchronized void release(Path directory) {
    claims.remove(directory);
  }

  /** Of all files below it, as far as they do not go away meanwhile. */
  private static long bytesIn(Path directory) throws IOException {
    long[] bytes = new long[1];
    Files.walkFileTree(
        directory,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
            bytes[0] += attributes.size();
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFileFailed(Path file, IOException failure)
              throws IOException {
            if (failure instanceof NoSuchFileException) {
              return FileVisitResult.CONTINUE;
            }
            throw failure;
          }
        });
    return bytes[0];
  }
}
