package io.flotilla.deploy.start;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * A file that names the running process, and that this process holds locked for as long as it runs:
 * another one of the same pidfile neither starts nor changes it, and whoever crashed is in nobody's
 * way.
 */
final class Pidfile implements AutoCloseable {
  private final FileChannel file;

  private Pidfile(FileChannel file) {
    this.file = file;
  }

  /**
   * Writes this process's id into the file.
   *
   * @throws IOException if another process holds it
   */
  static Pidfile hold(Path path) throws IOException {
    FileChannel file = FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    try {
      if (!lock(file)) {
        throw new IOException(
            path + " is held by process " + Files.readString(path).strip() + ", which runs");
      }
      file.truncate(0);
      file.write(
          ByteBuffer.wrap(
              (ProcessHandle.current().pid() + "\n").getBytes(StandardCharsets.US_ASCII)));
      return new Pidfile(file);
    } catch (IOException e) {
      file.close();
      throw e;
    }
  }

  private static boolean lock(FileChannel file) throws IOException {
    try {
      return file.tryLock() != null;
    } catch (OverlappingFileLockException e) {
      return false; // held by this very process
    }
  }

  /** Lets it go. What it says stays, and names a process that has ended. */
  @Override
  public void close() throws IOException {
    file.close();
  }
}
