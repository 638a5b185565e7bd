package io.flotilla.router.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.router.client.Bytes;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Patterns, also against the plain recursion that Redis uses. */
class GlobTest {
  @ParameterizedTest
  @CsvSource({
    "*, '', true",
    "'', '', true",
    "'', a, false",
    "a*c, abbc, true",
    "a*c, abcd, false",
    "h?llo, hello, true",
    "h?llo, hllo, false",
    "h[ae]llo, hallo, true",
    "h[^e]llo, hello, false",
    "h[^e]llo, hallo, true",
    "h[a-b]llo, hbllo, true",
    "h[b-a]llo, hallo, true",
    "h[a-b]llo, hcllo, false",
    "\\*, *, true",
    "\\*, a, false",
    "*a*b*c, xaxbxc, true",
    "*a*b*c, xaxbx, false",
    "[, [, false",
    "a[\\]]b, a]b, true",
  })
  void matches(String pattern, String key, boolean expected) {
    assertThat(new Glob(Bytes.utf8(pattern)).matches(Bytes.utf8(key))).isEqualTo(expected);
  }

  @Test
  void asThePlainRecursionDoes() {
    Random random = new Random(1);
    for (int i = 0; i < 200_000; i++) {
      String pattern = any(random, "ab*?[]^-\\", 9);
      String key = any(random, "ab]-\\", 6);
      assertThat(new Glob(Bytes.utf8(pattern)).matches(Bytes.utf8(key)))
          .as("%s on %s", pattern, key)
          .isEqualTo(plain(pattern, key));
    }
  }

  @Test
  void manyStarsTakeNoTime() {
    String stars = "*a".repeat(500) + "b";
    assertThat(new Glob(Bytes.utf8(stars)).matches(Bytes.utf8("a".repeat(4000)))).isFalse();
  }

  private static String any(Random random, String alphabet, int most) {
    StringBuilder text = new StringBuilder();
    for (int i = random.nextInt(most + 1); i > 0; i--) {
      text.append(alphabet.charAt(random.nextInt(alphabet.length())));
    }
    return text.toString();
  }

  private static boolean plain(String p, String s) {
    if (p.isEmpty()) {
      return s.isEmpty();
    }
    char first = p.charAt(0);
    if (first == '*') {
      for (int i = 0; i <= s.length(); i++) {
        if (plain(p.substring(1), s.substring(i))) {
          return true;
        }
      }
      return false;
    }
    if (s.isEmpty()) {
      return false;
    }
    if (first == '[') {
      return plainClass(p, s);
    }
    int literal = first == '\\' && p.length() > 1 ? 1 : 0;
    boolean one = (first == '?') || p.charAt(literal) == s.charAt(0);
    return one && plain(p.substring(literal + 1), s.substring(1));
  }

  private static boolean plainClass(String p, String s) {
    int at = 1;
    boolean not = at < p.length() && p.charAt(at) == '^';
    at += not ? 1 : 0;
    boolean found = false;
    char c = s.charAt(0);
    while (at < p.length() && p.charAt(at) != ']') {
      if (p.charAt(at) == '\\' && at + 1 < p.length()) {
        at++;
        found |= p.charAt(at) == c;
      } else if (at + 2 < p.length() && p.charAt(at + 1) == '-') {
        char low = (char) Math.min(p.charAt(at), p.charAt(at + 2));
        char high = (char) Math.max(p.charAt(at), p.charAt(at + 2));
        found |= c >= low && c <= high;
        at += 2;
      } else {
        found |= p.charAt(at) == c;
      }
      at++;
    }
    return found != not && plain(p.substring(Math.min(at + 1, p.length())), s.substring(1));
  }
}
