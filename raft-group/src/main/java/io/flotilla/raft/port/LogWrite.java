package io.flotilla.raft.port;

import io.flotilla.raft.core.Entry;
import io.flotilla.raft.core.GroupId;
import io.flotilla.raft.core.HardState;
import io.flotilla.raft.core.Membership;
import io.flotilla.raft.core.Position;
import io.flotilla.raft.core.ReplicaId;
import java.util.List;
import java.util.Optional;

/**
 * What one group wants to be kept, as one atomic step: first the cut, then the rest.
 *
 * @param hardState the group's new term and vote
 * @param entries without a gap; all entries from the first one's index on are replaced
 */
public record LogWrite(
    GroupId group, Optional<HardState> hardState, List<Entry> entries, Optional<Cut> cut) {
  /** What becomes of the entries that are there. */
  public sealed interface Cut {
    /** Calls the one method of {@code log} that is for this kind. */
    void applyTo(Target log) throws StorageException;

    /** What meets each kind of cut. */
    interface Target {
      void begin(Base base) throws StorageException;

      void truncate(Truncation cut) throws StorageException;

      void remove(Removal removal) throws StorageException;
    }
  }

  /**
   * The log begins anew after {@code at}, and all entries that were there go: a replica is created,
   * or installs a snapshot. Term and vote stay if the log was this replica's; a replica never takes
   * over those of another. The id must be above that of any replica that was removed here, and
   * {@code at} beyond the last cut of this replica's log. If the log was of a replica with a lower
   * id, that one counts as removed.
   *
   * @param membership in force at {@code at}
   * @param generation where the group's state as of {@code at} lies in the state's store
   */
  public record Base(ReplicaId self, Position at, Membership membership, long generation)
      implements Cut {
    @Override
    public void applyTo(Target log) throws StorageException {
      log.begin(this);
    }
  }

  /**
   * Entries up to and with {@code upTo}, which the log must hold or have cut before, are no longer
   * needed.
   *
   * @param membership in force at {@code upTo}
   */
  public record Truncation(Position upTo, Membership membership) implements Cut {
    @Override
    public void applyTo(Target log) throws StorageException {
      log.truncate(this);
    }
  }

  /**
   * All replicas of this group up to and with {@code upTo} are gone from this node for good: the
   * log goes, unless it is of a replica with a higher id, and a tombstone is kept.
   */
  public record Removal(ReplicaId upTo) implements Cut {
    @Override
    public void applyTo(Target log) throws StorageException {
      log.remove(this);
    }
  }

  public LogWrite {
    entries = List.copyOf(entries);
    boolean removes = cut.isPresent() && cut.get() instanceof Removal;
    if (removes && (hardState.isPresent() || !entries.isEmpty())) {
      throw new IllegalArgumentException("a log that is removed keeps nothing");
    }
  }

  public static LogWrite of(GroupId group, Optional<HardState> hardState, List<Entry> entries) {
    return new LogWrite(group, hardState, entries, Optional.empty());
  }

  /** See {@link Base}. */
  public static LogWrite begin(GroupId group, Base base) {
    return new LogWrite(group, Optional.empty(), List.of(), Optional.of(base));
  }

  /** See {@link Removal}. */
  public static LogWrite destroy(GroupId group, ReplicaId upTo) {
    return new LogWrite(group, Optional.empty(), List.of(), Optional.of(new Removal(upTo)));
  }
}
