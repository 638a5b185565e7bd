package io.flotilla.router.gateway;

import io.flotilla.router.client.Bytes;
import io.flotilla.router.client.Entry;
import io.flotilla.router.client.HashSlot;
import io.flotilla.router.client.KvClient;
import io.flotilla.router.client.Page;
import io.flotilla.router.client.Scan;
import io.flotilla.router.gateway.Incoming.Request;
import io.flotilla.router.gateway.ScanCursors.Position;
import io.netty.handler.codec.redis.RedisMessage;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * One call of SCAN. Goes over the slots upwards and stops between two slots if it can: whatever has
 * been read of the last slot is left for the next call, whose cursor is that slot. Only if all that
 * was read is of one slot, and {@value #SLOT_ENTRIES_MAX} more do not end it, does it stop within.
 * So each key that is there throughout is returned at least once.
 */
record KeyScan(long cursor, int count, @Nullable Glob match, boolean strings) {
  private static final int COUNT_DEFAULT = 10;
  private static final int SLOT_ENTRIES_MAX = 1000;
  private static final int PAGE_WITHIN_SLOT = 64;

  static KeyScan parse(Request request) {
    long cursor = cursor(request.text(1));
    int count = COUNT_DEFAULT;
    Glob match = null;
    boolean strings = true;
    for (int i = 2; i < request.size(); i += 2) {
      if (i + 1 == request.size()) {
        throw Refused.syntax();
      }
      switch (request.word(i)) {
        case "count" -> count = count(request.number(i + 1));
        case "match" -> match = new Glob(request.at(i + 1));
        case "type" -> strings = request.word(i + 1).equals("string");
        default -> throw Refused.syntax();
      }
    }
    return new KeyScan(cursor, count, match, strings);
  }

  private static long cursor(String text) {
    try {
      return Long.parseUnsignedLong(text);
    } catch (NumberFormatException e) {
      throw new Refused("ERR invalid cursor");
    }
  }

  private static int count(long asked) {
    if (asked < 1) {
      throw Refused.syntax();
    }
    return (int) Math.min(asked, Scan.LIMIT_MAX);
  }

  CompletableFuture<RedisMessage> run(KvClient kv, Position position, ScanCursors cursors) {
    Scan scan = Scan.slots(position.slot(), HashSlot.COUNT).onlyKeys().limit(count);
    return gather(kv, scan, position.from(), new ArrayList<>())
        .thenApply(found -> reply(found, position, cursors));
  }

  /** Reads on until the range ends, two slots have been seen, or one slot proves too large. */
  private CompletableFuture<Found> gather(
      KvClient kv, Scan scan, Optional<Bytes> from, List<Bytes> keys) {
    return kv.scan(from.map(scan::from).orElse(scan))
        .thenCompose(
            page -> {
              addKeys(page, keys);
              boolean enough = !keys.isEmpty() && slotOfLast(keys) != HashSlot.of(keys.get(0));
              if (page.next().isEmpty() || enough || keys.size() >= count + SLOT_ENTRIES_MAX) {
                return CompletableFuture.completedFuture(new Found(keys, page.next()));
              }
              return gather(kv, scan.limit(Math.max(count, PAGE_WITHIN_SLOT)), page.next(), keys);
            });
  }

  private static void addKeys(Page page, List<Bytes> keys) {
    for (Entry entry : page.entries()) {
      keys.add(entry.key());
    }
  }

  private static int slotOfLast(List<Bytes> keys) {
    return HashSlot.of(keys.get(keys.size() - 1));
  }

  private RedisMessage reply(Found found, Position begun, ScanCursors cursors) {
    if (found.next().isEmpty()) {
      return reply(0, found.keys());
    }
    int last = slotOfLast(found.keys());
    if (last != HashSlot.of(found.keys().get(0))) {
      return reply(last, found.keys().stream().filter(key -> HashSlot.of(key) != last).toList());
    }
    return reply(cursors.keep(new Position(begun.slot(), found.next())), found.keys());
  }

  private RedisMessage reply(long next, List<Bytes> keys) {
    List<RedisMessage> shown =
        keys.stream()
            .filter(key -> strings && (match == null || match.matches(key)))
            .map(Replies::bulk)
            .toList();
    return Replies.array(List.of(Replies.bulk(Long.toUnsignedString(next)), Replies.array(shown)));
  }

  private record Found(List<Bytes> keys, Optional<Bytes> next) {}
}
