package io.flotilla.shard.kv;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.flotilla.proto.kv.WriteEntry;
import io.flotilla.raft.port.StorageException;
import io.flotilla.raft.state.StateView;
import io.flotilla.shard.kv.Session.Recorded;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Which writes of which clients are completed, in one shard (DESIGN 8; RIFL, SOSP 2015). All of it
 * can be rebuilt from the completion records, and that it can is what makes it deterministic: no
 * decision rests on anything that a restart, or another replica, would not have.
 *
 * <p>A record may go once its write cannot come again, or can be told to come too late. A client
 * that has all answers below a number says so with a later write; the records below it are deleted,
 * and the number itself must stay as long as a forgotten retry may be under way. So each record
 * carries the largest such number so far, and the latest time at which a write of this client is
 * still accepted. The records that say most of either, the carriers, thus hold all there is to know
 * of the client: before any merge they are one, its newest. Only one that says no less replaces
 * them, and of an expired session they are deleted last. An entry none of whose writes is executed
 * leaves no record and therefore changes nothing.
 *
 * <p>Clients that come for one write and go would fill the memory long before their records end.
 * For a new client beyond {@link #CLIENTS_MAX} log time itself goes on, to where the sessions that
 * end first have ended: those that have written least recently. So what is left of their writes
 * comes too late, as it would a day later, here and wherever the shard's log time goes. Nobody ends
 * within {@link #KEPT_MILLIS_MIN}: beyond that new clients have to wait.
 *
 * <p>After a merge, what the two shards know of a client is put together record by record; neither
 * need have said more than the other. What is known of a client is always what the records that are
 * left say, the most of each.
 *
 * <p>After a split a record stays with its key, and the other half may lack a carrier. No retry can
 * profit: it was sent, as all attempts of an acknowledged write, before the acknowledgement was
 * reported, hence by an epoch not newer than that of the entry that deleted its record; the split
 * raised the epoch, and entries of an older one are refused.
 */
final class Sessions {
  /**
   * Records of one client that it has not acknowledged. One that is held up at another shard lets
   * this one keep {@link io.flotilla.session.Session#WINDOW_PER_SHARD} of them, and twice that has
   * room for those of a neighbour that is absorbed.
   */
  static final int OPEN_MAX = 2 * io.flotilla.session.Session.WINDOW_PER_SHARD;

  /** Sessions at a time, and somewhat more where shards were merged or large ones end. */
  static final int CLIENTS_MAX = 1 << 16;

  /** How long a write is accepted, at least, by clocks that agree. */
  static final long KEPT_MILLIS_MIN = 10 * 60_000;

  private static final int FORGOTTEN_AT_ONCE = 1024;

  /** Where the record of a write is kept: beside its key. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Place(long generation, byte[] routingKey, long seq) {}

  private final Map<ClientId, Session> byClient = new HashMap<>();
  private final TreeSet<Session> byExpiry =
      new TreeSet<>(Comparator.comparingLong(Session::expiresMillis).thenComparing(s -> s.client));

  /** Reads all records of a shard that is there. */
  static Sessions load(KvStore store, Extents extents) throws StorageException {
    Sessions sessions = new Sessions();
    try (StateView view = store.view();
        Cursor at = Cursor.forward(view, extents.completions())) {
      for (; at.isValid(); at.advance()) {
        sessions.add(at.key(), at.value());
      }
    }
    return sessions;
  }

  /** Learns of a write by its record. Records may come in any order. */
  void add(byte[] key, byte[] completion) throws StorageException {
    long seq = KvKeys.completionSeq(key);
    add(KvKeys.completionClient(key), Recorded.of(seq, key, Completion.decode(completion)));
  }

  @Nullable Session find(ClientId client) {
    return byClient.get(client);
  }

  /**
   * Keeps the result of a write that an entry has executed, in the batch of its effects.
   *
   * @param place of the record
   */
  void complete(WriteEntry entry, long index, Place place, ByteString result, KvRound round) {
    ClientId client = new ClientId(entry.getClientHigh(), entry.getClientLow());
    Session session = byClient.get(client);
    long ackedBelow = entry.getAckedBelow();
    long expiresMillis = entry.getNotAfterMillis();
    if (session != null) {
      ackedBelow = Math.max(ackedBelow, session.ackedBelow());
      expiresMillis = Math.max(expiresMillis, session.expiresMillis());
    }
    Completion completion = new Completion(index, ackedBelow, expiresMillis, result);
    byte[] key = KvKeys.completion(place.generation(), place.routingKey(), client, place.seq());
    round.put(key, completion.encode());
    add(client, Recorded.of(place.seq(), key, completion));
  }

  /**
   * How many records the client may have in the course of an entry. Those do not count that the
   * client has no use for, by what it says now or has said before: they go when a write was
   * executed, and not before, since its record has to say that they went.
   */
  int sizeMax(ClientId client, long ackedBelow) {
    Session session = byClient.get(client);
    return session == null
        ? OPEN_MAX
        : OPEN_MAX + session.recordsBelow(Math.max(ackedBelow, session.ackedBelow()));
  }

  /**
   * Deletes records of writes that the client will not ask for again: a bounded number, but more
   * than an entry of so many writes leaves.
   */
  void forgetAcked(ClientId client, int writes, KvRound round) {
    Session session = byClient.get(client);
    if (session == null) {
      return;
    }
    boolean moves = session.livesByAcked();
    if (moves) {
      byExpiry.remove(session); // its place depends on what changes now
    }
    byte[] key = session.removeAcked();
    for (int left = Math.max(FORGOTTEN_AT_ONCE, 2 * writes); key != null; left--) {
      round.singleDelete(key);
      key = left > 1 ? session.removeAcked() : null;
    }
    if (moves) {
      byExpiry.add(session);
    }
  }

  /**
   * From which log time on there is room for a client: 0 if there is now.
   *
   * @param latestMillis no later than this, room or not
   */
  long roomFrom(ClientId client, long latestMillis) {
    return hasRoomFor(client) ? 0 : Math.min(byExpiry.first().expiresMillis() + 1, latestMillis);
  }

  /** Whether there is no room for a client, and nobody has ended who is about to be forgotten. */
  boolean isFullFor(ClientId client, long logTimeMillis) {
    return !hasRoomFor(client) && byExpiry.first().expiresMillis() >= logTimeMillis;
  }

  private boolean hasRoomFor(ClientId client) {
    return byClient.size() < CLIENTS_MAX || byClient.containsKey(client);
  }

  /** Deletes records of sessions that ended before {@code logTimeMillis}, a few at a time. */
  void expire(long logTimeMillis, int recordsMax, KvRound round) {
    for (int i = 0; i < recordsMax && !byExpiry.isEmpty(); i++) {
      Session first = byExpiry.first();
      if (first.expiresMillis() >= logTimeMillis) {
        return;
      }
      byExpiry.remove(first);
      round.singleDelete(first.removeAny());
      if (first.isEmpty()) {
        byClient.remove(first.client);
      } else {
        byExpiry.add(first);
      }
    }
  }

  /**
   * Forgets, without deleting them, the records of routing keys that are in another shard now. What
   * is left is what a restart would find: of each client what the records say that are here.
   */
  void keep(KeyRange range) throws StorageException {
    List<Session> before = List.copyOf(byClient.values());
    byClient.clear();
    byExpiry.clear();
    for (Session session : before) {
      for (Recorded record : session.records()) {
        byte[] routingKey = KvKeys.routingKey(record.key());
        if (range.contains(UnsafeByteOperations.unsafeWrap(routingKey))) {
          add(session.client, record);
        }
      }
    }
  }

  /** Learns of all that another shard knows, whose records now are this one's. */
  void absorb(Sessions others) {
    for (Session other : others.byClient.values()) {
      other.records().forEach(record -> add(other.client, record));
    }
  }

  private void add(ClientId client, Recorded record) {
    Session session = byClient.computeIfAbsent(client, Session::new);
    byExpiry.remove(session); // its place depends on what changes now
    session.add(record);
    byExpiry.add(session);
  }
}
