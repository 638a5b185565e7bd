package io.flotilla.deploy.whole;

import io.flotilla.raft.history.Action;
import io.flotilla.raft.history.Outcome;
import io.flotilla.raft.history.Value;
import io.flotilla.router.client.Bytes;
import io.flotilla.router.client.KvClient;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/**
 * What the course calls a clerk, on a session of the SDK: each call goes on until it has succeeded,
 * or for a minute. Keys are numbers; the last digit says which shard holds one. One thread.
 */
final class ShardClerk {
  private static final Duration PATIENCE = Duration.ofMinutes(1);
  private static final int SHARD_STEP = 25;

  private final SimUser user;
  private final Map<Integer, String> appended = new HashMap<>();
  private boolean stopped;
  private int loops;
  private long finished;

  ShardClerk(SimUser user) {
    this.user = user;
  }

  /** Where a shard of the laboratory's keyspace begins. */
  static Bytes begin(int shard) {
    return Bytes.of((byte) (shard * SHARD_STEP));
  }

  static Bytes key(int number) {
    return Bytes.of((byte) (number % ShardLab.SHARDS * SHARD_STEP + 7), (byte) number);
  }

  /** Nothing of what it is told comes from another keyspace. */
  private KvClient keys() {
    return user.client().keyspace(ShardLab.KEYSPACE).withTimeout(PATIENCE);
  }

  private CompletableFuture<Outcome> perform(int key, Action action) {
    CompletableFuture<Outcome> told = new CompletableFuture<>();
    user.perform(
        keys(),
        Integer.toString(key),
        key(key),
        action,
        outcome ->
            outcome.ifPresentOrElse(
                told::complete,
                () -> told.completeExceptionally(new AssertionError(action + " of " + key))));
    return told;
  }

  CompletableFuture<Outcome> get(int key) {
    return perform(key, new Action.Get());
  }

  CompletableFuture<Outcome> put(int key, String value) {
    appended.put(key, value);
    return perform(key, new Action.Put(Value.of(value)));
  }

  CompletableFuture<Outcome> append(int key, String suffix) {
    appended.merge(key, suffix, String::concat);
    return perform(key, new Action.Append(suffix));
  }

  /** What a key holds, if this clerk alone wrote to it and all its calls have ended. */
  String written(int key) {
    return appended.getOrDefault(key, "");
  }

  // ---- without end

  /** Appends to a key again and again, until it is told to stop. */
  void keepAppending(int key) {
    loops++;
    appendNext(key, 0);
  }

  private void appendNext(int key, int number) {
    if (stopped) {
      loops--;
      return;
    }
    append(key, "x " + key + " " + number + " y;")
        .thenRun(
            () -> {
              finished++;
              user.world
                  .clock()
                  .after(user.chance().between(1, 20_000), () -> appendNext(key, number + 1));
            });
  }

  /** Reads and writes all keys, which others do as well, until it is told to stop. */
  void keepBusy(int keys) {
    loops++;
    anyNext(keys, 0);
  }

  private void anyNext(int keys, int number) {
    if (stopped) {
      loops--;
      return;
    }
    int key = user.chance().below(keys);
    String value = user.id() + "." + number + ";";
    Action action =
        user.chance().happens(0.5)
            ? new Action.Get()
            : user.chance().happens(0.5)
                ? new Action.Append(value)
                : new Action.Put(Value.of(value));
    perform(key, action)
        .thenRun(
            () -> {
              finished++;
              user.world
                  .clock()
                  .after(user.chance().between(1, 100_000), () -> anyNext(keys, number + 1));
            });
  }

  void stop() {
    stopped = true;
  }

  boolean isIdle() {
    return loops == 0 && user.isIdle();
  }

  /** Calls of the endless kind that have ended. */
  long finished() {
    return finished;
  }

  SimUser user() {
    return user;
  }
}
