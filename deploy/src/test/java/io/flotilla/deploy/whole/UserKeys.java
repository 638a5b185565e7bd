package io.flotilla.deploy.whole;

import io.flotilla.router.client.Bytes;
import java.util.Locale;

/** The keys that users read and write, evenly over the keyspace, so that most cuts part some. */
final class UserKeys {
  /** Counters; then registers; then texts that grow. */
  enum Kind {
    COUNTER,
    REGISTER,
    TEXT
  }

  static final int COUNT = 12;

  private UserKeys() {}

  static Kind kind(int number) {
    return number % 3 == 0 ? Kind.COUNTER : number % 3 == 1 ? Kind.REGISTER : Kind.TEXT;
  }

  static Bytes key(int number) {
    return Bytes.of((byte) (number * 256 / COUNT + 7), (byte) number);
  }

  /** Whose key this is. */
  static int number(Bytes key) {
    for (int number = 0; number < COUNT; number++) {
      if (key(number).equals(key)) {
        return number;
      }
    }
    throw new AssertionError("FOREIGN KEY: nobody ever wrote " + key);
  }

  static String name(int number) {
    return kind(number).name().toLowerCase(Locale.ROOT) + "-" + number;
  }
}
