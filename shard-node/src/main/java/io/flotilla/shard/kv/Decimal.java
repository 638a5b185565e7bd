package io.flotilla.shard.kv;

import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** Signed 64-bit numbers in ASCII, in the one spelling that Redis takes: no +, no leading zeros. */
final class Decimal {
  private static final int DIGITS_MAX = 20;

  private Decimal() {}

  static Optional<Long> parse(byte[] ascii) {
    if (ascii.length == 0 || ascii.length > DIGITS_MAX) {
      return Optional.empty();
    }
    boolean negative = ascii[0] == '-';
    int at = negative ? 1 : 0;
    if (at == ascii.length || (ascii[at] == '0' && ascii.length > 1)) {
      return Optional.empty();
    }
    long value = 0; // kept negative: there is one more negative number than positive
    for (; at < ascii.length; at++) {
      int digit = ascii[at] - '0';
      if (digit < 0 || digit > 9 || value < (Long.MIN_VALUE + digit) / 10) {
        return Optional.empty();
      }
      value = value * 10 - digit;
    }
    if (!negative && value == Long.MIN_VALUE) {
      return Optional.empty();
    }
    return Optional.of(negative ? value : -value);
  }

  static byte[] format(long value) {
    return Long.toString(value).getBytes(StandardCharsets.US_ASCII);
  }
}
