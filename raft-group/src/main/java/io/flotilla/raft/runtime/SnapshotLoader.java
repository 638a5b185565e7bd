package io.flotilla.raft.runtime;

import io.flotilla.raft.core.GroupId;
import io.flotilla.raft.port.ImageException;
import io.flotilla.raft.port.SnapshotManifest;
import io.flotilla.raft.port.StorageException;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Loads snapshots that were fetched, one after the other, and offers them to their replicas. One
 * that cannot be loaded is dropped: as long as the group lacks it, its leader offers it again.
 */
final class SnapshotLoader implements Agent, SnapshotInstaller {
  private static final Logger LOG = LoggerFactory.getLogger(SnapshotLoader.class);

  private final Function<GroupId, @Nullable Replica<?>> replicas;
  private final Doorbell doorbell = new Doorbell();
  private final Owner owner = new Owner();

  /** Not more than are fetched at once: each keeps its place there until it is closed. */
  private final Queue<FetchedSnapshot> fetched = new ConcurrentLinkedQueue<>();

  SnapshotLoader(Function<GroupId, @Nullable Replica<?>> replicas) {
    this.replicas = replicas;
  }

  @Override
  public void fetched(FetchedSnapshot snapshot) {
    fetched.add(snapshot);
    doorbell.ring();
  }

  @Override
  public String name() {
    return "raft-snapshot-load";
  }

  @Override
  public Doorbell doorbell() {
    return doorbell;
  }

  /** Loads all of one: blocks for as long as that takes. */
  @Override
  public int turn() throws StorageException {
    owner.check();
    FetchedSnapshot snapshot = fetched.poll();
    if (snapshot == null) {
      return 0;
    }
    SnapshotManifest manifest = snapshot.manifest();
    Replica<?> replica = replicas.apply(manifest.group());
    if (replica == null
        || !replica.self.equals(snapshot.wantedBy())
        || replica.status().commitIndex() >= manifest.last().index()) {
      snapshot.close();
      return 1;
    }
    try {
      long generation = replica.load(snapshot.directory(), manifest.files());
      replica.offer(new LoadedSnapshot(manifest, generation, snapshot::close));
    } catch (ImageException damaged) {
      LOG.warn("{} cannot be loaded and is dropped", manifest, damaged);
      snapshot.close();
    }
    return 1;
  }
}
