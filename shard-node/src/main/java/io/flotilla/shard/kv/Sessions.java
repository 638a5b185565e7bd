package io.flotilla.shard.kv;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.flotilla.proto.kv.WriteEntry;
import io.flotilla.raft.port.StorageException;
import io.flotilla.raft.state.KeySpan;
import io.flotilla.raft.state.StateView;
import io.flotilla.shard.kv.Session.Recorded;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;

/**
 * Which writes of which clients are completed, in one shard (DESIGN 8; RIFL, SOSP 2015). All of it
 * can be rebuilt from the completion records, and that it can is what makes it deterministic: no
 * decision rests on anything that a restart, or another replica, would not have.
 *
 * <p>A record may go once its write cannot come again, or can be told to come too late. A client
 * that has all answers below a number says so with a later write; the records below it are deleted,
 * and the number itself must stay as long as a forgotten retry may be under way. So each record
 * carries the largest such number so far, and the latest time at which a write of this client is
 * still accepted. The client's newest record, the carrier, thus holds all there is to know of it;
 * only a newer one replaces it, and of an expired session it is deleted last. An entry none of
 * whose writes is executed leaves no record and therefore changes nothing.
 *
 * <p>After a split a record stays with its key, and the other half may lack the carrier. No retry
 * can profit: it was sent, as all attempts of an acknowledged write, before the acknowledgement was
 * reported, hence by an epoch not newer than that of the entry that deleted its record; the split
 * raised the epoch, and entries of an older one are refused.
 */
final class Sessions {
  private static final int FORGOTTEN_AT_ONCE_MAX = 1024;

  private final long generation;
  private final Map<ClientId, Session> byClient = new HashMap<>();
  private final TreeSet<Session> byExpiry =
      new TreeSet<>(Comparator.comparingLong(Session::expiresMillis).thenComparing(s -> s.client));

  /** None. */
  Sessions(long generation) {
    this.generation = generation;
  }

  /** Reads all records of a shard with this range. */
  static Sessions load(KvStore store, long generation, KeyRange range) throws StorageException {
    Sessions sessions = new Sessions(generation);
    KeySpan records = KvKeys.completionsIn(generation, range);
    try (StateView view = store.view();
        RocksIterator at = view.iterate(records.from(), records.to())) {
      for (at.seekToFirst(); at.isValid(); at.next()) {
        sessions.add(at.key(), at.value());
      }
      at.status();
    } catch (RocksDBException e) {
      throw new StorageException("cannot read the completion records", e);
    }
    return sessions;
  }

  /** Learns of a write by its record. Records may come in any order. */
  void add(byte[] key, byte[] completion) throws StorageException {
    add(
        KvKeys.completionClient(key),
        KvKeys.completionSeq(key),
        new Recorded(key, Completion.decode(completion)));
  }

  @Nullable Session find(ClientId client) {
    return byClient.get(client);
  }

  /** Keeps the result of a write that an entry has executed, in the batch of its effects. */
  void complete(
      WriteEntry entry, long index, long seq, byte[] routingKey, ByteString result, KvRound round) {
    ClientId client = new ClientId(entry.getClientHigh(), entry.getClientLow());
    Session session = byClient.get(client);
    long ackedBelow = entry.getAckedBelow();
    long expiresMillis = entry.getNotAfterMillis();
    if (session != null) {
      ackedBelow = Math.max(ackedBelow, session.ackedBelow());
      expiresMillis = Math.max(expiresMillis, session.expiresMillis());
    }
    Completion completion = new Completion(index, ackedBelow, expiresMillis, result);
    byte[] key = KvKeys.completion(generation, routingKey, client, seq);
    round.put(key, completion.encode());
    add(client, seq, new Recorded(key, completion));
  }

  /** Deletes records of writes that the client will not ask for again, a bounded number. */
  void forgetAcked(ClientId client, KvRound round) {
    Session session = byClient.get(client);
    if (session == null) {
      return;
    }
    byte[] key = session.removeAcked();
    for (int left = FORGOTTEN_AT_ONCE_MAX; key != null; left--) {
      round.singleDelete(key);
      key = left > 1 ? session.removeAcked() : null;
    }
  }

  /** Deletes records of sessions that ended before {@code logTimeMillis}, a few at a time. */
  void expire(long logTimeMillis, int recordsMax, KvRound round) {
    for (int i = 0; i < recordsMax && !byExpiry.isEmpty(); i++) {
      Session first = byExpiry.first();
      if (first.expiresMillis() >= logTimeMillis) {
        return;
      }
      round.singleDelete(first.removeAny());
      if (first.isEmpty()) {
        byExpiry.remove(first);
        byClient.remove(first.client);
      }
    }
  }

  /**
   * Forgets, without deleting them, the records of routing keys that are in another shard now. What
   * is left is what a restart would find: of each client the newest record that is here.
   */
  void keep(KeyRange range) throws StorageException {
    List<Session> before = List.copyOf(byClient.values());
    byClient.clear();
    byExpiry.clear();
    for (Session session : before) {
      for (Map.Entry<Long, Recorded> record : session.records()) {
        byte[] routingKey = KvKeys.routingKey(record.getValue().key());
        if (range.contains(UnsafeByteOperations.unsafeWrap(routingKey))) {
          add(session.client, record.getKey(), record.getValue());
        }
      }
    }
  }

  private void add(ClientId client, long seq, Recorded record) {
    Session session = byClient.computeIfAbsent(client, Session::new);
    byExpiry.remove(session); // its place depends on what changes now
    session.add(seq, record);
    byExpiry.add(session);
  }
}
