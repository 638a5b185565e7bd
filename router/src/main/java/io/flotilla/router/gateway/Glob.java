package io.flotilla.router.gateway;

import io.flotilla.router.client.Bytes;

/**
 * Redis's patterns: {@code *}, {@code ?}, {@code [abc]}, {@code [^a-z]}, {@code \x}. Goes back only
 * to the last star, so it takes at most the product of both lengths; Redis's own is exponential in
 * the number of stars.
 */
final class Glob {
  private final byte[] pattern;

  Glob(Bytes pattern) {
    this.pattern = pattern.toByteArray();
  }

  boolean matches(Bytes key) {
    byte[] text = key.toByteArray();
    int p = 0;
    int t = 0;
    int afterStar = -1;
    int starTook = 0;
    while (t < text.length) {
      if (p < pattern.length && pattern[p] == '*') {
        afterStar = ++p;
        starTook = t;
      } else if (p < pattern.length && matchesOne(p, text[t])) {
        p = next(p);
        t++;
      } else if (afterStar >= 0) {
        p = afterStar;
        t = ++starTook;
      } else {
        return false;
      }
    }
    while (p < pattern.length && pattern[p] == '*') {
      p++;
    }
    return p == pattern.length;
  }

  private boolean matchesOne(int p, byte b) {
    return switch (pattern[p]) {
      case '?' -> true;
      case '[' -> matchesClass(p, b);
      case '\\' -> (p + 1 < pattern.length ? pattern[p + 1] : pattern[p]) == b;
      default -> pattern[p] == b;
    };
  }

  /** Where the pattern goes on after the one character that stands at {@code p}. */
  private int next(int p) {
    return switch (pattern[p]) {
      case '[' -> classEnd(p);
      case '\\' -> Math.min(p + 2, pattern.length);
      default -> p + 1;
    };
  }

  /** After the closing bracket; a class that is not closed ends with the pattern. */
  private int classEnd(int p) {
    int at = p + 1;
    if (at < pattern.length && pattern[at] == '^') {
      at++;
    }
    while (at < pattern.length && pattern[at] != ']') {
      at += elementLength(at);
    }
    return Math.min(at + 1, pattern.length);
  }

  /** Of what stands at {@code at} in a class: an escape, a range, or a character. */
  private int elementLength(int at) {
    if (pattern[at] == '\\' && at + 1 < pattern.length) {
      return 2;
    }
    return at + 2 < pattern.length && pattern[at + 1] == '-' ? 3 : 1;
  }

  private boolean matchesClass(int p, byte b) {
    int at = p + 1;
    boolean not = at < pattern.length && pattern[at] == '^';
    if (not) {
      at++;
    }
    boolean found = false;
    while (at < pattern.length && pattern[at] != ']') {
      int length = elementLength(at);
      found |=
          switch (length) {
            case 3 -> between(b, pattern[at], pattern[at + 2]);
            case 2 -> pattern[at + 1] == b;
            default -> pattern[at] == b;
          };
      at += length;
    }
    return found != not;
  }

  private static boolean between(byte b, byte one, byte other) {
    int value = b & 0xff;
    int low = Math.min(one & 0xff, other & 0xff);
    int high = Math.max(one & 0xff, other & 0xff);
    return value >= low && value <= high;
  }
}
