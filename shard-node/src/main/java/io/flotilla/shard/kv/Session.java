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
  private long carrierIndex;
  private long carrierSeq;

  /** One record: its key, and what of it says something of the client. */
  static final class Recorded {
    private final byte[] key;
    private final long index;
    private final long ackedBelow;
    private final long expiresMillis;

    Recorded(byte[] key, Completion completion) {
      this.key = key;
      this.index = completion.index();
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

  void add(long seq, Recorded record) {
    records.put(seq, record);
    if (record.index > carrierIndex || (record.index == carrierIndex && seq > carrierSeq)) {
      carrierIndex = record.index;
      carrierSeq = seq;
      ackedBelow = record.ackedBelow;
      expiresMillis = record.expiresMillis;
    }
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
