package io.flotilla.rpc;

import java.nio.ByteBuffer;

/** What comes over one connection of a peer. All calls are on one event loop; none may block. */
public interface PeerReceiver {
  /**
   * One frame's body, whose checksum was right.
   *
   * @param body big-endian; valid during the call only, so that whoever keeps it has to copy
   * @throws IllegalArgumentException if it is malformed: the peer is told why and the connection is
   *     closed
   */
  void receive(ByteBuffer body);

  /** The connection is gone. */
  default void closed() {}
}
