package io.flotilla.raft.port;

import java.util.function.Consumer;

/**
 * Best effort: questions and answers may be lost, late, repeated or out of order. But an answer is
 * never another question's, and says what the asked node's server said. It holds no conversation: a
 * question is answered by whichever server is there when it arrives, so that a reader may go on
 * where it was after either side was away.
 */
public interface SnapshotTransport {
  /**
   * Asks another node. Never blocks, never throws, however many questions are open.
   *
   * @param reply told by any thread, perhaps before this returns; must not block. With {@link
   *     SnapshotReply.Reason#LOST} as soon as it is known that no answer will come, which may be
   *     never: who asks looks at the clock. Oneself, and anybody after the end of this transport,
   *     is not reached
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
