package io.flotilla.rpc;

import com.google.protobuf.MessageLite;

/** Takes requests of one method. Runs on an event loop and must not block. */
@FunctionalInterface
public interface RpcHandler<Q extends MessageLite, R extends MessageLite> {
  void handle(RpcCall<Q, R> call);
}
