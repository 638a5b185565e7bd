package io.flotilla.deploy.whole;

import io.flotilla.raft.history.Action;
import io.flotilla.raft.history.History;
import io.flotilla.raft.history.Outcome;
import io.flotilla.raft.history.Value;
import io.flotilla.raft.sim.FaultKind;
import io.flotilla.router.client.KvClient;
import io.flotilla.router.client.ReadLevel;
import io.flotilla.router.client.ReadOptions;

/**
 * How one user reads at one level, and what that level promises of each key that a call reads: a
 * linearizable one becomes an operation of the history, the others are judged by what was {@link
 * SeenByUsers}. One thread.
 */
final class Looks {
  private final SimUser user;
  private final SeenByUsers seen;
  private final ReadLevel level;

  Looks(SimUser user, SeenByUsers seen, ReadLevel level) {
    this.user = user;
    this.seen = seen;
    this.level = level;
  }

  ReadLevel level() {
    return level;
  }

  KvClient keys() {
    return user.client().keyspace("default").withReads(ReadOptions.of(level));
  }

  /** One key as a part of a call, from before that is sent. */
  interface Look {
    void saw(Value value);

    /** The call was not answered, or not about this key. */
    void ended();
  }

  Look begin(int key) {
    return switch (level) {
      case LINEARIZABLE, FOLLOWER -> inHistory(key);
      case SESSION -> inSession(key);
      case STALE -> anyState(key);
    };
  }

  private Look inHistory(int key) {
    History.Call call = user.invoke(UserKeys.name(key), new Action.Get());
    return new Look() {
      @Override
      public void saw(Value value) {
        call.returned(new Outcome.Saw(value));
        seen.read(user.id(), key, value);
      }

      @Override
      public void ended() {
        call.refused();
      }
    };
  }

  private Look inSession(int key) {
    long least = seen.least(user.id(), key);
    return new Look() {
      @Override
      public void saw(Value value) {
        seen.readInSession(user.id(), key, value, least);
        user.world.counts().add(FaultKind.SESSION_READ);
      }

      @Override
      public void ended() {}
    };
  }

  private Look anyState(int key) {
    return new Look() {
      @Override
      public void saw(Value value) {
        seen.read(user.id(), key, value);
      }

      @Override
      public void ended() {}
    };
  }
}
