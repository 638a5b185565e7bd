package io.flotilla.raft.port;

import java.util.function.Consumer;

/** Best effort: questions and answers may be lost, late, repeated or out of order. */
public interface SnapshotTransport {
  /**
   * Asks another node. Never blocks, never throws.
   *
   * @param reply told by any thread, perhaps before this returns; must not block. With {@link
   *     SnapshotReply.Reason#LOST} as soon as it is known that no answer will come
   */
  void ask(NodeId node, SnapshotRequest request, Consumer<SnapshotReply> reply);

  /** Who answers what other nodes ask. */
  interface Server {
    /**
     * Takes one question. Called by the network's threads; never blocks.
     *
     * @param from the node that asks
     * @param answer to be told once, by any thread; does not block
     */
    void serve(NodeId from, SnapshotRequest request, Consumer<SnapshotReply> answer);
  }
}
