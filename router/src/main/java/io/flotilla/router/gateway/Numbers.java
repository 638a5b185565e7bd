package io.flotilla.router.gateway;

import java.util.OptionalLong;

/** Whole numbers as Redis reads them: no plus, no space, no leading zero, no minus zero. */
final class Numbers {
  private static final int CHARACTERS_MAX = 20;

  private Numbers() {}

  /** Nothing, if these bytes are not a signed 64-bit number in its one form. */
  static OptionalLong parse(byte[] bytes) {
    int length = bytes.length;
    if (length < 1 || length > CHARACTERS_MAX) {
      return OptionalLong.empty();
    }
    boolean negative = bytes[0] == '-';
    int first = negative ? 1 : 0;
    if (first == length || (bytes[first] == '0' && length > 1)) {
      return OptionalLong.empty();
    }
    long value = 0; // kept negative, where there is room for one more
    for (int i = first; i < length; i++) {
      int digit = bytes[i] - '0';
      if (digit < 0 || digit > 9 || value < (Long.MIN_VALUE + digit) / 10) {
        return OptionalLong.empty();
      }
      value = value * 10 - digit;
    }
    if (negative) {
      return OptionalLong.of(value);
    }
    return value == Long.MIN_VALUE ? OptionalLong.empty() : OptionalLong.of(-value);
  }
}
