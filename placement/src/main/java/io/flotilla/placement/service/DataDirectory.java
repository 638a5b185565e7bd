package io.flotilla.placement.service;

import io.flotilla.raft.rocksdb.RocksLogStore;
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
 *
 * <p>So is one that has lost its log, which may lie on a disk of its own: the identity says whether
 * one was ever made. A member that began a new one under its old id would vote again in terms in
 * which it has voted. A state that is lost alone comes again from the log, or is missed by it.
 */
final class DataDirectory implements AutoCloseable {
  private static final int FORMAT = 1;
  private static final String ROLE = "placement";

  private static final String MADE = "made";

  private final Path root;
  private final FileChannel lock;
  private final String cluster;
  private final long member;

  private DataDirectory(Path root, FileChannel lock, String cluster, long member) {
    this.root = root;
    this.lock = lock;
    this.cluster = cluster;
    this.member = member;
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
        write(identity, cluster, member, "none");
      }
      Files.createDirectories(root.resolve("log"));
      Files.createDirectories(root.resolve("state"));
      return new DataDirectory(root, lock, cluster, member);
    } catch (IOException | RuntimeException refused) {
      lock.close();
      throw refused;
    }
  }

  Path log() {
    return root.resolve("log");
  }

  /**
   * Notes that the log is made, and is lost if it is ever not here: before anything is kept in it.
   * Durable when it returns.
   */
  void noteLog() throws IOException {
    write(root.resolve("identity"), cluster, member, MADE);
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
    Path log = identity.resolveSibling("log");
    if (found.getProperty("log", "none").equals(MADE) && !RocksLogStore.isIn(log)) {
      throw new IOException(
          log
              + " is gone, or is another than it was, and with it what member "
              + member
              + " has promised to others: it must not go on from nothing under that id. Restore it"
              + " as it was. The other members go on; else replace this one by a member with a new"
              + " id and an empty directory");
    }
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

  private static void write(Path identity, String cluster, long member, String log)
      throws IOException {
    String text =
        String.format(
            "format=%d%nrole=%s%ncluster=%s%nmember=%d%nlog=%s%n",
            FORMAT, ROLE, cluster, member, log);
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
