package io.flotilla.rpc;

import com.google.protobuf.MessageLite;
import java.util.ArrayList;
import java.util.List;

/** What a server answers to peers. Written before the server listens, read by its loops. */
final class PeerMethods {
  private record Served<Q extends MessageLite, R extends MessageLite>(
      RpcMethod<Q, R> method, PeerHandler<Q, R> handler) {
    MethodTable.Bound<Q, R> boundTo(Hello peer) {
      return new MethodTable.Bound<>(method, call -> handler.handle(peer, call));
    }
  }

  private final List<Served<?, ?>> served = new ArrayList<>();

  <Q extends MessageLite, R extends MessageLite> void add(
      RpcMethod<Q, R> method, PeerHandler<Q, R> handler) {
    served.add(new Served<>(method, handler));
  }

  /** The methods of one connection, whose handlers know who calls. */
  MethodTable of(Hello peer) {
    MethodTable table = new MethodTable();
    served.forEach(one -> table.add(one.boundTo(peer)));
    return table;
  }
}
