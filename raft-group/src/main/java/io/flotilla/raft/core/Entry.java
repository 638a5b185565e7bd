package io.flotilla.raft.core;

/** One slot of a log. The payload is shared, not copied: nobody may change it. */
public final class Entry {
  /** What a payload is for. Numbers stand on disk and on the wire. */
  public enum Kind {
    /** A command for the state machine. */
    COMMAND(0),
    /** The empty entry with which each leader begins its term (thesis §6.4). */
    NO_OP(1),
    /** A {@link Membership}, in force from the moment it is appended (thesis §4.1). */
    MEMBERSHIP(2);

    private static final Kind[] BY_CODE = values();
    private final int code;

    Kind(int code) {
      this.code = code;
    }

    public int code() {
      return code;
    }

    /**
     * @throws IllegalArgumentException if no kind has this number
     */
    public static Kind of(int code) {
      if (code < 0 || code >= BY_CODE.length) {
        throw new IllegalArgumentException("unknown entry kind " + code);
      }
      return BY_CODE[code];
    }
  }

  private final long index;
  private final long term;
  private final Kind kind;
  private final byte[] payload;

  public Entry(long index, long term, Kind kind, byte[] payload) {
    this.index = index;
    this.term = term;
    this.kind = kind;
    this.payload = payload;
  }

  public long index() {
    return index;
  }

  public long term() {
    return term;
  }

  public Kind kind() {
    return kind;
  }

  public byte[] payload() {
    return payload;
  }

  /** What this entry counts for in windows, budgets and batches, in bytes. */
  public int weight() {
    return payload.length + 24;
  }

  @Override
  public String toString() {
    return index + "@" + term;
  }
}
