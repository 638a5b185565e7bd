package io.flotilla.deploy.whole;

import com.google.protobuf.MessageLite;
import io.flotilla.proto.placement.ReportRequest;
import io.flotilla.proto.placement.ShardReport;
import io.flotilla.rpc.RpcCaller;
import io.flotilla.rpc.RpcException;
import io.flotilla.rpc.RpcMethod;
import io.flotilla.rpc.RpcStream;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * What a shard weighs RocksDB estimates, and not twice alike: on its way to placement the number
 * becomes one that depends upon nothing but the shard.
 */
record EvenWeights(RpcCaller network) implements RpcCaller {
  private static final long BYTES = 1_000;
  private static final long WEIGHTS = 7;

  @Override
  public <Q extends MessageLite, R extends MessageLite> CompletableFuture<R> call(
      String address, RpcMethod<Q, R> method, Q request, Duration timeout) {
    return network.call(address, method, weighed(request), timeout);
  }

  @SuppressWarnings("unchecked") // a report for a report
  private static <Q extends MessageLite> Q weighed(Q request) {
    if (!(request instanceof ReportRequest report)) {
      return request;
    }
    ReportRequest.Builder even = report.toBuilder().clearShards();
    for (ShardReport shard : report.getShardsList()) {
      long bytes = BYTES * (1 + shard.getShard() % WEIGHTS);
      even.addShards(shard.toBuilder().setApproximateBytes(bytes));
    }
    return (Q) even.build();
  }

  @Override
  public <Q extends MessageLite, R extends MessageLite> RpcStream stream(
      String address,
      RpcMethod<Q, R> method,
      Q request,
      Consumer<R> onReply,
      Consumer<RpcException> onEnd) {
    return network.stream(address, method, request, onReply, onEnd);
  }
}
