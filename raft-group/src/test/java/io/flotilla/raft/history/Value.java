package io.flotilla.raft.history;

/**
 * What a key holds: a text, nothing, or, at the start of a window cut out of a history, it is not
 * known what.
 */
public record Value(Kind kind, String text) {
  /** Kinds of value. */
  public enum Kind {
    TEXT,
    ABSENT,
    ANY
  }

  public static final Value ABSENT = new Value(Kind.ABSENT, "");

  /** Stands for every value at once; no key really holds it. */
  static final Value ANY = new Value(Kind.ANY, "");

  public static Value of(String text) {
    return new Value(Kind.TEXT, text);
  }

  public static Value of(long number) {
    return of(Long.toString(number));
  }

  @Override
  public String toString() {
    return switch (kind) {
      case TEXT -> '"' + text + '"';
      case ABSENT -> "nothing";
      case ANY -> "anything";
    };
  }
}
