package io.flotilla.shard.kv;

import java.util.Collection;
import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** One client's completed writes in one shard: see {@link Sessions}. */
final class Session {
  final ClientId client;
  private final TreeMap<Long, Recorded> records = new TreeMap<>();
  private long ackedBelow;
  private long expiresMillis;
  private long carrierSeq;

  /** One record: its key, and what of it says something of the client. */
  static final class Recorded {
    private final byte[] key;
    private final long ackedBelow;
    private final long expiresMillis;

    Recorded(byte[] key, Completion completion) {
      this.key = key;
      this.ackedBelow = completion.ackedBelow();
      this.expiresMillis = completion.expiresMillis();
    }

    byte[] key() {
      return key;
    }
  }

  Session(ClientId client) {
    this.client = client;
  }

  long ackedBelow() {
    return ackedBelow;
  }

  long expiresMillis() {
    return expiresMillis;
  }

  int size() {
    return records.size();
  }

  boolean isEmpty() {
    return records.isEmpty();
  }

  Collection<Map.Entry<Long, Recorded>> records() {
    return Collections.unmodifiableCollection(records.entrySet());
  }

  byte @Nullable [] recordKey(long seq) {
    Recorded found = records.get(seq);
    return found == null ? null : found.key();
  }

  /**
   * Learns of a record. What records say only grows from one entry to the next, also where a split
   * lies between them and indexes begin anew: so the carrier is told by it, and not by an index.
   */
  void add(long seq, Recorded record) {
    boolean first = records.isEmpty();
    records.put(seq, record);
    if (first || isBeyondCarrier(seq, record)) {
      carrierSeq = seq;
      ackedBelow = record.ackedBelow;
      expiresMillis = record.expiresMillis;
    }
  }

  private boolean isBeyondCarrier(long seq, Recorded record) {
    if (record.ackedBelow != ackedBelow) {
      return record.ackedBelow > ackedBelow;
    }
    return record.expiresMillis == expiresMillis
        ? seq > carrierSeq
        : record.expiresMillis > expiresMillis;
  }

  /** Forgets one acknowledged write and names its record; null if there is none (left). */
  byte @Nullable [] removeAcked() {
    Map.Entry<Long, Recorded> first = records.firstEntry();
    if (first == null || first.getKey() >= ackedBelow) {
      return null;
    }
    records.remove(first.getKey());
    return first.getValue().key();
  }

  /** Forgets one write and names its record, the carrier last. Not for an empty session. */
  byte[] removeAny() {
    Map.Entry<Long, Recorded> first = records.firstEntry();
    if (first.getKey() == carrierSeq && records.size() > 1) {
      first = records.higherEntry(carrierSeq);
    }
    records.remove(first.getKey());
    return first.getValue().key();
  }
}
