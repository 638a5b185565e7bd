package io.flotilla.raft.runtime;

import io.flotilla.raft.core.Effects;
import io.flotilla.raft.core.Input;
import io.flotilla.raft.core.ReplicaId;
import io.flotilla.raft.port.LogWrite;
import io.flotilla.raft.port.SnapshotManifest;
import io.flotilla.raft.port.StateMachine;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * The way of one replica's snapshot from loaded to adopted, or given up: the loop offers it to
 * Raft, and if that takes it, the write that begins the log anew names its generation, and once
 * that is durable it is the state. At most one at a time. Owned by the loop.
 */
final class Restoration {
  private final StateMachine<?> machine;

  /** By the loader, for the next turn. */
  private final AtomicReference<@Nullable LoadedSnapshot> loaded = new AtomicReference<>();

  /** In this turn. */
  private @Nullable LoadedSnapshot offered;

  /** Becomes the state when hand-over {@link #ticket} is durable. */
  private @Nullable LoadedSnapshot adopting;

  private long ticket;

  Restoration(StateMachine<?> machine) {
    this.machine = machine;
  }

  /** By any thread, which then summons the loop. */
  void load(LoadedSnapshot snapshot) {
    if (loaded.getAndSet(snapshot) != null) {
      throw new IllegalStateException("two snapshots at once: " + snapshot.manifest());
    }
  }

  /** By any thread, when the loop does not look here any more. */
  void takeBack() {
    giveUp(loaded.getAndSet(null));
  }

  private void giveUp(@Nullable LoadedSnapshot unwanted) {
    if (unwanted != null) {
      machine.discard(unwanted.generation());
      unwanted.close().run();
    }
  }

  /** What Raft is to be asked, if there is anything new. */
  Optional<Input> next() {
    LoadedSnapshot snapshot = loaded.getAndSet(null);
    if (snapshot == null) {
      return Optional.empty();
    }
    offered = snapshot;
    SnapshotManifest manifest = snapshot.manifest();
    return Optional.of(new Input.Restore(manifest.term(), manifest.last(), manifest.membership()));
  }

  /** Whether something was offered of which the next drain will say what becomes of it. */
  boolean isUndecided() {
    return offered != null;
  }

  /**
   * What the core has decided.
   *
   * @return how the log begins anew with hand-over {@code keptBy}, if it does
   */
  Optional<LogWrite.Base> decide(Effects effects, ReplicaId self, long keptBy) {
    LoadedSnapshot snapshot = offered;
    offered = null;
    if (effects.restore().isEmpty() || snapshot == null) {
      giveUp(snapshot);
      return Optional.empty();
    }
    adopting = snapshot;
    ticket = keptBy;
    SnapshotManifest manifest = snapshot.manifest();
    return Optional.of(
        new LogWrite.Base(self, manifest.last(), manifest.membership(), snapshot.generation()));
  }

  boolean isAdopting() {
    return adopting != null;
  }

  /** What is to be adopted now that {@code durable} is durable; once. */
  Optional<LoadedSnapshot> durable(long durable) {
    if (adopting == null || durable < ticket) {
      return Optional.empty();
    }
    LoadedSnapshot snapshot = adopting;
    adopting = null;
    return Optional.of(snapshot);
  }

  /** The replica takes no further part. */
  void end() {
    takeBack();
    giveUp(offered);
    offered = null;
    if (adopting != null) {
      adopting.close().run(); // the log may name it, so it stays; if not, the next start tidies up
      adopting = null;
    }
  }
}
