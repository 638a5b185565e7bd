package io.flotilla.raft.port;

import io.flotilla.raft.core.Entry;
import io.flotilla.raft.core.GroupId;
import io.flotilla.raft.core.HardState;
import io.flotilla.raft.core.Membership;
import io.flotilla.raft.core.Position;
import io.flotilla.raft.core.ReplicaId;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The durable logs of all groups on this node, in one place so that one sync serves all. A failure
 * is final: after a {@link StorageException}, or a call of the failure handler given at opening,
 * what the disk holds is unknown and the process ends; nothing is retried.
 */
public interface LogStore extends AutoCloseable {
  /**
   * Hands over what the groups of one turn want kept. All of it becomes durable as one atomic step,
   * after all that was handed over before by the same caller. Never blocks; may be called by
   * several loops. A group is named once at most, and always by the same caller. The first write of
   * a group, ever or after its removal, holds a {@link LogWrite.Base}. The removal need not be
   * durable by then, and nothing of the old log shows in the new one.
   *
   * @param durable called once, by the store's own thread, when all of it is on disk; must not
   *     block
   */
  void append(List<LogWrite> writes, Runnable durable);

  /** Bytes handed over and not yet durable: for admission control. */
  long backlogBytes();

  /**
   * Which hand-over, counted from 1, is the first that is not durable yet; 0 if all are. Whoever
   * finds the same one again and again knows that the disk hangs. Any thread; does not block, even
   * then.
   */
  long firstUnsynced();

  /**
   * Entries from {@code first} up to {@code last} or until they weigh more than {@code maxBytes},
   * but at least one; only durable ones are sure to be found. Blocks on the disk; not for a loop.
   *
   * @throws MissingEntriesException if an entry is not there
   * @throws DamagedLogException if an entry is damaged
   * @throws StorageException if the disk fails
   */
  List<Entry> read(GroupId group, long first, long last, long maxBytes)
      throws StorageException, UnreadableLogException;

  /**
   * What the group's log weighs, durable or not, in bytes: the measure by which to cut it. Never
   * more than a few records too much; 0 for a group without a log. Any thread; does not block.
   */
  long retainedBytes(GroupId group);

  /** The logs that were found whole at opening, by group; only from such a log may one go on. */
  Map<GroupId, RecoveredLog> recovered();

  /**
   * The logs that were found at opening and are not whole, by group. What such a replica voted and
   * acknowledged may be forgotten, so that it must take no part any more. Its place is taken by a
   * replica with an id above {@link DamagedLog#upTo}, which begins anew.
   */
  Map<GroupId, DamagedLog> damaged();

  /**
   * The greatest id of a replica that was removed from this node, by group, as found at opening.
   * Such a replica, or one with a lower id, must never come back.
   */
  Map<GroupId, ReplicaId> tombstones();

  /**
   * If the disk ever lost changes that it had said were synced: the greatest id of any replica, of
   * whatever group, that had begun here by then. None up to it may come back, not even one of a
   * group that is not found here: its beginning may be among what is lost.
   */
  Optional<ReplicaId> forgottenUpTo();

  /**
   * Ends the writers after all that was handed over is durable. No append may follow.
   *
   * @throws StorageException if the last of it could not be kept
   */
  @Override
  void close() throws StorageException;

  /**
   * A log that is not whole.
   *
   * @param upTo whose log it is; if that is not legible, the greatest id it can be
   * @param why for a person
   */
  record DamagedLog(ReplicaId upTo, String why) {}

  /**
   * One group's log as found on disk.
   *
   * @param self whose log it is: for a replica with another id it is worth nothing
   * @param generation as given with the last {@link LogWrite.Base}
   * @param truncated the last entry that was cut away; {@link Position#ZERO} if none was
   * @param membershipAtTruncation as given with the last truncation or base
   * @param terms term runs after {@code truncated}: each position is the first entry of its term
   * @param lastIndex equal to {@code truncated.index()} if the log is empty
   * @param memberships membership entries after {@code truncated}, in order
   */
  record RecoveredLog(
      ReplicaId self,
      long generation,
      HardState hardState,
      Position truncated,
      Membership membershipAtTruncation,
      List<Position> terms,
      long lastIndex,
      List<Entry> memberships) {
    public RecoveredLog {
      terms = List.copyOf(terms);
      memberships = List.copyOf(memberships);
    }
  }
}
