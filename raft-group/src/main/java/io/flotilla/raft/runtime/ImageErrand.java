package io.flotilla.raft.runtime;

import io.flotilla.raft.core.GroupStatus;
import io.flotilla.raft.core.Membership;
import io.flotilla.raft.core.RaftCore;
import io.flotilla.raft.port.StateImage;
import io.flotilla.raft.port.StateMachine;
import io.flotilla.raft.port.StorageException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * How one group's image is had: wanted by whoever serves snapshots, taken by the apply thread
 * between two rounds, labelled by the loop, which alone knows the log. One at a time.
 */
final class ImageErrand {
  private static final Membership NOBODY = Membership.of(List.of());

  private final AtomicReference<@Nullable CompletableFuture<Optional<SnapshotSource.Image>>> asked =
      new AtomicReference<>();

  private final AtomicBoolean wanted = new AtomicBoolean();
  private final AtomicReference<@Nullable StateImage> taken = new AtomicReference<>();
  private volatile boolean over;

  /** By any thread, which then calls the apply worker. */
  CompletionStage<Optional<SnapshotSource.Image>> ask() {
    CompletableFuture<Optional<SnapshotSource.Image>> image = new CompletableFuture<>();
    if (!asked.compareAndSet(null, image)) {
      return CompletableFuture.failedFuture(
          new IllegalStateException("an image of the group is being taken"));
    }
    wanted.set(true);
    if (over) {
      end();
    }
    return image;
  }

  /**
   * By the apply thread.
   *
   * @return whether there now is one, so that the loop has to be told
   */
  boolean take(StateMachine<?> machine) throws StorageException {
    if (!wanted.getAndSet(false)) {
      return false;
    }
    taken.set(machine.image());
    return true;
  }

  /**
   * By the loop.
   *
   * @return the image that was handed out, if one was
   */
  Optional<LogCutter.Image> label(RaftCore core, Runnable takeAgain) {
    StateImage image = taken.getAndSet(null);
    if (image == null) {
      return Optional.empty();
    }
    GroupStatus status = core.status();
    long index = image.applied();
    if (index < status.firstIndex() - 1) { // cut meanwhile: it cannot be labelled
      image.close();
      wanted.set(true);
      takeAgain.run();
      return Optional.empty();
    }
    CompletableFuture<Optional<SnapshotSource.Image>> asker = asked.getAndSet(null);
    // Who joins by the log alone does not know its members before the first change of them.
    Membership members = index == 0 ? NOBODY : core.membershipAt(index);
    if (asker == null || members.voters().isEmpty()) {
      image.close();
      if (asker != null) {
        asker.completeExceptionally(
            new IllegalStateException("the members as of index " + index + " are not known here"));
      }
      return Optional.empty();
    }
    Optional<LogCutter.Image> labelled =
        Optional.of(new LogCutter.Image(index, image.approximateBytes()));
    asker.complete(
        Optional.of(
            new SnapshotSource.Image(image, status.term(), core.positionAt(index), members)));
    return labelled;
  }

  /** When neither the apply thread nor the loop looks here any more. By any thread. */
  void end() {
    over = true;
    StateImage image = taken.getAndSet(null);
    if (image != null) {
      image.close();
    }
    CompletableFuture<Optional<SnapshotSource.Image>> asker = asked.getAndSet(null);
    if (asker != null) {
      asker.complete(Optional.empty());
    }
  }
}
