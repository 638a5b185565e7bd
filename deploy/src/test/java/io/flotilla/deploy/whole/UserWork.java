package io.flotilla.deploy.whole;

import io.flotilla.deploy.whole.UserKeys.Kind;
import io.flotilla.raft.history.Action;
import io.flotilla.raft.history.Outcome;
import io.flotilla.raft.history.Value;
import io.flotilla.raft.sim.Chance;
import io.flotilla.raft.sim.SimClock;
import io.flotilla.router.client.Bytes;
import io.flotilla.router.client.KvClient;
import io.flotilla.router.client.KvException;
import io.flotilla.router.client.ReadLevel;
import io.flotilla.router.client.ReadOptions;
import io.flotilla.router.client.Scan;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.IntPredicate;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * What a user does all day: several operations at a time, drawn one by one. Most are of one key;
 * now and then it scans, or asks for several keys in one call. One thread.
 */
final class UserWork {
  private static final int STREAMS = 3;
  private static final long PAUSE_MICROS_MAX = 400_000;

  private static final double READS = 0.35;
  private static final double SCANS = 0.04;
  private static final double BUNDLES = 0.06;

  /** How likely a key is looked at again as soon as there is an answer about it. */
  private static final double AGAIN = 0.25;

  private static final int PAGE_MAX = 5;

  private final SimUser user;
  private final SeenByUsers seen;
  private final SimClock clock;
  private final Chance chance;
  private final boolean forgetful;
  private boolean stopped;
  private long values;

  /**
   * @param seen by all users
   */
  UserWork(SimUser user, SeenByUsers seen) {
    this(user, seen, false);
  }

  private UserWork(SimUser user, SeenByUsers seen, boolean forgetful) {
    this.user = user;
    this.seen = seen;
    this.forgetful = forgetful;
    this.clock = user.world.clock();
    this.chance = user.chance();
  }

  /** Of one key at a time, and nothing that depends on what was seen: that may be given up. */
  static UserWork ofWhoForgets(SimUser user) {
    return new UserWork(user, new SeenByUsers(), true);
  }

  void start() {
    for (int i = 0; i < STREAMS; i++) {
      pauseThen();
    }
  }

  void stop() {
    stopped = true;
  }

  private void pauseThen() {
    clock.after(chance.between(1, PAUSE_MICROS_MAX), this::next);
  }

  private void next() {
    if (stopped) {
      return;
    }
    if (forgetful) {
      readOrWrite(chance.below(UserKeys.COUNT));
      return;
    }
    double what = chance.upTo(1);
    if (what < READS) {
      int key = chance.below(UserKeys.COUNT);
      read(looks(drawLevel()), key, () -> lookAgainOrPause(key));
    } else if (what < READS + SCANS) {
      scan();
    } else if (what < READS + SCANS + BUNDLES) {
      bundle();
    } else {
      write(chance.below(UserKeys.COUNT));
    }
  }

  private KvClient keys() {
    return user.client().keyspace("default");
  }

  private Looks looks(ReadLevel level) {
    return new Looks(user, seen, level);
  }

  private ReadLevel drawLevel() {
    double what = chance.upTo(1);
    return what < 0.4
        ? ReadLevel.LINEARIZABLE
        : what < 0.6 ? ReadLevel.FOLLOWER : what < 0.95 ? ReadLevel.SESSION : ReadLevel.STALE;
  }

  // ---- one key

  private void readOrWrite(int key) {
    ReadLevel level = chance.happens(0.3) ? ReadLevel.FOLLOWER : ReadLevel.LINEARIZABLE;
    Action action = chance.happens(READS) ? new Action.Get() : drawWrite(key);
    KvClient keys = keys().withReads(ReadOptions.of(level));
    user.perform(keys, UserKeys.name(key), UserKeys.key(key), action, told -> pauseThen());
  }

  private void read(Looks looks, int key, Runnable then) {
    Looks.Look look = looks.begin(key);
    Supplier<String> what = () -> looks.level() + " get of " + UserKeys.name(key) + ": ";
    user.await(
        looks.keys().get(UserKeys.key(key)),
        new SimUser.Reception<Optional<Bytes>>() {
          @Override
          public Supplier<String> succeeded(Optional<Bytes> found) {
            Value value = SimUser.value(found);
            look.saw(value);
            return () -> what.get() + value;
          }

          @Override
          public Supplier<String> failed(KvException why) {
            look.ended();
            return () -> what.get() + why.getMessage();
          }

          @Override
          public void over() {
            then.run();
          }
        });
  }

  private void write(int key) {
    if (UserKeys.kind(key) != Kind.REGISTER) {
      seen.begin(key);
    }
    Action action = drawWrite(key);
    user.perform(
        keys(),
        UserKeys.name(key),
        UserKeys.key(key),
        action,
        told -> {
          if (told.isPresent() && told.get() instanceof Outcome.Number number) {
            seen.wrote(user.id(), key, number.now());
          }
          lookAgainOrPause(key);
        });
  }

  /** Some replicas do not yet have what the session has just written or read. */
  private void lookAgainOrPause(int key) {
    if (!stopped && chance.happens(AGAIN)) {
      read(looks(ReadLevel.SESSION), key, this::pauseThen);
    } else {
      pauseThen();
    }
  }

  private Action drawWrite(int key) {
    return switch (UserKeys.kind(key)) {
      case COUNTER, TEXT -> growth(key);
      case REGISTER -> drawWriteOfRegister();
    };
  }

  private Action growth(int key) {
    return UserKeys.kind(key) == Kind.COUNTER
        ? new Action.Increment(1)
        : new Action.Append(Character.toString((char) ('a' + chance.below(26))));
  }

  private Action drawWriteOfRegister() {
    return chance.happens(0.2)
        ? new Action.Delete()
        : chance.happens(0.3)
            ? new Action.CompareAndSet(Value.ABSENT, newValue())
            : new Action.Put(newValue());
  }

  private Value newValue() {
    return Value.of(user.id() + "." + ++values);
  }

  // ---- many keys

  /** In pages of a few, most often; to the end. */
  private void scan() {
    int from = chance.below(UserKeys.COUNT);
    int to = chance.between(from, UserKeys.COUNT);
    boolean all = chance.happens(0.5);
    Scan scan = all ? Scan.all() : Scan.range(UserKeys.key(from), end(to));
    if (chance.happens(0.8)) {
      scan = scan.limit(chance.between(1, PAGE_MAX));
    }
    if (chance.happens(0.1)) {
      scan = scan.onlyKeys();
    }
    List<Integer> range = numbers(all ? key -> true : key -> key >= from && key < to);
    if (chance.happens(0.4)) {
      scan = scan.reversed();
      Collections.reverse(range);
    }
    new UserScan(user, looks(drawLevel()), range, this::pauseThen).go(scan);
  }

  private static Bytes end(int to) {
    return to < UserKeys.COUNT ? UserKeys.key(to) : Bytes.of((byte) -1);
  }

  private void bundle() {
    UserBundle bundle = new UserBundle(user, seen, this::pauseThen);
    double what = chance.upTo(1);
    if (what < 0.4) {
      bundle.getAll(looks(drawLevel()), numbers(key -> chance.happens(0.5)));
    } else if (what < 0.7) {
      bundle.putAll(keys(), drawn(registers(), key -> newValue()));
    } else if (what < 0.8) {
      bundle.deleteAll(keys(), registers());
    } else {
      // Neighbours, which lie in one shard most often: two that grow, or one and a register.
      int first = chance.below(UserKeys.COUNT - 1);
      bundle.batch(keys(), drawn(List.of(first, first + 1), this::drawOfBatch));
    }
  }

  private Action drawOfBatch(int key) {
    return UserKeys.kind(key) == Kind.REGISTER ? new Action.Put(newValue()) : growth(key);
  }

  private List<Integer> registers() {
    return numbers(key -> UserKeys.kind(key) == Kind.REGISTER && chance.happens(0.7));
  }

  private static List<Integer> numbers(IntPredicate which) {
    return IntStream.range(0, UserKeys.COUNT)
        .filter(which)
        .boxed()
        .collect(Collectors.toList()); // to be turned round
  }

  private static <T> Map<Integer, T> drawn(List<Integer> numbers, Function<Integer, T> draw) {
    Map<Integer, T> drawn = new TreeMap<>();
    numbers.forEach(key -> drawn.put(key, draw.apply(key)));
    return drawn;
  }

  // ---- in the end

  /** What is there becomes part of the history, by reads of each key. */
  void readAll() {
    numbers(key -> true).forEach(key -> read(looks(ReadLevel.LINEARIZABLE), key, () -> {}));
  }

  /** As {@link #readAll}, by a scan. */
  void scanAll() {
    new UserScan(user, looks(ReadLevel.LINEARIZABLE), numbers(key -> true), () -> {})
        .go(Scan.all().limit(PAGE_MAX));
  }
}
