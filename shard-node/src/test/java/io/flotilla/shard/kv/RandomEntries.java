package io.flotilla.shard.kv;

import io.flotilla.proto.kv.Operation;
import io.flotilla.proto.kv.Put;
import io.flotilla.proto.kv.WriteEntry;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** Clients that write, acknowledge, retry and send again what lingered, from a seed. */
final class RandomEntries {
  private static final int CLIENTS = 5;
  private static final String[] KEYS = {"a", "b", "c", "d\0", "d\0x", "e", "f", "x", "xx", "y"};

  private final Random random;
  private final List<WriteEntry> sent = new ArrayList<>();
  private final Map<Integer, Long> nextSeq = new HashMap<>();
  private final Map<Integer, Long> ackedBelow = new HashMap<>();
  private long clock = 1000;

  RandomEntries(long seed) {
    random = new Random(seed);
  }

  WriteEntry next() {
    clock += random.nextInt(5);
    if (!sent.isEmpty() && random.nextInt(3) == 0) {
      // A retry, or a copy that lingered: stamped anew, by a clock that may be behind.
      int age = 1 + random.nextInt(Math.min(sent.size(), random.nextBoolean() ? 5 : 200));
      return sent.get(sent.size() - age).toBuilder().setLogTimeMillis(stamp()).build();
    }
    int client = 1 + random.nextInt(CLIENTS);
    WriteEntry.Builder entry =
        ShardUnderTest.entry(client, acknowledge(client))
            .setLogTimeMillis(stamp())
            .setNotAfterMillis(clock + random.nextInt(200));
    if (random.nextInt(30) == 0) {
      entry.setVersion(ShardUnderTest.VERSION + 1L);
    }
    for (int i = random.nextInt(3); i >= 0; i--) {
      long seq = nextSeq.merge(client, 1L, Long::sum);
      entry.addWrites(ShardUnderTest.write(seq, operation(true)));
    }
    sent.add(entry.build());
    return entry.build();
  }

  private long stamp() {
    return clock - random.nextInt(20);
  }

  private long acknowledge(int client) {
    long next = nextSeq.getOrDefault(client, 0L) + 1;
    long before = ackedBelow.getOrDefault(client, 1L);
    long now = random.nextInt(4) == 0 ? before + random.nextLong(next - before + 1) : before;
    ackedBelow.put(client, now);
    return now;
  }

  private Operation operation(boolean mayBeBatch) {
    String key = KEYS[random.nextInt(KEYS.length)];
    String value = random.nextBoolean() ? Integer.toString(random.nextInt(50)) : "v" + clock;
    return switch (random.nextInt(mayBeBatch ? 8 : 7)) {
      case 0, 1 ->
          Operations.put(
              key, value, Put.Condition.forNumber(random.nextInt(3)), random.nextBoolean());
      case 2 -> Operations.delete(key, random.nextBoolean());
      case 3 -> Operations.compareAndSet(key, random.nextBoolean() ? null : "7", value);
      case 4, 5 -> Operations.increment(key, random.nextInt(20) - 10);
      case 6 -> Operations.append(key, "+");
      default -> {
        Operation[] inner = new Operation[1 + random.nextInt(3)];
        for (int i = 0; i < inner.length; i++) {
          inner[i] = operation(false);
        }
        yield Operations.batch(inner);
      }
    };
  }
}
