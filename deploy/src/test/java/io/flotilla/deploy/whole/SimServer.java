package io.flotilla.deploy.whole;

import com.google.protobuf.MessageLite;
import io.flotilla.rpc.RpcCall;
import io.flotilla.rpc.RpcHandler;
import io.flotilla.rpc.RpcHandlers;
import io.flotilla.rpc.RpcMethod;
import java.util.HashMap;
import java.util.Map;

/** What a simulated process answers. One thread. */
final class SimServer implements RpcHandlers {
  private final Map<Integer, RpcHandler<?, ?>> handlers = new HashMap<>();

  @Override
  public <Q extends MessageLite, R extends MessageLite> SimServer handle(
      RpcMethod<Q, R> method, RpcHandler<Q, R> handler) {
    handlers.put(method.id(), handler);
    return this;
  }

  /** Whether it answers such requests yet. */
  boolean knows(RpcMethod<?, ?> method) {
    return handlers.containsKey(method.id());
  }

  <Q extends MessageLite, R extends MessageLite> void serve(
      RpcMethod<Q, R> method, RpcCall<Q, R> call) {
    @SuppressWarnings("unchecked") // as handle() has put it there
    RpcHandler<Q, R> handler = (RpcHandler<Q, R>) handlers.get(method.id());
    handler.handle(call);
  }
}
