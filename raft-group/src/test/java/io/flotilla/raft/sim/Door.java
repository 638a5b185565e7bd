package io.flotilla.raft.sim;

import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Where clients knock. */
interface Door {
  /** A write, or the read of {@code key} if there is none. Perhaps never answered. */
  void request(@Nullable SimCommand write, int key, Consumer<Reply> reply);
}
