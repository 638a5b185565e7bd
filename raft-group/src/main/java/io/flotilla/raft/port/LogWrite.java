package io.flotilla.raft.port;

import io.flotilla.raft.core.Entry;
import io.flotilla.raft.core.GroupId;
import io.flotilla.raft.core.HardState;
import io.flotilla.raft.core.Membership;
import io.flotilla.raft.core.Position;
import java.util.List;
import java.util.Optional;

/**
 * What one group wants to be kept, as one atomic step.
 *
 * @param hardState the group's new term and vote
 * @param entries without a gap; all entries from the first one's index on are replaced
 * @param truncate entries up to this position are no longer needed, and this is the membership as
 *     of it
 */
public record LogWrite(
    GroupId group,
    Optional<HardState> hardState,
    List<Entry> entries,
    Optional<Truncation> truncate) {
  /** A cut at the front of a log. */
  public record Truncation(Position upTo, Membership membership) {}

  public LogWrite {
    entries = List.copyOf(entries);
  }

  public static LogWrite of(GroupId group, Optional<HardState> hardState, List<Entry> entries) {
    return new LogWrite(group, hardState, entries, Optional.empty());
  }
}
