package io.flotilla.shard.service;

import io.flotilla.raft.port.StorageException;
import io.flotilla.raft.rocksdb.RocksLogStore;
import io.flotilla.raft.state.StateDb;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * A node's directory: {@code LOCK}, {@code identity}, {@code nodes} (where the others listened when
 * last heard of), {@code log/}, {@code state/} and {@code snapshots/} (under way, in either
 * direction; none of them is needed again). Locked against other processes while open.
 *
 * <p>The identity says whether log and state were ever made, for either may lie on a disk of its
 * own and be lost alone. A node that began a new log under its old identity would vote again in
 * terms in which it has voted, and for replicas that lack what it has acknowledged.
 */
final class DataDirectory implements AutoCloseable {
  private static final String LOCK = "LOCK";
  private static final String IDENTITY = "identity";
  private static final String NODES = "nodes";

  private final Path path;
  private final FileChannel lockFile;
  private Identity identity;

  private DataDirectory(Path path, FileChannel lockFile, Identity identity) {
    this.path = path;
    this.lockFile = lockFile;
    this.identity = identity;
  }

  /**
   * Opens the directory, or makes it if it is not there or empty.
   *
   * @param incarnation for a new directory
   * @throws StorageException if it is in use, another cluster's, of another format, damaged,
   *     something else's directory, or has lost its log or its state; nothing is changed then
   */
  static DataDirectory open(Path path, String cluster, String incarnation) throws StorageException {
    try {
      Files.createDirectories(path);
      FileChannel lockFile = lock(path);
      try {
        DataDirectory directory =
            new DataDirectory(path, lockFile, identify(path, cluster, incarnation));
        directory.checkNothingIsLost();
        return directory;
      } catch (IOException | RuntimeException e) {
        lockFile.close();
        throw e;
      }
    } catch (StorageException e) {
      throw e;
    } catch (IOException e) {
      throw new StorageException("cannot open the data directory " + path, e);
    }
  }

  private static FileChannel lock(Path path) throws IOException {
    FileChannel file =
        FileChannel.open(path.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    FileLock lock;
    try {
      lock = file.tryLock();
    } catch (OverlappingFileLockException e) {
      lock = null; // held by this very process
    }
    if (lock == null) {
      file.close();
      throw new StorageException("data directory " + path + " is in use by another node");
    }
    return file;
  }

  private static Identity identify(Path path, String cluster, String incarnation)
      throws IOException {
    Path file = path.resolve(IDENTITY);
    if (!Files.exists(file)) {
      try (Stream<Path> files = Files.list(path)) {
        List<String> foreign =
            files
                .map(found -> found.getFileName().toString())
                .filter(name -> !name.equals(LOCK) && !name.startsWith(IDENTITY))
                .toList();
        if (!foreign.isEmpty()) {
          throw new StorageException(
              "data directory " + path + " has no identity, but holds " + foreign);
        }
      }
      Identity fresh = new Identity(Identity.FORMAT, cluster, incarnation, 0, false);
      replace(file, fresh.lines());
      return fresh;
    }
    Identity found;
    try {
      found = Identity.parse(Files.readAllLines(file));
    } catch (IllegalArgumentException e) {
      throw new StorageException("the identity of data directory " + path + " is damaged", e);
    }
    if (found.format() != Identity.FORMAT) {
      throw new StorageException(
          "data directory %s has format %d; this version reads %d"
              .formatted(path, found.format(), Identity.FORMAT));
    }
    if (!found.cluster().equals(cluster)) {
      throw new StorageException(
          "data directory %s belongs to cluster %s, not to %s"
              .formatted(path, found.cluster(), cluster));
    }
    return found;
  }

  private void checkNothingIsLost() throws StorageException {
    if (!identity.hasLog()) {
      return;
    }
    if (!RocksLogStore.isIn(log())) {
      throw lost(log());
    }
    if (!StateDb.isIn(state())) {
      throw lost(state());
    }
  }

  private StorageException lost(Path part) {
    return new StorageException(
        ("%s is gone, or is another than it was, and with it what node %d has promised to others:"
                + " it must not go on from nothing under that id. Restore %s as it was, or delete"
                + " all of %s: then the node comes back as a new one")
            .formatted(part, identity.node(), part.getFileName(), path));
  }

  Identity identity() {
    return identity;
  }

  Path log() {
    return path.resolve("log");
  }

  Path state() {
    return path.resolve("state");
  }

  Path snapshots() {
    return path.resolve("snapshots");
  }

  /** Keeps the id that placement has handed out. Durable when it returns. */
  void adoptNode(long node) throws StorageException {
    change(identity.withNode(node));
  }

  /**
   * Notes that log and state are made, and are lost if they are ever not here: before anything is
   * kept in them. Durable when it returns.
   */
  void noteLog() throws StorageException {
    if (!identity.hasLog()) {
      change(identity.withLog());
    }
  }

  private void change(Identity to) throws StorageException {
    try {
      replace(path.resolve(IDENTITY), to.lines());
    } catch (IOException e) {
      throw new StorageException("cannot write the identity in " + path, e);
    }
    identity = to;
  }

  /** Where the other nodes listened; empty if not known. */
  Map<Long, String> nodes() throws StorageException {
    Map<Long, String> nodes = new TreeMap<>();
    Path file = path.resolve(NODES);
    try {
      if (Files.exists(file)) {
        for (String line : Files.readAllLines(file)) {
          int space = line.indexOf(' ');
          nodes.put(Long.parseLong(line.substring(0, space)), line.substring(space + 1));
        }
      }
    } catch (IOException | IndexOutOfBoundsException | NumberFormatException e) {
      throw new StorageException("cannot read " + file, e);
    }
    return nodes;
  }

  void keepNodes(Map<Long, String> nodes) throws StorageException {
    try {
      replace(
          path.resolve(NODES),
          new LinkedHashMap<>(nodes)
              .entrySet().stream().map(node -> node.getKey() + " " + node.getValue()).toList());
    } catch (IOException e) {
      throw new StorageException("cannot write the table of nodes in " + path, e);
    }
  }

  @Override
  public void close() throws StorageException {
    try {
      lockFile.close();
    } catch (IOException e) {
      throw new StorageException("cannot unlock the data directory " + path, e);
    }
  }

  /** The old lines or the new ones, whatever happens. */
  private static void replace(Path file, List<String> lines) throws IOException {
    Path fresh = file.resolveSibling(file.getFileName() + ".new");
    try (FileChannel to =
        FileChannel.open(
            fresh,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE)) {
      ByteBuffer bytes =
          ByteBuffer.wrap((String.join("\n", lines) + "\n").getBytes(StandardCharsets.UTF_8));
      while (bytes.hasRemaining()) {
        to.write(bytes);
      }
      to.force(true);
    }
    Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    try (FileChannel directory =
        FileChannel.open(file.toAbsolutePath().getParent(), StandardOpenOption.READ)) {
      directory.force(true);
    }
  }
}
