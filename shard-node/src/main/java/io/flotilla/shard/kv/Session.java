package io.flotilla.shard.kv;

import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** One client's completed writes in one shard: see {@link Sessions}. */
final class Session {
  final ClientId client;
  private final TreeMap<Long, Recorded> records = new TreeMap<>();

  /** The record that says most of what the client has acknowledged; null if there is none. */
  private @Nullable Recorded acked;

  /** The record that says most of how long the client lives: mostly the same. */
  private @Nullable Recorded latest;

  /**
   * One record: its key, and what of it says something of the client.
   *
   * @param seq of the write
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Recorded(long seq, byte[] key, long ackedBelow, long expiresMillis) {
    private static final Comparator<Recorded> BY_SEQ = Comparator.comparingLong(Recorded::seq);
    static final Comparator<Recorded> BY_ACKED =
        Comparator.comparingLong(Recorded::ackedBelow)
            .thenComparing(Recorded::expiresMillis)
            .thenComparing(BY_SEQ);
    static final Comparator<Recorded> BY_EXPIRY =
        Comparator.comparingLong(Recorded::expiresMillis)
            .thenComparing(Recorded::ackedBelow)
            .thenComparing(BY_SEQ);

    static Recorded of(long seq, byte[] key, Completion completion) {
      return new Recorded(seq, key, completion.ackedBelow(), completion.expiresMillis());
    }
  }

  Session(ClientId client) {
    this.client = client;
  }

  long ackedBelow() {
    return acked == null ? 0 : acked.ackedBelow();
  }

  long expiresMillis() {
    return latest == null ? 0 : latest.expiresMillis();
  }

  int size() {
    return records.size();
  }

  /** Of serials below this one. Takes as long as there are. */
  int recordsBelow(long serial) {
    return records.headMap(serial).size();
  }

  boolean isEmpty() {
    return records.isEmpty();
  }

  Collection<Recorded> records() {
    return Collections.unmodifiableCollection(records.values());
  }

  byte @Nullable [] recordKey(long seq) {
    Recorded found = records.get(seq);
    return found == null ? null : found.key();
  }

  /**
   * Learns of a record. What records say only grows from one entry of a log to the next, also where
   * a split lies between them and indexes begin anew: so what counts is told by it, and not by an
   * index. Of two logs, after a merge, neither need say more than the other.
   */
  void add(Recorded record) {
    records.put(record.seq(), record);
    acked = greater(acked, record, Recorded.BY_ACKED);
    latest = greater(latest, record, Recorded.BY_EXPIRY);
  }

  private static Recorded greater(
      @Nullable Recorded one, Recorded other, Comparator<Recorded> order) {
    return one == null || order.compare(one, other) < 0 ? other : one;
  }

  /** Whether an acknowledged write says how long the client lives, which will be forgotten. */
  boolean livesByAcked() {
    return latest != null && latest.seq() < ackedBelow();
  }

  /** Forgets one acknowledged write and names its record; null if there is none (left). */
  byte @Nullable [] removeAcked() {
    Map.Entry<Long, Recorded> first = records.firstEntry();
    return first == null || first.getKey() >= ackedBelow() ? null : remove(first.getValue());
  }

  /**
   * Forgets one write and names its record, last of all those that say most. Not for an empty
   * session.
   */
  byte[] removeAny() {
    Recorded goes = records.firstEntry().getValue();
    for (Recorded each : records.values()) {
      if (!isOf(each, acked) && !isOf(each, latest)) {
        goes = each;
        break;
      }
    }
    return remove(goes);
  }

  /** What is said of the client then is what the rest says, as a restart would find it. */
  private byte[] remove(Recorded record) {
    records.remove(record.seq());
    if (isOf(record, acked)) {
      acked = greatest(Recorded.BY_ACKED);
    }
    if (isOf(record, latest)) {
      latest = greatest(Recorded.BY_EXPIRY);
    }
    return record.key();
  }

  private static boolean isOf(Recorded record, @Nullable Recorded other) {
    return other != null && record.seq() == other.seq();
  }

  private @Nullable Recorded greatest(Comparator<Recorded> order) {
    return records.values().stream().max(order).orElse(null);
  }
}
