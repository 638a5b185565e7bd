package io.flotilla.placement.service;

import java.io.IOException;
import java.io.StringReader;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Properties;
import org.jspecify.annotations.Nullable;

/**
 * A member's data directory: {@code LOCK}, held as long as this is open; {@code identity}, which
 * says whose it is; {@code log/}, {@code state/} and {@code snapshots/}. A directory of another
 * cluster, role or member, or of a newer version, is refused and left as it was.
 */
final class DataDirectory implements AutoCloseable {
  private static final int FORMAT = 1;
  private static final String ROLE = "placement";

  private final Path root;
  private final FileChannel lock;

  private DataDirectory(Path root, FileChannel lock) {
    this.root = root;
    this.lock = lock;
  }

  /**
   * Opens the directory, or makes it. Blocks on the disk.
   *
   * @throws IOException if it cannot be used; the message says why and what is expected
   */
  static DataDirectory open(Path root, String cluster, long member) throws IOException {
    Files.createDirectories(root);
    FileChannel lock = lock(root);
    try {
      Path identity = root.resolve("identity");
      if (Files.exists(identity)) {
        check(identity, cluster, member);
      } else {
        checkEmpty(root);
        write(identity, cluster, member);
      }
      Files.createDirectories(root.resolve("log"));
      Files.createDirectories(root.resolve("state"));
      return new DataDirectory(root, lock);
    } catch (IOException | RuntimeException refused) {
      lock.close();
      throw refused;
    }
  }

  Path log() {
    return root.resolve("log");
  }

  Path snapshots() {
    return root.resolve("snapshots");
  }

  Path state() {
    return root.resolve("state");
  }

  private static FileChannel lock(Path root) throws IOException {
    FileChannel channel =
        FileChannel.open(root.resolve("LOCK"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    @Nullable FileLock held = null;
    try {
      held = channel.tryLock();
    } catch (OverlappingFileLockException byThisProcess) {
      channel.close();
      throw new IOException(root + " is in use by this process already", byThisProcess);
    }
    if (held == null) {
      channel.close();
      throw new IOException(root + " is in use by another process");
    }
    return channel;
  }

  private static void check(Path identity, String cluster, long member) throws IOException {
    Properties found = new Properties();
    found.load(new StringReader(Files.readString(identity)));
    String format = found.getProperty("format", "none");
    if (!format.equals(Integer.toString(FORMAT))) {
      throw new IOException(
          identity + " has format " + format + "; this version reads format " + FORMAT);
    }
    require(identity, found, "role", ROLE);
    require(identity, found, "cluster", cluster);
    require(identity, found, "member", Long.toString(member));
  }

  private static void require(Path identity, Properties found, String name, String expected)
      throws IOException {
    String actual = found.getProperty(name, "none");
    if (!actual.equals(expected)) {
      throw new IOException(
          String.format(
              "%s belongs to %s '%s', but this process is configured as %s '%s'",
              identity.getParent(), name, actual, name, expected));
    }
  }

  /** A log without an identity is somebody's lost memory, not a new member. */
  private static void checkEmpty(Path root) throws IOException {
    if (Files.exists(root.resolve("log")) || Files.exists(root.resolve("state"))) {
      throw new IOException(root + " has a log or state, but no file 'identity'; it is damaged");
    }
  }

  private static void write(Path identity, String cluster, long member) throws IOException {
    String text =
        String.format("format=%d%nrole=%s%ncluster=%s%nmember=%d%n", FORMAT, ROLE, cluster, member);
    Path draft = identity.resolveSibling("identity.new");
    try (FileChannel file =
        FileChannel.open(
            draft,
            StandardOpenOption.CREATE,
            StandardOpenOption.WRITE,
            StandardOpenOption.TRUNCATE_EXISTING)) {
      ByteBuffer bytes = StandardCharsets.UTF_8.encode(text);
      while (bytes.hasRemaining()) {
        file.write(bytes);
      }
      file.force(true);
    }
    Files.move(draft, identity, StandardCopyOption.ATOMIC_MOVE);
    try (FileChannel directory = FileChannel.open(identity.resolveSibling("."))) {
      directory.force(true);
    }
  }

  /** Releases the lock. */
  @Override
  public void close() throws IOException {
    lock.close();
  }
}
