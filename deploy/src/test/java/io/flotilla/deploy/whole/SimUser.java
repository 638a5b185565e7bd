package io.flotilla.deploy.whole;

import io.flotilla.raft.history.Action;
import io.flotilla.raft.history.History;
import io.flotilla.raft.history.Outcome;
import io.flotilla.raft.history.Value;
import io.flotilla.raft.sim.Chance;
import io.flotilla.router.client.Bytes;
import io.flotilla.router.client.ClientConfig;
import io.flotilla.router.client.ClientPorts;
import io.flotilla.router.client.FlotillaClient;
import io.flotilla.router.client.KvClient;
import io.flotilla.router.client.KvException;
import io.flotilla.router.client.ReadLevel;
import io.flotilla.router.client.ReadOptions;
import io.flotilla.session.Session;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A program that uses the SDK, several of whose operations are under way at a time; what it asked
 * and was told becomes part of the history. It never crashes. One thread.
 */
final class SimUser extends SimProcess {
  private static final int STREAMS = 3;
  private static final long PAUSE_MICROS_MAX = 400_000;
  private static final Duration CALL = Duration.ofSeconds(4);
  private static final Duration ATTEMPT = Duration.ofSeconds(1);

  private final WholeSimulation whole;
  private final History history;
  private final Chance chance;
  private @Nullable FlotillaClient client;
  private boolean stopped;
  private int underWay;
  private long finished;
  private long values;

  SimUser(WholeSimulation whole, int id, History history) {
    super(whole.world(), whole.wallClocks(), id, "user" + id + ":1");
    this.whole = whole;
    this.history = history;
    this.chance = world.chance().fork();
  }

  @Override
  void begin(Life born) {
    SimLoop loop = newLoop(born);
    ClientPorts ports =
        new ClientPorts(
            whole.connections(this, born),
            () -> loop,
            this::nanos,
            this::wallMillis,
            chance::between,
            new Session(chance.between(1, Long.MAX_VALUE - 1), id()));
    ClientConfig config =
        ClientConfig.of(whole.placement()).withCallTimeout(CALL).withAttemptTimeout(ATTEMPT);
    client = FlotillaClient.open(config, ports);
  }

  FlotillaClient client() {
    return java.util.Objects.requireNonNull(client);
  }

  private KvClient keys() {
    return client().keyspace("default");
  }

  void startWork() {
    for (int i = 0; i < STREAMS; i++) {
      pauseThen();
    }
  }

  void stopWork() {
    stopped = true;
  }

  boolean isIdle() {
    return underWay == 0;
  }

  /** Operations that have ended, however. */
  long finished() {
    return finished;
  }

  private void pauseThen() {
    world.clock().after(chance.between(1, PAUSE_MICROS_MAX), this::next);
  }

  private void next() {
    if (stopped) {
      return;
    }
    int key = chance.below(UserKeys.COUNT);
    if (chance.happens(0.35)) {
      read(key, this::pauseThen);
    } else {
      write(key);
    }
  }

  /** Of any replica now and then. */
  void read(int key, Runnable then) {
    KvClient from =
        chance.happens(0.3) ? keys().withReads(ReadOptions.of(ReadLevel.FOLLOWER)) : keys();
    ask(
        key,
        new Action.Get(),
        from.get(UserKeys.key(key)),
        found -> new Outcome.Saw(found.map(value -> Value.of(value.asUtf8())).orElse(Value.ABSENT)),
        then);
  }

  private void write(int number) {
    Bytes key = UserKeys.key(number);
    switch (UserKeys.kind(number)) {
      case COUNTER ->
          ask(
              number,
              new Action.Increment(1),
              keys().increment(key, 1),
              Outcome.Number::new,
              this::pauseThen);
      case TEXT -> {
        String suffix = Character.toString((char) ('a' + chance.below(26)));
        ask(
            number,
            new Action.Append(suffix),
            keys().append(key, Bytes.utf8(suffix)),
            Outcome.Number::new,
            this::pauseThen);
      }
      case REGISTER -> writeRegister(number, key);
    }
  }

  private void writeRegister(int number, Bytes key) {
    String value = id() + "." + ++values;
    if (chance.happens(0.2)) {
      ask(number, new Action.Delete(), keys().delete(key), Outcome.Took::new, this::pauseThen);
    } else if (chance.happens(0.3)) {
      ask(
          number,
          new Action.CompareAndSet(Value.ABSENT, Value.of(value)),
          keys().compareAndSet(key, Optional.empty(), Optional.of(Bytes.utf8(value))),
          result -> new Outcome.Took(result.swapped()),
          this::pauseThen);
    } else {
      ask(
          number,
          new Action.Put(Value.of(value)),
          keys().put(key, Bytes.utf8(value)),
          nothing -> Outcome.done(),
          this::pauseThen);
    }
  }

  /** The history's call begins before anything of it is sent: the SDK's loop sends, later. */
  private <T> void ask(
      int key,
      Action action,
      CompletableFuture<T> answer,
      Function<T, Outcome> outcome,
      Runnable then) {
    History.Call call = history.invoke(id(), UserKeys.name(key), action);
    underWay++;
    answer.whenComplete(
        (value, failure) ->
            world.clock().after(0, () -> ended(call, action, value, failure, outcome, then)));
  }

  private <T> void ended(
      History.Call call,
      Action action,
      T value,
      @Nullable Throwable failure,
      Function<T, Outcome> outcome,
      Runnable then) {
    underWay--;
    finished++;
    if (failure == null) {
      call.returned(outcome.apply(value));
    } else if (failure instanceof KvException why) {
      boolean changed = !(action instanceof Action.Get);
      if (!changed || !why.outcomeUnknown()) {
        call.refused();
      }
    } else {
      throw new AssertionError("SDK: an answer failed with something else", failure);
    }
    world
        .trace()
        .add(
            "told",
            id(),
            finished,
            failure == null ? 1 : 0,
            () -> call + ": " + (failure == null ? value : failure.getMessage()));
    then.run();
  }

  @Override
  void end() {
    throw new IllegalStateException("users do not crash");
  }

  @Override
  public boolean leads() {
    return false;
  }
}
