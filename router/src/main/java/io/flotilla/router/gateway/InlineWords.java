package io.flotilla.router.gateway;

import io.flotilla.router.client.Bytes;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Splits a line as Redis does: words between spaces; in double quotes {@code \n \r \t \b \a},
 * {@code \xHH} and any escaped character; in single quotes only {@code \'}; a closing quote must
 * end its word.
 */
final class InlineWords {
  private final byte[] line;
  private int at;

  private InlineWords(byte[] line) {
    this.line = line;
  }

  /** Nothing, if the quotes do not balance. */
  static Optional<List<Bytes>> of(byte[] line) {
    InlineWords rest = new InlineWords(line);
    List<Bytes> words = new ArrayList<>();
    while (rest.skipSpaces()) {
      ByteArrayOutputStream word = new ByteArrayOutputStream();
      if (!rest.readWord(word)) {
        return Optional.empty();
      }
      words.add(Bytes.wrap(word.toByteArray()));
    }
    return Optional.of(words);
  }

  /** Whether anything is left after them. */
  private boolean skipSpaces() {
    while (at < line.length && isSpace(line[at])) {
      at++;
    }
    return at < line.length;
  }

  private boolean readWord(ByteArrayOutputStream word) {
    while (at < line.length && !isSpace(line[at])) {
      byte next = line[at++];
      if (next == '"' || next == '\'') {
        return readQuoted(next, word) && (at == line.length || isSpace(line[at]));
      }
      word.write(next);
    }
    return true;
  }

  private boolean readQuoted(byte quote, ByteArrayOutputStream word) {
    while (at < line.length) {
      byte next = line[at++];
      if (next == quote) {
        return true;
      }
      if (next == '\\' && at < line.length) {
        word.write(quote == '"' ? readEscape() : readApostrophe());
      } else {
        word.write(next);
      }
    }
    return false;
  }

  private int readApostrophe() {
    if (line[at] != '\'') {
      return '\\';
    }
    return line[at++];
  }

  private int readEscape() {
    if (line[at] == 'x' && at + 2 < line.length) {
      int high = Character.digit(line[at + 1], 16);
      int low = Character.digit(line[at + 2], 16);
      if (high >= 0 && low >= 0) {
        at += 3;
        return high << 4 | low;
      }
    }
    byte escaped = line[at++];
    return switch (escaped) {
      case 'n' -> '\n';
      case 'r' -> '\r';
      case 't' -> '\t';
      case 'b' -> '\b';
      case 'a' -> 7;
      default -> escaped;
    };
  }

  private static boolean isSpace(byte b) {
    return b == ' ' || (b >= '\t' && b <= '\r') || b == 0;
  }
}
