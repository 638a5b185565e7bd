package io.flotilla.router.gateway;

import io.flotilla.router.client.Bytes;
import io.flotilla.router.client.Condition;
import io.flotilla.router.client.KvClient;
import io.flotilla.router.client.Mutation;
import io.flotilla.router.client.PutOptions;
import io.flotilla.router.gateway.Command.Keys;
import io.flotilla.router.gateway.Incoming.Request;
import io.netty.handler.codec.redis.RedisMessage;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/** Commands on values. */
final class StringCommands {
  private StringCommands() {}

  static List<Command> all() {
    List<Command> all = new ArrayList<>();
    all.add(
        read("get", 2, Keys.ONE, "1.0.0", StringCommands::get).says("Returns the value of a key."));
    all.add(
        read("strlen", 2, Keys.ONE, "2.2.0", StringCommands::strlen)
            .says("Returns the length of a value."));
    all.add(
        read("mget", -2, Keys.ALL, "1.0.0", StringCommands::mget)
            .says("Returns the values of keys, each read for itself: not one moment."));
    all.add(
        write("set", -3, Keys.ONE, "1.0.0", StringCommands::set)
            .says("Sets the value of a key; takes NX, XX and GET. Keys do not expire."));
    all.add(
        write("setnx", 3, Keys.ONE, "1.0.0", StringCommands::setnx)
            .with(Trait.FAST)
            .says("Sets the value of a key only if it has none."));
    all.add(
        write("getset", 3, Keys.ONE, "1.0.0", StringCommands::getset)
            .with(Trait.FAST)
            .says("Sets the value of a key and returns the one before."));
    all.add(
        write("getdel", 2, Keys.ONE, "6.2.0", StringCommands::getdel)
            .with(Trait.FAST)
            .without(Trait.DENYOOM)
            .says("Deletes a key and returns its value."));
    all.add(
        write("mset", -3, Keys.EVERY_OTHER, "1.0.1", StringCommands::mset)
            .says("Sets many keys, each atomically for itself; the whole is not atomic."));
    all.add(
        write("append", 3, Keys.ONE, "2.0.0", StringCommands::append)
            .with(Trait.FAST)
            .says("Appends to the value of a key and returns its new length."));
    all.add(
        write("incr", 2, Keys.ONE, "1.0.0", (s, r) -> add(r, 1))
            .with(Trait.FAST)
            .says("Adds one to the number in a key."));
    all.add(
        write("decr", 2, Keys.ONE, "1.0.0", (s, r) -> add(r, -1))
            .with(Trait.FAST)
            .says("Takes one from the number in a key."));
    all.add(
        write("incrby", 3, Keys.ONE, "1.0.0", (s, r) -> add(r, r.number(2)))
            .with(Trait.FAST)
            .says("Adds to the number in a key."));
    all.add(
        write("decrby", 3, Keys.ONE, "1.0.0", StringCommands::decrby)
            .with(Trait.FAST)
            .says("Takes from the number in a key."));
    return all;
  }

  private static Command read(
      String name, int arity, Keys keys, String since, Action.Stored action) {
    return Command.stored(name, arity, keys, "string", since, action)
        .with(Trait.READONLY, Trait.FAST);
  }

  private static Command write(
      String name, int arity, Keys keys, String since, Action.Stored action) {
    return Command.stored(name, arity, keys, "string", since, action)
        .with(Trait.WRITE, Trait.DENYOOM);
  }

  private static Work get(Session session, Request request) {
    return new Work.Read(request.at(1), Replies::bulkOrNil);
  }

  private static Work strlen(Session session, Request request) {
    return new Work.Read(
        request.at(1), value -> Replies.integer(value.map(Bytes::length).orElse(0)));
  }

  private static Work mget(Session session, Request request) {
    List<Bytes> asked = request.every(1, 1);
    List<Bytes> keys = List.copyOf(new LinkedHashSet<>(asked));
    session.gateway().sizes().checkKeys(keys);
    long bytesMax = session.gateway().limits().replyBytesMax();
    return new Work.Several(keys, false, kv -> mget(kv, asked, keys, bytesMax));
  }

  private static CompletableFuture<RedisMessage> mget(
      KvClient kv, List<Bytes> asked, List<Bytes> keys, long bytesMax) {
    Map<Bytes, Bytes> values = new HashMap<>();
    long[] bytes = {0};
    return ChunkedRead.over(
            kv,
            keys,
            found -> {
              found.values().forEach(value -> bytes[0] += value.length());
              if (bytes[0] > bytesMax) {
                throw new Refused(
                    "ERR the reply would be longer than %d bytes; ask for fewer keys at once"
                        .formatted(bytesMax));
              }
              values.putAll(found);
            })
        .thenApply(done -> inOrder(asked, values));
  }

  private static RedisMessage inOrder(List<Bytes> asked, Map<Bytes, Bytes> values) {
    List<RedisMessage> replies = new ArrayList<>(asked.size());
    for (Bytes key : asked) {
      Bytes value = values.get(key);
      replies.add(value == null ? Replies.NIL : Replies.bulk(value));
    }
    return Replies.array(replies);
  }

  private static Work set(Session session, Request request) {
    Condition condition = Condition.ALWAYS;
    boolean get = false;
    for (int i = 3; i < request.size(); i++) {
      String option = request.word(i);
      switch (option) {
        case "nx", "xx" -> {
          if (condition != Condition.ALWAYS) {
            throw Refused.syntax();
          }
          condition = option.equals("nx") ? Condition.IF_ABSENT : Condition.IF_PRESENT;
        }
        case "get" -> get = true;
        case "ex", "px", "exat", "pxat", "keepttl" ->
            throw new Refused(
                "ERR SET option '" + option + "' is not supported: keys do not expire yet");
        default -> throw Refused.syntax();
      }
    }
    PutOptions options = new PutOptions(condition, get);
    Mutation put = Mutation.put(request.at(1), request.at(2), options);
    if (get) {
      return new Work.Write(put, outcome -> Replies.bulkOrNil(outcome.previous()));
    }
    return new Work.Write(put, outcome -> outcome.conditionMet() ? Replies.OK : Replies.NIL);
  }

  private static Work setnx(Session session, Request request) {
    PutOptions options = PutOptions.DEFAULT.when(Condition.IF_ABSENT);
    return new Work.Write(
        Mutation.put(request.at(1), request.at(2), options),
        outcome -> Replies.flag(outcome.conditionMet()));
  }

  private static Work getset(Session session, Request request) {
    return new Work.Write(
        Mutation.put(request.at(1), request.at(2), PutOptions.DEFAULT.returningPrevious()),
        outcome -> Replies.bulkOrNil(outcome.previous()));
  }

  private static Work getdel(Session session, Request request) {
    return new Work.Write(
        new Mutation.Delete(request.at(1), true), outcome -> Replies.bulkOrNil(outcome.previous()));
  }

  private static Work mset(Session session, Request request) {
    if (request.size() % 2 == 0) {
      throw Refused.arity("mset");
    }
    Map<Bytes, Bytes> pairs = new LinkedHashMap<>();
    for (int i = 1; i < request.size(); i += 2) {
      pairs.put(request.at(i), request.at(i + 1));
    }
    if (pairs.size() == 1) {
      Map.Entry<Bytes, Bytes> only = pairs.entrySet().iterator().next();
      return new Work.Write(Mutation.put(only.getKey(), only.getValue()), outcome -> Replies.OK);
    }
    session.gateway().sizes().checkKeys(pairs.keySet());
    session.gateway().sizes().checkValues(pairs.values());
    List<Map.Entry<Bytes, Bytes>> parts = List.copyOf(pairs.entrySet());
    return new Work.Several(
        List.copyOf(pairs.keySet()),
        true,
        kv ->
            Scatter.over(parts, pair -> kv.put(pair.getKey(), pair.getValue()).thenApply(v -> 1L))
                .thenApply(written -> Replies.OK));
  }

  private static Work append(Session session, Request request) {
    return new Work.Write(
        Mutation.append(request.at(1), request.at(2)),
        outcome -> Replies.integer(outcome.number()));
  }

  private static Work decrby(Session session, Request request) {
    long by = request.number(2);
    if (by == Long.MIN_VALUE) {
      throw new Refused("ERR decrement would overflow");
    }
    return add(request, -by);
  }

  private static Work add(Request request, long delta) {
    return new Work.Write(
        Mutation.increment(request.at(1), delta), outcome -> Replies.integer(outcome.number()));
  }
}
