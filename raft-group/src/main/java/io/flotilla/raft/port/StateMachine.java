package io.flotilla.raft.port;

import io.flotilla.raft.core.Entry;
import java.nio.file.Path;
import java.util.List;

/**
 * One group's replicated state. Deterministic: the same entries give the same state and the same
 * results on every replica, whatever the clock says. Calls come from the one apply thread that the
 * group is pinned to, unless they say otherwise; {@link #appliedIndex} also at opening.
 *
 * <p>The state lives under a <em>generation</em>, a number that the store of all states on a node
 * gives out once and never again. The log names the generation that counts. An image is loaded
 * under a fresh one, beside the present state; then one synced record of the log begins the log
 * anew and names the new generation; then the state machine adopts it. A crash before that record
 * leaves the old state, a crash after it the new one, and each is whole. Generations that no log
 * names are deleted at the next start.
 *
 * @param <R> the kind of round that this state machine's store makes
 */
public interface StateMachine<R extends ApplyRound> {
  /**
   * The index of the last entry whose effects are in the state: as found at opening, 0 for a new
   * one, and that of the image after {@link #adopt}.
   */
  long appliedIndex();

  /**
   * Stages the effects of committed entries into {@code round}, together with the last one's index
   * as the new applied index. Entries come in order, without a gap, all kinds of them; only {@link
   * Entry.Kind#COMMAND} has effects. Later calls within a round see the effects of earlier ones.
   * May block on reads of the state's disk.
   *
   * <p>May leave the last ones for a later call if the round becomes {@linkplain ApplyRound#isFull
   * full}, so that little entries with large effects do not add up; but takes at least one.
   *
   * @return one result for each entry that was taken, in order (empty for what is not a command).
   *     They are given to clients only after {@link ApplyRound#commit}.
   * @throws StorageException if the state's disk failed; the process must end
   * @throws UnknownCommandException if an entry cannot be understood; the replica must stop, and
   *     never skip it. Nothing of this call may then be staged: the round goes on with other
   *     groups.
   */
  List<byte[]> apply(List<Entry> entries, R round) throws StorageException, UnknownCommandException;

  /**
   * The applied index that a crash now would leave, if the log went on naming the generation that
   * is in use now. Entries up to there may leave the log. Never falls. Any thread; blocks on the
   * state's disk.
   *
   * @throws StorageException if the state's disk failed; the process must end
   */
  long durableIndex() throws StorageException;

  /**
   * The state as of now, between two rounds: with the effects of exactly what was applied and
   * committed. Cheap; what costs is {@link StateImage#writeTo}. To be closed.
   *
   * @throws StorageException if the state's disk failed; the process must end
   */
  StateImage image() throws StorageException;

  /**
   * Loads an image under a fresh generation; the present state stays as it is and is applied to
   * meanwhile. All of it is durable when this returns, also what is needed to go on from it
   * (sessions included). Blocks for as long as it takes to read and write all of it. Any thread;
   * several may load at a time.
   *
   * @param directory with the image's files; they are only read
   * @param files all of the image, in the order that they were written in
   * @return the generation, to be given to {@link #adopt} or to {@link #discard}; after a restart
   *     to neither
   * @throws ImageException if the image is damaged or not of this group, or cannot be kept; then
   *     nothing is left of it
   * @throws StorageException if the state's disk failed; the process must end
   */
  long load(Path directory, List<SnapshotFile> files) throws StorageException, ImageException;

  /**
   * Goes on from a loaded state: reads and entries that come after this meet it, and only it. To be
   * called between two rounds, after the log's record that names the generation is durable. The old
   * state goes when nobody reads it any more. Does not block.
   */
  void adopt(long generation);

  /**
   * Gives up a loaded state that the log does not name and will not. Any thread; does not block.
   */
  void discard(long generation);

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
