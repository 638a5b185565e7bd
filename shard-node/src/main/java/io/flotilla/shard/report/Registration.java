package io.flotilla.shard.report;

import io.flotilla.proto.placement.RegisterNodeReply;
import io.flotilla.proto.placement.RegisterNodeRequest;
import io.flotilla.rpc.PlacementEndpoints;
import io.flotilla.rpc.RpcCaller;
import io.flotilla.rpc.RpcException;
import io.flotilla.rpc.RpcMethods;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says to placement who and where this node is, until it has been heard. Repeating it does no harm:
 * the directory's incarnation tells a known node from a new one.
 */
final class Registration {
  private static final Logger LOG = LoggerFactory.getLogger(Registration.class);
  private static final Duration CALL_TIMEOUT = Duration.ofSeconds(5);
  private static final Duration FIRST_PAUSE = Duration.ofMillis(50);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(2);

  private final RpcCaller client;
  private final Control control;
  private final PlacementMembers members;
  private final RegisterNodeRequest request;
  private final CompletableFuture<Long> node = new CompletableFuture<>();

  Registration(
      RpcCaller client,
      Control control,
      PlacementEndpoints placement,
      RegisterNodeRequest request) {
    this.client = client;
    this.control = control;
    this.members = new PlacementMembers(placement);
    this.request = request;
  }

  /**
   * Completes with this node's id. Fails with {@link RpcException} only if placement refuses this
   * node for good.
   */
  CompletableFuture<Long> begin() {
    control.run(() -> attempt(FIRST_PAUSE));
    return node;
  }

  private void attempt(Duration pause) {
    client
        .call(members.current(), RpcMethods.REGISTER_NODE, request, CALL_TIMEOUT)
        .whenComplete((reply, failure) -> control.run(() -> answered(reply, failure, pause)));
  }

  private void answered(RegisterNodeReply reply, Throwable failure, Duration pause) {
    if (failure == null) {
      node.complete(reply.getNode());
      return;
    }
    RpcException why = Control.failure(failure);
    if (!why.code().isPassing()) {
      node.completeExceptionally(why);
      return;
    }
    LOG.debug("placement member {} did not register this node", members.current(), why);
    members.failed(why);
    Duration doubled = pause.multipliedBy(2);
    Duration next = doubled.compareTo(LONGEST_PAUSE) < 0 ? doubled : LONGEST_PAUSE;
    control.after(pause, () -> attempt(next));
  }
}
