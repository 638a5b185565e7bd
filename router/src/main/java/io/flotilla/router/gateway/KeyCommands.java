package io.flotilla.router.gateway;

import io.flotilla.router.client.Bytes;
import io.flotilla.router.client.KvClient;
import io.flotilla.router.client.Mutation;
import io.flotilla.router.client.Scan;
import io.flotilla.router.gateway.Command.Keys;
import io.flotilla.router.gateway.Incoming.Request;
import io.netty.handler.codec.redis.RedisMessage;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/** Commands on keys, whatever their values are; all values are strings. */
final class KeyCommands {
  private static final String GROUP = "generic";

  private KeyCommands() {}

  static List<Command> all() {
    return List.of(
        Command.stored("del", -2, Keys.ALL, GROUP, "1.0.0", KeyCommands::delete)
            .with(Trait.WRITE)
            .says("Deletes keys, each for itself, and returns how many there were."),
        Command.stored("unlink", -2, Keys.ALL, GROUP, "4.0.0", KeyCommands::delete)
            .with(Trait.WRITE, Trait.FAST)
            .says("The same as DEL."),
        Command.stored("exists", -2, Keys.ALL, GROUP, "1.0.0", KeyCommands::exists)
            .with(Trait.READONLY, Trait.FAST)
            .says("Returns how many of these keys there are."),
        Command.stored("type", 2, Keys.ONE, GROUP, "1.0.0", KeyCommands::type)
            .with(Trait.READONLY, Trait.FAST)
            .says("Returns the type of a key's value: string, or none."),
        Command.stored("scan", -2, Keys.NONE, GROUP, "2.8.0", KeyCommands::scan)
            .with(Trait.READONLY)
            .says("Goes over all keys; takes MATCH, COUNT and TYPE."),
        Command.stored("dbsize", 1, Keys.NONE, "server", "1.0.0", KeyCommands::dbsize)
            .with(Trait.READONLY, Trait.FAST)
            .says("Returns the number of keys, each shard's as of a moment of its own."));
  }

  private static Work delete(Session session, Request request) {
    List<Bytes> keys = distinct(request);
    if (keys.size() == 1) {
      return new Work.Write(
          Mutation.delete(keys.get(0)), outcome -> Replies.flag(outcome.existed()));
    }
    session.gateway().sizes().checkKeys(keys);
    return new Work.Several(
        keys,
        true,
        kv ->
            Scatter.over(keys, key -> kv.delete(key).thenApply(existed -> existed ? 1L : 0L))
                .thenApply(Replies::integer));
  }

  private static Work exists(Session session, Request request) {
    if (request.size() == 2) {
      return new Work.Read(request.at(1), value -> Replies.flag(value.isPresent()));
    }
    Map<Bytes, Integer> times = new HashMap<>(); // a key that is named twice counts twice
    request.every(1, 1).forEach(key -> times.merge(key, 1, Integer::sum));
    session.gateway().sizes().checkKeys(times.keySet());
    return new Work.Several(List.copyOf(times.keySet()), false, kv -> exists(kv, times));
  }

  private static CompletableFuture<RedisMessage> exists(KvClient kv, Map<Bytes, Integer> times) {
    long[] count = {0};
    return ChunkedRead.over(
            kv,
            times.keySet(),
            found -> found.keySet().forEach(key -> count[0] += times.getOrDefault(key, 0)))
        .thenApply(done -> Replies.integer(count[0]));
  }

  private static Work type(Session session, Request request) {
    return new Work.Read(
        request.at(1), value -> Replies.simple(value.isPresent() ? "string" : "none"));
  }

  private static Work scan(Session session, Request request) {
    KeyScan scan = KeyScan.parse(request);
    ScanCursors cursors = session.gateway().cursors();
    ScanCursors.Position position = cursors.find(scan.cursor());
    return new Work.Everything(kv -> scan.run(kv, position, cursors));
  }

  private static Work dbsize(Session session, Request request) {
    return new Work.Everything(kv -> kv.count(Scan.all()).thenApply(Replies::integer));
  }

  private static List<Bytes> distinct(Request request) {
    return List.copyOf(new LinkedHashSet<>(request.every(1, 1)));
  }
}
