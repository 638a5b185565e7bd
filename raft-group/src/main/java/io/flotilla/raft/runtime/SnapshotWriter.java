package io.flotilla.raft.runtime;

import io.flotilla.raft.core.GroupId;
import io.flotilla.raft.port.ImageException;
import io.flotilla.raft.port.SnapshotFile;
import io.flotilla.raft.port.SnapshotManifest;
import io.flotilla.raft.port.SnapshotStore;
import io.flotilla.raft.port.StateImage;
import io.flotilla.raft.port.StorageException;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Writes images out, one at a time: a turn takes as long as that. */
final class SnapshotWriter implements Agent {
  /**
   * An image to be written.
   *
   * @param done told what came of it; nothing if it could not be written. By the writer's thread
   */
  record Job(
      long snapshot,
      GroupId group,
      SnapshotSource.Image image,
      Consumer<Optional<SnapshotManifest>> done) {
    SnapshotManifest manifestOf(List<SnapshotFile> files) {
      return new SnapshotManifest(
          snapshot, group, image.term(), image.last(), image.membership(), files);
    }
  }

  private static final Logger LOG = LoggerFactory.getLogger(SnapshotWriter.class);

  private final SnapshotStore store;
  private final Doorbell doorbell = new Doorbell();
  private final Owner owner = new Owner();

  /** Never more than the sender keeps. */
  private final Queue<Job> jobs = new ConcurrentLinkedQueue<>();

  SnapshotWriter(SnapshotStore store) {
    this.store = store;
  }

  /** Any thread. The image is closed when it is written. */
  void write(Job job) {
    jobs.add(job);
    doorbell.ring();
  }

  @Override
  public String name() {
    return "raft-snapshot-write";
  }

  @Override
  public int turn() throws StorageException {
    owner.check();
    Job job = jobs.poll();
    if (job == null) {
      return 0;
    }
    Optional<SnapshotManifest> made = Optional.empty();
    try (StateImage state = job.image().state()) {
      List<SnapshotFile> files =
          state.writeTo(store.beginOutgoing(job.snapshot(), state.approximateBytes()));
      store.endOutgoing(job.snapshot());
      made = Optional.of(job.manifestOf(files));
    } catch (StorageException e) {
      throw e;
    } catch (ImageException | IOException e) {
      LOG.warn("group {}: no snapshot could be made", job.group(), e);
    }
    job.done().accept(made);
    return 1;
  }

  @Override
  public Doorbell doorbell() {
    return doorbell;
  }

  /** After its thread has ended: images that nobody will write are given back. */
  void close() {
    owner.release();
    Job job;
    while ((job = jobs.poll()) != null) {
      job.image().state().close();
    }
  }
}
