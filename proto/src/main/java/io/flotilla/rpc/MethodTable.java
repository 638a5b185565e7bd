package io.flotilla.rpc;

import com.google.protobuf.MessageLite;
import io.netty.util.collection.IntObjectHashMap;
import org.jspecify.annotations.Nullable;

/** What a server answers, by method. Written before the server listens, read by its loops. */
final class MethodTable {
  /** A method and who takes it. */
  record Bound<Q extends MessageLite, R extends MessageLite>(
      RpcMethod<Q, R> method, RpcHandler<Q, R> handler) {}

  private final IntObjectHashMap<Bound<?, ?>> methods = new IntObjectHashMap<>();

  void add(Bound<?, ?> bound) {
    int id = bound.method().id();
    if (id < 0 || id > 0xffff) {
      throw new IllegalArgumentException("method id " + id + "; allowed are 0 to 65535");
    }
    if (methods.containsKey(id)) {
      throw new IllegalArgumentException("method " + id + " is taken already");
    }
    methods.put(id, bound);
  }

  @Nullable Bound<?, ?> find(int id) {
    return methods.get(id);
  }
}
