package io.flotilla.raft.files;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** What a test would else not see of a disk. */
interface SnapshotDisk {
  void syncFile(FileChannel file, Path path) throws IOException;

  void syncDirectory(Path directory) throws IOException;

  /** Bytes that may still be written below {@code directory}. */
  long usableBytes(Path directory) throws IOException;

  /** The real one. */
  SnapshotDisk REAL =
      new SnapshotDisk() {
        @Override
        public void syncFile(FileChannel file, Path path) throws IOException {
          file.force(true);
        }

        @Override
        public void syncDirectory(Path directory) throws IOException {
          try (FileChannel names = FileChannel.open(directory, StandardOpenOption.READ)) {
            names.force(true);
          }
        }

        @Override
        public long usableBytes(Path directory) throws IOException {
          return Files.getFileStore(directory).getUsableSpace();
        }
      };
}
