package io.flotilla.router.client;

import java.util.List;

/**
 * A keyspace that somebody wished for, and that is there now.
 *
 * @param notes for people: what they might have wished instead
 */
public record CreatedKeyspace(ClusterStatus.Keyspace keyspace, List<String> notes) {
  public CreatedKeyspace {
    notes = List.copyOf(notes);
  }
}
