package io.flotilla.rpc;

import com.google.protobuf.MessageLite;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * Who sends requests to other processes. Any thread may call; nothing blocks. Futures fail with
 * {@link RpcException}: {@link ErrorCode#UNAVAILABLE} if the request certainly was not sent, {@link
 * ErrorCode#UNKNOWN_OUTCOME} if it was and the connection or the deadline ended first.
 */
public interface RpcCaller {
  /**
   * Sends a request and gets its reply.
   *
   * @param address host:port
   */
  <Q extends MessageLite, R extends MessageLite> CompletableFuture<R> call(
      String address, RpcMethod<Q, R> method, Q request, Duration timeout);

  /**
   * Opens a stream of replies. {@code onReply} gets them in order on an event loop; {@code onEnd}
   * is called once, with the reason, when no more will come, but not after the stream was closed
   * here.
   *
   * @return cancels the stream when closed
   */
  <Q extends MessageLite, R extends MessageLite> RpcStream stream(
      String address,
      RpcMethod<Q, R> method,
      Q request,
      Consumer<R> onReply,
      Consumer<RpcException> onEnd);
}
