package io.flotilla.rpc;

/** What a connection is for, said at its beginning. Numbers stand on the wire. */
public enum ConnectionKind {
  /** Requests and their answers. */
  RPC(0),
  /** Raft's appends and whatever else may be large. */
  RAFT(1),
  /** Heartbeats and votes: small, and never behind anything large. */
  LIVENESS(2),
  /** Chunks of snapshots. */
  SNAPSHOT(3);

  private static final ConnectionKind[] BY_NUMBER = values();

  private final int number;

  ConnectionKind(int number) {
    this.number = number;
  }

  public int number() {
    return number;
  }

  static ConnectionKind of(int number) {
    if (number < 0 || number >= BY_NUMBER.length) {
      throw new IllegalArgumentException(
          "connection kind " + number + "; allowed are 0 to " + (BY_NUMBER.length - 1));
    }
    return BY_NUMBER[number];
  }
}
