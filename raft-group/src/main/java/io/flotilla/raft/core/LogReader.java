package io.flotilla.raft.core;

import java.util.List;
import java.util.Optional;

/**
 * The core's way to entries it has handed out before. Called on the caller's thread; must not
 * block.
 */
public interface LogReader {
  /**
   * Entries from {@code first} on, without a gap, up to {@code last} or until they weigh more than
   * {@code maxBytes}, but at least one. Empty if they are not in memory: the maker then fetches
   * them and steps {@link Input.Loaded}, upon which the core asks again.
   */
  Optional<List<Entry>> entries(long first, long last, long maxBytes);
}
