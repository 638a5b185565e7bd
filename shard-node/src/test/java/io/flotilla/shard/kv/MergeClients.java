package io.flotilla.shard.kv;

import io.flotilla.proto.kv.KeyValue;
import io.flotilla.proto.kv.Result;
import io.flotilla.proto.kv.ScanReply;
import io.flotilla.proto.kv.WriteEntry;
import io.flotilla.proto.kv.WriteReply;
import io.flotilla.proto.map.Shard;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

/**
 * Clients that count, with maps that may be old and replies that may be lost, and send each write
 * until it is answered: every number must be the next, and a retry must be told the same again.
 * Others write once and are heard of no more, so that sessions expire.
 */
final class MergeClients {
  private static final String[] KEYS = {
    "b", "c", "f", "h", "k", "lz", "m", "n", "q", "t", "w", "x"
  };
  private static final int CLIENTS = 4;
  private static final int OPEN_MAX = 6;
  private static final long LIFE_MILLIS = 1_000_000;
  private static final long SHORT_LIFE_MILLIS = 40;

  private final MergeSimulation shards;
  private final Random random;
  private final List<Client> clients = new ArrayList<>();
  private final Map<String, Long> counted = new TreeMap<>();
  private final Map<String, Long> told = new HashMap<>();
  private long nextClient = 1;
  private long clock = 1000;

  private record Count(long seq, String key, long notAfter) {}

  private static final class Client {
    final long id;
    final List<Count> open = new ArrayList<>();
    List<Shard> map;
    long nextSeq = 1;

    Client(long id, List<Shard> map) {
      this.id = id;
      this.map = map;
    }

    long ackedBelow() {
      return open.stream().mapToLong(Count::seq).min().orElse(nextSeq);
    }
  }

  MergeClients(MergeSimulation shards, Random random) {
    this.shards = shards;
    this.random = random;
    for (int i = 0; i < CLIENTS; i++) {
      clients.add(new Client(nextClient++, shards.map()));
    }
  }

  void step() throws Exception {
    clock += random.nextInt(5);
    int drawn = random.nextInt(CLIENTS + 1);
    if (drawn == CLIENTS) {
      Client passing = new Client(nextClient++, shards.map());
      send(passing, new Count(1, KEYS[random.nextInt(KEYS.length)], clock + SHORT_LIFE_MILLIS));
      return;
    }
    Client client = clients.get(drawn);
    if (client.open.size() < OPEN_MAX && random.nextBoolean()) {
      String key = KEYS[random.nextInt(KEYS.length)];
      client.open.add(new Count(client.nextSeq++, key, clock + LIFE_MILLIS));
    }
    if (!client.open.isEmpty()) {
      Count count = client.open.get(random.nextInt(client.open.size()));
      if (send(client, count) && random.nextInt(3) > 0) {
        client.open.remove(count);
      }
    }
  }

  /** Returns whether it was executed, now or before. */
  private boolean send(Client client, Count count) throws Exception {
    Shard to =
        client.map.stream()
            .filter(shard -> KeyRange.of(shard).contains(ShardUnderTest.key(count.key())))
            .findFirst()
            .orElseThrow();
    if (!shards.isInMap(to.getId())) {
      client.map = shards.map();
      return false;
    }
    WriteEntry entry =
        ShardUnderTest.entry(client.id, client.ackedBelow())
            .setVersion(to.getEpoch().getVersion())
            .setLogTimeMillis(clock - random.nextInt(20))
            .setNotAfterMillis(count.notAfter())
            .addWrites(ShardUnderTest.write(count.seq(), Operations.increment(count.key(), 1)))
            .build();
    byte[] reply = shards.commit(to.getId(), ShardUnderTest.bytes(entry));
    Result result = WriteReply.parseFrom(reply).getResults(0);
    switch (result.getStatus()) {
      case OK -> judge(client, count, result.getNumber());
      case WRONG_SHARD -> client.map = shards.map();
      default -> throw new AssertionError(count + " of " + client.id + ": " + result);
    }
    return result.getStatus() == Result.Status.OK;
  }

  private void judge(Client client, Count count, long number) {
    Long before = told.putIfAbsent(client.id + ":" + count.seq(), number);
    long expected = before == null ? counted.merge(count.key(), 1L, Long::sum) : before;
    if (number != expected) {
      throw new AssertionError(
          "%s of %d was told %d, not %d".formatted(count, client.id, number, expected));
    }
  }

  /** Until all is answered; nothing is frozen any more. */
  void finish() throws Exception {
    for (Client client : clients) {
      while (!client.open.isEmpty()) {
        if (send(client, client.open.get(0))) {
          client.open.remove(0);
        }
      }
    }
  }

  /** What is on a node that has applied all, whichever way it is read. */
  void judge(NodeUnderTest node) throws Exception {
    for (boolean reverse : new boolean[] {false, true}) {
      Map<String, Long> found = new TreeMap<>();
      for (Shard shard : shards.map()) {
        KeyRange rest = KeyRange.of(shard);
        for (boolean more = true; more; ) {
          ScanReply page =
              node.reads(shard.getId())
                  .scan(new KvReads.Scan(rest, reverse, 2, 1 << 20, false, false, 0));
          for (KeyValue pair : page.getPairsList()) {
            Long twice =
                found.put(
                    NodeUnderTest.user(pair.getKey()),
                    Long.parseLong(pair.getValue().toStringUtf8()));
            if (twice != null) {
              throw new AssertionError("found twice: " + pair);
            }
          }
          more = page.getMore();
          rest =
              reverse
                  ? new KeyRange(rest.start(), page.getNext())
                  : new KeyRange(page.getNext(), rest.end());
        }
      }
      if (!found.equals(counted)) {
        throw new AssertionError("found " + found + ", not " + counted);
      }
    }
  }
}
