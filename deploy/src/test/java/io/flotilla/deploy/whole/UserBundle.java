package io.flotilla.deploy.whole;

import io.flotilla.deploy.whole.Looks.Look;
import io.flotilla.raft.history.Action;
import io.flotilla.raft.history.History;
import io.flotilla.raft.history.Outcome;
import io.flotilla.raft.history.Value;
import io.flotilla.raft.sim.FaultKind;
import io.flotilla.router.client.BatchResult;
import io.flotilla.router.client.Bytes;
import io.flotilla.router.client.KvClient;
import io.flotilla.router.client.KvException;
import io.flotilla.router.client.Mutation;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Calls of the SDK for several keys: each key's part is an operation of its own, as long as the
 * call. What is refused as a whole has changed nothing; of what is of unknown outcome as a whole,
 * so is each part. One thread.
 */
final class UserBundle {
  private final SimUser user;
  private final SeenByUsers seen;
  private final Runnable then;

  UserBundle(SimUser user, SeenByUsers seen, Runnable then) {
    this.user = user;
    this.seen = seen;
    this.then = then;
  }

  /** One key's part of a call that writes. */
  private record Part(int key, Action action, History.Call call) {}

  void getAll(Looks looks, List<Integer> numbers) {
    Map<Integer, Look> parts = new LinkedHashMap<>();
    numbers.forEach(key -> parts.put(key, looks.begin(key)));
    await(
        looks.keys().getAll(bytes(numbers)),
        found -> {
          found.keySet().forEach(key -> checkAsked(UserKeys.number(key), numbers));
          parts.forEach(
              (key, part) -> {
                Bytes value = found.get(UserKeys.key(key));
                part.saw(value == null ? Value.ABSENT : Value.of(value.asUtf8()));
              });
          return () -> looks.level() + " of " + numbers + ": " + found;
        },
        why -> {
          parts.values().forEach(Look::ended);
          return () -> looks.level() + " of " + numbers + ": " + why.getMessage();
        });
  }

  private static void checkAsked(int key, List<Integer> numbers) {
    if (!numbers.contains(key)) {
      throw new AssertionError("BUNDLE: " + key + " is answered to who asked for " + numbers);
    }
  }

  /**
   * Puts, each pair for itself.
   *
   * @param values by number of the key
   */
  void putAll(KvClient keys, Map<Integer, Value> values) {
    List<Part> parts = new ArrayList<>();
    Map<Bytes, Bytes> pairs = new LinkedHashMap<>();
    values.forEach(
        (key, value) -> {
          parts.add(begin(key, new Action.Put(value)));
          pairs.put(UserKeys.key(key), SimUser.bytes(value));
        });
    awaitParts(
        keys.putAll(pairs), parts, nothing -> parts.stream().map(p -> Outcome.done()).toList());
  }

  /** Of keys of which some were there, nobody says which, unless it was all or none. */
  void deleteAll(KvClient keys, List<Integer> numbers) {
    List<Part> parts = numbers.stream().map(key -> begin(key, new Action.Delete())).toList();
    awaitParts(
        keys.deleteAll(bytes(numbers)),
        parts,
        existed -> {
          Outcome each =
              existed == 0 || existed == parts.size()
                  ? new Outcome.Took(existed > 0)
                  : Outcome.done();
          return parts.stream().map(part -> each).toList();
        });
  }

  /** All or nothing; nothing unless all lie in one shard. */
  void batch(KvClient keys, Map<Integer, Action> actions) {
    List<Part> parts = new ArrayList<>();
    List<Mutation> mutations = new ArrayList<>();
    actions.forEach(
        (key, action) -> {
          parts.add(begin(key, action));
          mutations.add(mutation(UserKeys.key(key), action));
        });
    awaitParts(keys.batch(mutations), parts, result -> outcomes(parts, result));
  }

  private static Mutation mutation(Bytes key, Action action) {
    if (action instanceof Action.Put put) {
      return Mutation.put(key, SimUser.bytes(put.value()));
    } else if (action instanceof Action.Delete) {
      return Mutation.delete(key);
    } else if (action instanceof Action.Increment increment) {
      return Mutation.increment(key, increment.by());
    } else if (action instanceof Action.Append append) {
      return Mutation.append(key, Bytes.utf8(append.suffix()));
    }
    throw new IllegalArgumentException(action + " has a condition");
  }

  private static List<Outcome> outcomes(List<Part> parts, BatchResult result) {
    if (!result.applied() || result.outcomes().size() != parts.size()) {
      throw new AssertionError("BATCH: no condition and yet " + result + " for " + parts);
    }
    List<Outcome> outcomes = new ArrayList<>();
    for (int i = 0; i < parts.size(); i++) {
      BatchResult.Outcome one = result.outcomes().get(i);
      Action action = parts.get(i).action();
      outcomes.add(
          action instanceof Action.Put
              ? Outcome.done()
              : action instanceof Action.Delete
                  ? new Outcome.Took(one.existed())
                  : new Outcome.Number(one.number()));
    }
    return outcomes;
  }

  private Part begin(int key, Action action) {
    if (UserKeys.kind(key) != UserKeys.Kind.REGISTER) {
      seen.begin(key);
    }
    return new Part(key, action, user.invoke(UserKeys.name(key), action));
  }

  private <T> void awaitParts(
      CompletableFuture<T> answer, List<Part> parts, Function<T, List<Outcome>> outcomes) {
    await(
        answer,
        value -> {
          List<Outcome> told = outcomes.apply(value);
          for (int i = 0; i < parts.size(); i++) {
            parts.get(i).call().returned(told.get(i));
            if (told.get(i) instanceof Outcome.Number number) {
              seen.wrote(user.id(), parts.get(i).key(), number.now());
            }
          }
          return () -> parts + ": " + told;
        },
        why -> {
          if (!why.outcomeUnknown()) {
            parts.forEach(part -> part.call().refused());
          }
          return () -> parts + ": " + why.getMessage();
        });
  }

  private <T> void await(
      CompletableFuture<T> answer,
      Function<T, Supplier<String>> succeeded,
      Function<KvException, Supplier<String>> failed) {
    user.await(
        answer,
        new SimUser.Reception<T>() {
          @Override
          public Supplier<String> succeeded(T value) {
            user.world.counts().add(FaultKind.BUNDLE);
            return succeeded.apply(value);
          }

          @Override
          public Supplier<String> failed(KvException why) {
            return failed.apply(why);
          }

          @Override
          public void over() {
            then.run();
          }
        });
  }

  private static List<Bytes> bytes(List<Integer> numbers) {
    return numbers.stream().map(UserKeys::key).toList();
  }
}
