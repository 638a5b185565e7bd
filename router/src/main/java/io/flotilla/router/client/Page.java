package io.flotilla.router.client;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * A part of a scan's answer. Entries from one shard were true at one moment; those of several
 * shards at one moment each.
 *
 * @param entries in the scan's direction; may be fewer than the limit even if there are more
 * @param next where to go on, for {@link Scan#from}; nothing at the end
 * @param age of the oldest state that was scanned, as {@link Reading#age}
 */
public record Page(List<Entry> entries, Optional<Bytes> next, Optional<Duration> age) {
  public Page {
    entries = List.copyOf(entries);
  }
}
