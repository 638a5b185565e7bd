package io.flotilla.raft.net;

import io.flotilla.raft.core.RaftMessage;

/** How long a message is on the wire, for tests that count bytes elsewhere. */
public final class WireBytes {
  private WireBytes() {}

  public static int of(RaftMessage message) {
    return RaftCodec.encodedBytes(message);
  }
}
