package io.flotilla.deploy.whole;

import io.flotilla.raft.history.Action;
import io.flotilla.raft.history.Value;
import io.flotilla.raft.sim.Chance;
import io.flotilla.raft.sim.SimClock;
import io.flotilla.router.client.KvClient;
import io.flotilla.router.client.ReadLevel;
import io.flotilla.router.client.ReadOptions;

/** What a user does all day: several operations at a time, drawn one by one. One thread. */
final class UserWork {
  private static final int STREAMS = 3;
  private static final long PAUSE_MICROS_MAX = 400_000;

  private final SimUser user;
  private final SimClock clock;
  private final Chance chance;
  private boolean stopped;
  private long values;

  UserWork(SimUser user) {
    this.user = user;
    this.clock = user.world.clock();
    this.chance = user.chance();
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
    int key = chance.below(UserKeys.COUNT);
    if (chance.happens(0.35)) {
      read(key, this::pauseThen);
    } else {
      perform(keys(), key, write(key), this::pauseThen);
    }
  }

  private KvClient keys() {
    return user.client().keyspace("default");
  }

  /** Of any replica now and then. */
  void read(int key, Runnable then) {
    KvClient from =
        chance.happens(0.3) ? keys().withReads(ReadOptions.of(ReadLevel.FOLLOWER)) : keys();
    perform(from, key, new Action.Get(), then);
  }

  private void perform(KvClient through, int key, Action action, Runnable then) {
    user.perform(through, UserKeys.name(key), UserKeys.key(key), action, told -> then.run());
  }

  private Action write(int key) {
    return switch (UserKeys.kind(key)) {
      case COUNTER -> new Action.Increment(1);
      case TEXT -> new Action.Append(Character.toString((char) ('a' + chance.below(26))));
      case REGISTER -> writeOfRegister();
    };
  }

  private Action writeOfRegister() {
    Value value = Value.of(user.id() + "." + ++values);
    return chance.happens(0.2)
        ? new Action.Delete()
        : chance.happens(0.3)
            ? new Action.CompareAndSet(Value.ABSENT, value)
            : new Action.Put(value);
  }
}
