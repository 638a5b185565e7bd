package io.flotilla.rpc;

import com.google.protobuf.MessageLite;

/** Takes requests of one method from peers. Runs on an event loop and must not block. */
@FunctionalInterface
public interface PeerHandler<Q extends MessageLite, R extends MessageLite> {
  /**
   * @param peer who has said at the beginning of the connection that it calls; its node is not 0
   */
  void handle(Hello peer, RpcCall<Q, R> call);
}
