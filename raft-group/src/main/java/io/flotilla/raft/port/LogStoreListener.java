package io.flotilla.raft.port;

/** Told by a {@link LogStore} what it does, for metrics; never for decisions. Must not block. */
public interface LogStoreListener {
  LogStoreListener NONE = (appends, bytes, nanos) -> {};

  /**
   * One sync of the disk made {@code appends} hand-overs of together {@code bytes} durable, and
   * took {@code nanos}. Called by the store's own thread.
   */
  void synced(int appends, long bytes, long nanos);
}
