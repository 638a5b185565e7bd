package io.flotilla.raft.port;

import io.flotilla.raft.core.Entry;
import io.flotilla.raft.core.GroupId;
import io.flotilla.raft.core.HardState;
import io.flotilla.raft.core.Membership;
import io.flotilla.raft.core.Position;
import java.util.List;
import java.util.Map;

/**
 * The durable logs of all groups on this node, in one place so that one sync serves all. A failure
 * is final: after a {@link StorageException}, or a call of the failure handler given at opening,
 * what the disk holds is unknown and the process ends; nothing is retried.
 */
public interface LogStore extends AutoCloseable {
  /**
   * Hands over what the groups of one turn want kept. All of it becomes durable as one atomic step,
   * after all that was handed over before by the same caller. Never blocks; may be called by
   * several loops. A group is named once at most, and always by the same caller.
   *
   * @param durable called once, by the store's own thread, when all of it is on disk; must not
   *     block
   */
  void append(List<LogWrite> writes, Runnable durable);

  /** Bytes handed over and not yet durable: for admission control. */
  long backlogBytes();

  /**
   * Entries from {@code first} up to {@code last} or until they weigh more than {@code maxBytes},
   * but at least one; only durable ones are sure to be found. Blocks on the disk; not for a loop.
   *
   * @throws MissingEntriesException if an entry is not there
   * @throws StorageException if an entry is damaged or the disk fails
   */
  List<Entry> read(GroupId group, long first, long last, long maxBytes) throws StorageException;

  /**
   * What was found at opening, by group; groups without a record are absent. Once, before the first
   * append.
   */
  Map<GroupId, RecoveredLog> recovered();

  /**
   * Ends the writers after all that was handed over is durable. No append may follow.
   *
   * @throws StorageException if the last of it could not be kept
   */
  @Override
  void close() throws StorageException;

  /**
   * One group's log as found on disk.
   *
   * @param truncated the last entry that was cut away; {@link Position#ZERO} if none was
   * @param membershipAtTruncation as given with the last truncation or at the group's creation
   * @param terms term runs after {@code truncated}: each position is the first entry of its term
   * @param lastIndex equal to {@code truncated.index()} if the log is empty
   * @param memberships membership entries after {@code truncated}, in order
   */
  record RecoveredLog(
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
