package io.flotilla.shard.report;

import io.flotilla.proto.placement.MoveOrder;
import io.flotilla.raft.port.StorageException;
import io.flotilla.raft.runtime.RaftGroup;
import io.flotilla.shard.host.ShardHost;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/**
 * Obeys placement's orders about replicas that move, or come beside others: opens those that come
 * here, and takes the next {@link MoveStep} where this node leads. What does not succeed is ordered
 * again with the answer to the next report. For the control thread.
 */
final class Moves {
  private final long node;
  private final ShardHost host;
  private final UnderWay underWay;

  Moves(long node, ShardHost host, Control control) {
    this.node = node;
    this.host = host;
    this.underWay = new UnderWay(control);
  }

  /**
   * Begins what is to be done. Blocks on the disk where a replica is opened.
   *
   * @param orders all that there are for this node now: what none of them brings here any more asks
   *     whether it is still wanted
   * @throws StorageException if the disk fails
   */
  void obey(List<MoveOrder> orders) throws StorageException {
    Set<Long> expected = new HashSet<>();
    for (MoveOrder order : orders) {
      if (order.getTo().getNode() == node
          && !MoveStep.isDismissal(order)
          && !MoveStep.isLeavingOut(order)) {
        host.join(order.getShard(), order.getTo());
        expected.add(order.getTo().getReplica());
      }
      step(order);
    }
    host.doubtAllButExpected(expected);
  }

  private void step(MoveOrder order) {
    long shard = order.getShard().getId();
    Optional<RaftGroup> group = host.group(shard);
    Optional<MoveStep> step = group.flatMap(found -> MoveStep.next(found.status(), order));
    if (step.isEmpty() || underWay.isBusy(shard)) {
      return;
    }
    RaftGroup led = group.orElseThrow();
    CompletableFuture<Void> done =
        step.get()
            .target()
            .map(led::changeMembership)
            .orElseGet(() -> led.transferLeadership(Optional.empty()));
    String what = "job %d on shard %d: %s".formatted(order.getJob(), shard, step.get());
    underWay.await(shard, what, done, nothing -> step(order), why -> {});
  }
}
