package io.flotilla.raft.runtime;

import io.flotilla.raft.core.ReplicaId;
import io.flotilla.raft.port.SnapshotManifest;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicBoolean;

/** A snapshot that was fetched, until it is installed or refused. Any thread. */
public final class FetchedSnapshot implements AutoCloseable {
  private final ReplicaId wantedBy;
  private final SnapshotManifest manifest;
  private final Path directory;
  private final Runnable whenClosed;
  private final AtomicBoolean closed = new AtomicBoolean();

  FetchedSnapshot(
      ReplicaId wantedBy, SnapshotManifest manifest, Path directory, Runnable whenClosed) {
    this.wantedBy = wantedBy;
    this.manifest = manifest;
    this.directory = directory;
    this.whenClosed = whenClosed;
  }

  /** Whose state alone it may become; another replica of the group may have taken its place. */
  public ReplicaId wantedBy() {
    return wantedBy;
  }

  public SnapshotManifest manifest() {
    return manifest;
  }

  /** Where its files are, which are only to be read. */
  public Path directory() {
    return directory;
  }

  /** Has it deleted soon. Does not block; again is no error. */
  @Override
  public void close() {
    if (!closed.getAndSet(true)) {
      whenClosed.run();
    }
  }
}
