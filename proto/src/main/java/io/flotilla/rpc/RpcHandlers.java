package io.flotilla.rpc;

import com.google.protobuf.MessageLite;

/** Where a process says which requests it answers, before it answers any. */
public interface RpcHandlers {
  /** Each method has one handler. */
  <Q extends MessageLite, R extends MessageLite> RpcHandlers handle(
      RpcMethod<Q, R> method, RpcHandler<Q, R> handler);
}
