package io.flotilla.shard.kv;

import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** One client's completed writes in one shard: see {@link Sessions}. */
final class Session {
  final ClientId client;
  private final TreeMap<Long, byte[]> recordKeys = new TreeMap<>();
  private long ackedBelow;
  private long expiresMillis;
  private long carrierIndex;
  private long carrierSeq;

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
    return recordKeys.size();
  }

  boolean isEmpty() {
    return recordKeys.isEmpty();
  }

  byte @Nullable [] recordKey(long seq) {
    return recordKeys.get(seq);
  }

  void add(long seq, byte[] recordKey, Completion completion) {
    recordKeys.put(seq, recordKey);
    if (completion.index() > carrierIndex
        || (completion.index() == carrierIndex && seq > carrierSeq)) {
      carrierIndex = completion.index();
      carrierSeq = seq;
      ackedBelow = completion.ackedBelow();
      expiresMillis = completion.expiresMillis();
    }
  }

  /** Forgets one acknowledged write and names its record; null if there is none (left). */
  byte @Nullable [] removeAcked() {
    Map.Entry<Long, byte[]> first = recordKeys.firstEntry();
    if (first == null || first.getKey() >= ackedBelow) {
      return null;
    }
    recordKeys.remove(first.getKey());
    return first.getValue();
  }

  /** Forgets one write and names its record, the carrier last. Not for an empty session. */
  byte[] removeAny() {
    Map.Entry<Long, byte[]> first = recordKeys.firstEntry();
    if (first.getKey() == carrierSeq && recordKeys.size() > 1) {
      first = recordKeys.higherEntry(carrierSeq);
    }
    recordKeys.remove(first.getKey());
    return first.getValue();
  }
}
