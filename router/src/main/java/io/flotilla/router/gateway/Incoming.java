package io.flotilla.router.gateway;

import io.flotilla.router.client.Bytes;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** What a client sent. */
sealed interface Incoming {
  /** The stream cannot be understood from here on: answered with the error, then closed. */
  record Malformed(String error) implements Incoming {}

  /**
   * A command and its arguments.
   *
   * @param arguments the name first; never empty
   * @param bytes length of all arguments together
   */
  record Request(List<Bytes> arguments, int bytes) implements Incoming {
    int size() {
      return arguments.size();
    }

    Bytes at(int index) {
      return arguments.get(index);
    }

    /** An argument as text, one character for each byte. */
    String text(int index) {
      return latin1(arguments.get(index));
    }

    /** An argument in lower case, to be compared with the name of a command or an option. */
    String word(int index) {
      return text(index).toLowerCase(Locale.ROOT);
    }

    /**
     * @throws Refused if it is no signed 64-bit decimal number as Redis writes them
     */
    long number(int index) {
      return number(index, Refused.NOT_AN_INTEGER);
    }

    /**
     * @throws Refused with this error if it is no number
     */
    long number(int index, String error) {
      return Numbers.parse(arguments.get(index).toByteArray())
          .orElseThrow(() -> new Refused(error));
    }

    /** Arguments from one on, every {@code step}th. */
    List<Bytes> every(int step, int from) {
      if (step == 1) {
        return arguments.subList(from, arguments.size());
      }
      List<Bytes> some = new ArrayList<>((arguments.size() - from + step - 1) / step);
      for (int i = from; i < arguments.size(); i += step) {
        some.add(arguments.get(i));
      }
      return some;
    }

    private static String latin1(Bytes bytes) {
      return StandardCharsets.ISO_8859_1.decode(bytes.asReadOnlyByteBuffer()).toString();
    }
  }
}
