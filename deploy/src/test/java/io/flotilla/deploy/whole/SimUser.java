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
import io.flotilla.session.Session;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A program that uses the SDK, several of whose operations may be under way at a time; what it
 * asked and was told becomes part of the history. It never crashes. One thread.
 */
final class SimUser extends SimProcess {
  private static final Duration CALL = Duration.ofSeconds(4);
  private static final Duration ATTEMPT = Duration.ofSeconds(1);

  private final WholeCluster whole;
  private final History history;
  private final Chance chance;
  private @Nullable FlotillaClient client;
  private int underWay;
  private long finished;

  SimUser(WholeCluster whole, int id, History history) {
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
    return Objects.requireNonNull(client);
  }

  /** Its own. */
  Chance chance() {
    return chance;
  }

  boolean isIdle() {
    return underWay == 0;
  }

  /** Operations that have ended, however. */
  long finished() {
    return finished;
  }

  /**
   * Has something done to a key.
   *
   * @param name of the key in the history
   * @param then is told what came of it; nothing if it failed, or nobody knows
   */
  void perform(
      KvClient keys, String name, Bytes key, Action action, Consumer<Optional<Outcome>> then) {
    Asked asked = new Asked(invoke(name, action), action, then);
    if (action instanceof Action.Get) {
      asked.await(keys.get(key), found -> new Outcome.Saw(value(found)));
    } else if (action instanceof Action.Put put) {
      asked.await(keys.put(key, bytes(put.value())), nothing -> Outcome.done());
    } else if (action instanceof Action.Delete) {
      asked.await(keys.delete(key), Outcome.Took::new);
    } else if (action instanceof Action.CompareAndSet cas) {
      Optional<Bytes> expected =
          cas.expected().equals(Value.ABSENT)
              ? Optional.empty()
              : Optional.of(bytes(cas.expected()));
      asked.await(
          keys.compareAndSet(key, expected, Optional.of(bytes(cas.value()))),
          result -> new Outcome.Took(result.swapped()));
    } else if (action instanceof Action.Increment increment) {
      asked.await(keys.increment(key, increment.by()), Outcome.Number::new);
    } else if (action instanceof Action.Append append) {
      asked.await(keys.append(key, Bytes.utf8(append.suffix())), Outcome.Number::new);
    }
  }

  static Bytes bytes(Value value) {
    return Bytes.utf8(value.text());
  }

  static Value value(Optional<Bytes> found) {
    return found.map(bytes -> Value.of(bytes.asUtf8())).orElse(Value.ABSENT);
  }

  /** Begins an operation of the history, before anything of it is sent: the SDK sends later. */
  History.Call invoke(String name, Action action) {
    return history.invoke(id(), name, action);
  }

  /**
   * What is made of the answer to one call of the SDK. Both ways say what the trace is to say of
   * it, which is asked only for the readable form.
   */
  interface Reception<T> {
    Supplier<String> succeeded(T value);

    Supplier<String> failed(KvException why);

    /** After either. */
    void over();
  }

  /** Counts a call that has begun; what came of it is told at a moment of its own. */
  <T> void await(CompletableFuture<T> answer, Reception<T> reception) {
    underWay++;
    answer.whenComplete(
        (value, failure) -> world.clock().after(0, () -> receive(value, failure, reception)));
  }

  private <T> void receive(T value, @Nullable Throwable failure, Reception<T> reception) {
    Supplier<String> text;
    if (failure == null) {
      text = reception.succeeded(value);
    } else if (failure instanceof KvException why) {
      text = reception.failed(why);
    } else {
      throw new AssertionError("SDK: an answer failed with something else", failure);
    }
    underWay--;
    finished++;
    world.trace().add("told", id(), finished, failure == null ? 1 : 0, text);
    reception.over();
  }

  /** One action on one key. */
  private final class Asked {
    private final History.Call call;
    private final Action action;
    private final Consumer<Optional<Outcome>> then;

    Asked(History.Call call, Action action, Consumer<Optional<Outcome>> then) {
      this.call = call;
      this.action = action;
      this.then = then;
    }

    <T> void await(CompletableFuture<T> answer, Function<T, Outcome> outcome) {
      SimUser.this.await(
          answer,
          new Reception<T>() {
            private Optional<Outcome> told = Optional.empty();

            @Override
            public Supplier<String> succeeded(T value) {
              Outcome came = outcome.apply(value);
              told = Optional.of(came);
              call.returned(came);
              return () -> call + ": " + came;
            }

            @Override
            public Supplier<String> failed(KvException why) {
              boolean changed = !(action instanceof Action.Get);
              if (!changed || !why.outcomeUnknown()) {
                call.refused();
              }
              return () -> call + ": " + why.getMessage();
            }

            @Override
            public void over() {
              then.accept(told);
            }
          });
    }
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
