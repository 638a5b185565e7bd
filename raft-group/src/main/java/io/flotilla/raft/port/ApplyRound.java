package io.flotilla.raft.port;

/**
 * One atomic write of what several groups applied. Used by one apply thread; after {@link #commit}
 * it is empty and may be used again.
 */
public interface ApplyRound extends AutoCloseable {
  /** About what a round should write, in bytes: whoever stages stops there. */
  long BYTES_AIM = 1 << 20;

  /** Bytes staged so far. */
  long stagedBytes();

  /** Whether there is enough in it. What is yet to come belongs in the next. */
  default boolean isFull() {
    return stagedBytes() >= BYTES_AIM;
  }

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
