package io.flotilla.raft.port;

/**
 * One atomic write of what several groups applied. Used by one apply thread; after {@link #commit}
 * it is empty and may be used again.
 */
public interface ApplyRound extends AutoCloseable {
  /** Bytes staged so far: a round is cut at about 1 MiB. */
  long stagedBytes();

  /**
   * Makes all that was staged visible, and after a crash either all or none of it present. Need not
   * be durable.
   *
   * @throws StorageException if it could not be written; the process must end
   */
  void commit() throws StorageException;

  @Override
  void close();
}
