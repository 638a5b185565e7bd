package io.flotilla.deploy.whole;

import io.flotilla.raft.history.Value;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * What users were told of those keys that only ever grow: by how much each user has seen a key grow
 * is the least that a session of its may be shown from then on ({@link
 * io.flotilla.router.client.ReadLevel#SESSION}: its own writes, and whatever it has read at any
 * level). Nobody is ever shown more than was asked for, nor two texts that do not begin alike.
 * Registers go to and fro, of which nothing is said here. One thread.
 */
final class SeenByUsers {
  /** Of a counter its number, of a text its length; begun by anybody, done or not. */
  private final long[] begun = new long[UserKeys.COUNT];

  private final String[] longest = new String[UserKeys.COUNT];
  private final Map<Integer, long[]> seen = new HashMap<>();

  SeenByUsers() {
    Arrays.fill(longest, "");
  }

  /** It is asked for one more, which may never happen. */
  void begin(int key) {
    begun[key]++;
  }

  /** The least that the user may be shown in what it begins now. */
  long least(int user, int key) {
    return of(user)[key];
  }

  /** A write of the user was acknowledged, and answered with this. */
  void wrote(int user, int key, long size) {
    of(user)[key] = Math.max(of(user)[key], size);
  }

  /** The user read this, at whatever level. */
  void read(int user, int key, Value value) {
    UserKeys.Kind kind = UserKeys.kind(key);
    if (kind == UserKeys.Kind.REGISTER) {
      return;
    }
    long size = size(key, value);
    if (size > begun[key]) {
      throw new AssertionError(
          "FROM NOWHERE: user %d is shown %s as %s, but only %d were asked for"
              .formatted(user, UserKeys.name(key), value, begun[key]));
    }
    if (kind == UserKeys.Kind.TEXT) {
      checkBeginning(user, key, value.text());
    }
    wrote(user, key, size);
  }

  private void checkBeginning(int user, int key, String text) {
    String known = longest[key];
    if (!known.startsWith(text) && !text.startsWith(known)) {
      throw new AssertionError(
          "TWO TEXTS: user %d is shown %s as \"%s\", which was shown as \"%s\""
              .formatted(user, UserKeys.name(key), text, known));
    }
    longest[key] = text.length() > known.length() ? text : known;
  }

  /**
   * A session of the user was shown this.
   *
   * @param least as {@link #least} was when the read began
   */
  void readInSession(int user, int key, Value value, long least) {
    if (UserKeys.kind(key) != UserKeys.Kind.REGISTER && size(key, value) < least) {
      throw new AssertionError(
          "SESSION: user %d is shown %s as %s, of which it has seen %d before"
              .formatted(user, UserKeys.name(key), value, least));
    }
    read(user, key, value);
  }

  private static long size(int key, Value value) {
    boolean counted = UserKeys.kind(key) == UserKeys.Kind.COUNTER;
    return counted && !value.equals(Value.ABSENT)
        ? Long.parseLong(value.text())
        : value.text().length();
  }

  private long[] of(int user) {
    return seen.computeIfAbsent(user, fresh -> new long[UserKeys.COUNT]);
  }
}
