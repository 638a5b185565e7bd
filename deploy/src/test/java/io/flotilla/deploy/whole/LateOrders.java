package io.flotilla.deploy.whole;

import com.google.protobuf.MessageLite;
import io.flotilla.proto.placement.RecoverOrder;
import io.flotilla.proto.placement.ReportReply;
import io.flotilla.raft.sim.Chance;
import io.flotilla.rpc.RpcCaller;
import io.flotilla.rpc.RpcException;
import io.flotilla.rpc.RpcMethod;
import io.flotilla.rpc.RpcStream;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * Now and then a node is told once more what it was told long ago: that it is to go on alone, as by
 * a leader of placement that does not know yet that it is none any more. One thread.
 */
final class LateOrders implements RpcCaller {
  private static final double REPEATED = 0.5;

  private final RpcCaller network;
  private final Chance chance;
  private final List<RecoverOrder> orders;

  /**
   * @param orders that were given before, also in earlier lives of the node
   */
  LateOrders(RpcCaller network, Chance chance, List<RecoverOrder> orders) {
    this.network = network;
    this.chance = chance;
    this.orders = orders;
  }

  @Override
  public <Q extends MessageLite, R extends MessageLite> CompletableFuture<R> call(
      String address, RpcMethod<Q, R> method, Q request, Duration timeout) {
    CompletableFuture<R> repeated = new CompletableFuture<>();
    network
        .call(address, method, request, timeout)
        .whenComplete(
            (reply, failure) -> {
              if (failure != null) {
                repeated.completeExceptionally(failure);
              } else {
                repeated.complete(perhapsAgain(reply));
              }
            });
    return repeated;
  }

  @SuppressWarnings("unchecked") // a reply to a report for such a reply
  private <R extends MessageLite> R perhapsAgain(R reply) {
    if (!(reply instanceof ReportReply given)) {
      return reply;
    }
    if (given.getRecoveriesCount() > 0) {
      given.getRecoveriesList().stream().filter(o -> !orders.contains(o)).forEach(orders::add);
      return reply;
    }
    boolean again = !orders.isEmpty() && chance.happens(REPEATED);
    return again ? (R) given.toBuilder().addAllRecoveries(orders).build() : reply;
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
