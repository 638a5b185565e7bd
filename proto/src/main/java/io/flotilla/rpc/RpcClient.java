package io.flotilla.rpc;

import com.google.protobuf.MessageLite;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * Sends requests over one shared connection per address, made when first needed and again, with
 * capped and jittered backoff, when lost. Any thread may call; nothing blocks. Futures fail with
 * {@link RpcException}: {@link ErrorCode#UNAVAILABLE} if the request certainly was not sent, {@link
 * ErrorCode#UNKNOWN_OUTCOME} if it was and the connection or the deadline ended first. They
 * complete on an event loop.
 */
public final class RpcClient implements AutoCloseable {
  public RpcClient(NetThreads threads, Hello self) {
    throw new UnsupportedOperationException("not yet");
  }

  /**
   * @param address host:port
   */
  public <Q extends MessageLite, R extends MessageLite> CompletableFuture<R> call(
      String address, RpcMethod<Q, R> method, Q request, Duration timeout) {
    throw new UnsupportedOperationException("not yet");
  }

  /**
   * Opens a stream of replies. {@code onReply} gets them in order on an event loop; {@code onEnd}
   * is called once, with the reason, when no more will come.
   *
   * @return cancels the stream when closed
   */
  public <Q extends MessageLite, R extends MessageLite> AutoCloseable stream(
      String address,
      RpcMethod<Q, R> method,
      Q request,
      Consumer<R> onReply,
      Consumer<RpcException> onEnd) {
    throw new UnsupportedOperationException("not yet");
  }

  @Override
  public void close() {
    throw new UnsupportedOperationException("not yet");
  }
}
