package io.flotilla.raft.port;

import io.flotilla.raft.core.Entry;
import java.util.List;

/**
 * One group's replicated state. Deterministic: the same entries give the same state and the same
 * results on every replica, whatever the clock says. All calls come from the one apply thread that
 * the group is pinned to, except {@link #appliedIndex} at opening.
 *
 * @param <R> the kind of round that this state machine's store makes
 */
public interface StateMachine<R extends ApplyRound> {
  /** The index that the state found at opening stands for; 0 for a new one. */
  long appliedIndex();

  /**
   * Stages the effects of committed entries into {@code round}, together with the last one's index
   * as the new applied index. Entries come in order, without a gap, all kinds of them; only {@link
   * Entry.Kind#COMMAND} has effects. Later calls within a round see the effects of earlier ones.
   * May block on reads of the state's disk.
   *
   * @return one result for each entry, in order (empty for what is not a command). They are given
   *     to clients only after {@link ApplyRound#commit}.
   * @throws StorageException if the state's disk failed; the process must end
   * @throws UnknownCommandException if an entry cannot be understood; the replica must stop, and
   *     never skip it. Nothing of this call may then be staged: the round goes on with other
   *     groups.
   */
  List<byte[]> apply(List<Entry> entries, R round) throws StorageException, UnknownCommandException;

  /** A committed entry that this version cannot understand. */
  final class UnknownCommandException extends Exception {
    private static final long serialVersionUID = 1L;

    public UnknownCommandException(String message) {
      super(message);
    }

    public UnknownCommandException(String message, Throwable cause) {
      super(message, cause);
    }
  }
}
