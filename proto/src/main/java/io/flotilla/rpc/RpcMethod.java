package io.flotilla.rpc;

import com.google.protobuf.MessageLite;
import com.google.protobuf.Parser;

/**
 * One kind of request. The id stands on the wire and is never reused.
 *
 * @param streaming any number of replies follow one request, until either side ends it
 */
public record RpcMethod<Q extends MessageLite, R extends MessageLite>(
    int id, String name, boolean streaming, Parser<Q> requests, Parser<R> replies) {
  @Override
  public String toString() {
    return name;
  }
}
