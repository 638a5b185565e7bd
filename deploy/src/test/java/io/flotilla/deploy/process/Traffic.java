package io.flotilla.deploy.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.flotilla.raft.history.Action;
import io.flotilla.raft.history.History;
import io.flotilla.raft.history.Linearizability;
import io.flotilla.raft.history.Operation;
import io.flotilla.raft.history.Outcome;
import io.flotilla.raft.history.Value;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;

/**
 * Clients that share keys and go on until told to stop, whatever fails meanwhile; what they asked
 * and were told is recorded. Each has a thread and one operation under way. Keys belong to this
 * traffic alone, so that what one traffic left under way does not reach into the next.
 */
final class Traffic implements AutoCloseable {
  /** What is done to a key. */
  private enum Kind {
    REGISTER,
    COUNTER,
    LIST
  }

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  /** After so many turns a client goes on to fresh keys: a list that is read must not grow long. */
  private static final int TURNS_WITH_A_KEY = 300;

  /** Before a client that was not answered asks for something else. */
  private static final long BACKOFF_MILLIS = 20;

  /**
   * What is asked.
   *
   * @param keys of a kind, at a time
   * @param readsOfTen the others change what is there
   * @param theta how much more often the first keys are asked for than the last: 0 for all alike
   */
  record Mix(int keys, int readsOfTen, double theta) {
    static final Mix EVEN = new Mix(24, 4, 0);

    /** Half reads, half updates, by a Zipfian distribution. */
    static final Mix YCSB_A = new Mix(100, 5, 0.99);

    private double[] weights() {
      double[] upTo = new double[keys];
      double sum = 0;
      for (int i = 0; i < keys; i++) {
        sum += 1 / Math.pow(i + 1, theta);
        upTo[i] = sum;
      }
      return upTo;
    }
  }

  private final String name;
  private final long seed;
  private final Mix mix;
  private final double[] weights;
  private final long pauseMillis;
  private final History history = new History(System::nanoTime);
  private final List<Thread> threads = new ArrayList<>();
  private final AtomicReference<Throwable> bug = new AtomicReference<>();
  private final CountDownLatch stopped = new CountDownLatch(1);

  /** As fast as it is answered. */
  Traffic(String name, long seed) {
    this(name, seed, Mix.EVEN, Duration.ZERO);
  }

  /** As fast as it is answered. */
  Traffic(String name, long seed, Mix mix) {
    this(name, seed, mix, Duration.ZERO);
  }

  /**
   * @param pause of each client after each answer: who shares a machine with the cluster leaves it
   *     some of the time
   */
  Traffic(String name, long seed, Duration pause) {
    this(name, seed, Mix.EVEN, pause);
  }

  private Traffic(String name, long seed, Mix mix, Duration pause) {
    this.name = name;
    this.seed = seed;
    this.mix = mix;
    this.weights = mix.weights();
    this.pauseMillis = pause.toMillis();
  }

  /** One more client. */
  void through(StoreDoor door) {
    int client = threads.size() + 1;
    Thread thread = new Thread(() -> goOn(client, door), name + "-client-" + client);
    threads.add(thread);
    thread.start();
  }

  private void goOn(int client, StoreDoor door) {
    Random random = new Random(seed * 100 + client);
    Value[] seen = new Value[mix.keys()];
    try (door) {
      for (int turn = 1; stopped.getCount() > 0; turn++) {
        Kind kind = Kind.values()[random.nextInt(Kind.values().length)];
        int number = key(random);
        String key = name + "-" + kind + "-" + number + "-" + turn / TURNS_WITH_A_KEY;
        String unique = client + "." + turn;
        Value before = seen[number] == null ? Value.ABSENT : seen[number];
        Action action = action(kind, random.nextInt(10), unique, before, door.compares());
        Outcome outcome = ask(client, door, key, action);
        if (kind == Kind.REGISTER && outcome instanceof Outcome.Saw saw) {
          seen[number] = saw.value();
        }
        if (pauseMillis > 0) {
          stopped.await(pauseMillis, TimeUnit.MILLISECONDS);
        }
      }
    } catch (RuntimeException | InterruptedException e) {
      bug.compareAndSet(null, e);
    }
  }

  private int key(Random random) {
    double drawn = random.nextDouble() * weights[weights.length - 1];
    int found = Arrays.binarySearch(weights, drawn);
    return Math.min(found < 0 ? -found - 1 : found, weights.length - 1);
  }

  private Action action(Kind kind, int dice, String unique, Value before, boolean compares) {
    if (dice < mix.readsOfTen()) {
      return new Action.Get();
    }
    return switch (kind) {
      case COUNTER -> new Action.Increment(1);
      case LIST -> new Action.Append(unique + ";");
      case REGISTER ->
          dice == 9
              ? new Action.Delete()
              : dice > 6 && compares
                  ? new Action.CompareAndSet(before, Value.of(unique))
                  : new Action.Put(Value.of(unique));
    };
  }

  private Outcome ask(int client, StoreDoor door, String key, Action action)
      throws InterruptedException {
    History.Call call = history.invoke(client, key, action);
    try {
      Outcome outcome = door.ask(key, action);
      call.returned(outcome);
      return outcome;
    } catch (StoreDoor.UnansweredException e) {
      if (e.certainlyNot()) {
        call.refused();
      }
      stopped.await(BACKOFF_MILLIS, TimeUnit.MILLISECONDS);
      return Outcome.unknown();
    }
  }

  /** Operations that were answered so far. */
  long answered() {
    throwBug();
    return history.answered();
  }

  /** Waits until clients were answered for a while; not for ever. */
  void awaitProgress() {
    long before = answered();
    await().atMost(PATIENCE).until(() -> answered() > before + 2_000);
  }

  private void throwBug() {
    Throwable problem = bug.get();
    if (problem != null) {
      throw new AssertionError("a client failed in a way that no client should", problem);
    }
  }

  /** Returns when no client has anything under way. */
  @Override
  public void close() throws InterruptedException {
    stopped.countDown();
    for (Thread thread : threads) {
      thread.join();
    }
    throwBug();
  }

  /**
   * When all is over: reads every key once more, and judges.
   *
   * @throws AssertionError if what all clients were told is not linearizable
   */
  Summary judge(StoreDoor door) throws StoreDoor.UnansweredException {
    List<Operation> operations = history.operations();
    for (String key : new TreeSet<>(operations.stream().map(Operation::key).toList())) {
      History.Call call = history.invoke(0, key, new Action.Get());
      call.returned(door.ask(key, new Action.Get()));
    }
    Linearizability.require(history.operations(), name);
    Set<Integer> answered =
        operations.stream()
            .filter(one -> one.returned() != Operation.NEVER)
            .map(Operation::client)
            .collect(Collectors.toSet());
    assertThat(answered).as("clients of %s that were answered", name).hasSameSizeAs(threads);
    return Summary.of(operations, history.refused());
  }

  /**
   * Within how many seconds 99 of 100 operations were answered that began in this time; NaN if none
   * was.
   *
   * @param fromNanos as {@link System#nanoTime}
   */
  double p99Seconds(long fromNanos, long toNanos) {
    long[] latencies =
        history.operations().stream()
            .filter(one -> one.invoked() >= fromNanos && one.invoked() < toNanos)
            .filter(one -> one.returned() != Operation.NEVER)
            .mapToLong(one -> one.returned() - one.invoked())
            .sorted()
            .toArray();
    return latencies.length == 0 ? Double.NaN : latencies[latencies.length * 99 / 100] / 1e9;
  }

  /** The longest time within this one in which nobody was answered. */
  double longestGapSeconds(long fromNanos, long toNanos) {
    return longestGap(
            history.operations().stream()
                .mapToLong(Operation::returned)
                .filter(time -> time >= fromNanos && time < toNanos)
                .sorted()
                .toArray())
        / 1e9;
  }

  private static long longestGap(long[] returns) {
    long longest = 0;
    for (int i = 1; i < returns.length; i++) {
      longest = Math.max(longest, returns[i] - returns[i - 1]);
    }
    return longest;
  }

  /**
   * What a traffic was like.
   *
   * @param refused of which clients were told that they have not taken effect, and never will
   * @param longestGapSeconds in which nobody was answered
   */
  record Summary(long answered, long refused, long unknown, double longestGapSeconds) {
    static final Summary NONE = new Summary(0, 0, 0, 0);

    private static Summary of(List<Operation> operations, long refused) {
      long[] returns =
          operations.stream()
              .mapToLong(Operation::returned)
              .filter(time -> time != Operation.NEVER)
              .sorted()
              .toArray();
      double longest = longestGap(returns) / 1e9;
      return new Summary(returns.length, refused, operations.size() - returns.length, longest);
    }

    Summary plus(Summary other) {
      return new Summary(
          answered + other.answered,
          refused + other.refused,
          unknown + other.unknown,
          Math.max(longestGapSeconds, other.longestGapSeconds));
    }

    /** Operations that clients gave up, whatever they know of them. */
    long failed() {
      return refused + unknown;
    }

    @Override
    public String toString() {
      return String.format(
          Locale.ROOT,
          "%,d operations answered, %,d refused, %,d of unknown outcome, longest gap %.2f s,"
              + " linearizable",
          answered,
          refused,
          unknown,
          longestGapSeconds);
    }
  }
}
