package io.flotilla.shard.report;

import io.flotilla.proto.placement.TransferOrder;
import io.flotilla.raft.core.GroupStatus;
import io.flotilla.raft.core.GroupStatus.RoleName;
import io.flotilla.raft.core.Refusal;
import io.flotilla.raft.core.ReplicaId;
import io.flotilla.raft.runtime.RaftException;
import io.flotilla.raft.runtime.RaftGroup;
import io.flotilla.shard.host.ShardHost;
import java.util.List;
import java.util.Optional;

/**
 * Obeys placement's orders to hand leadership over, where this node leads. What does not succeed is
 * ordered again with the answer to the next report; what never can is refused, with the next
 * report. For the control thread.
 */
final class Transfers {
  private final ShardHost host;
  private final UnderWay underWay;
  private final Refused refused;

  Transfers(ShardHost host, Control control, Refused refused) {
    this.host = host;
    this.underWay = new UnderWay(control);
    this.refused = refused;
  }

  void obey(List<TransferOrder> orders) {
    for (TransferOrder order : orders) {
      host.group(order.getShard()).ifPresent(group -> obey(order, group));
    }
  }

  /** What a replica makes of an order. */
  enum Verdict {
    OBEY,
    /** It does not lead, or the members are changing: another order comes if it is still wanted. */
    NOT_NOW,
    /** Who is to lead has no vote. */
    NEVER
  }

  /** Pure. */
  static Verdict verdict(GroupStatus status, TransferOrder order) {
    ReplicaId to = new ReplicaId(order.getTo());
    if (status.role() != RoleName.LEADER
        || status.replica().equals(to)
        || status.membership().isJoint()) {
      return Verdict.NOT_NOW;
    }
    boolean votes =
        status.membership().voters().stream().anyMatch(voter -> voter.replica().equals(to));
    return votes ? Verdict.OBEY : Verdict.NEVER;
  }

  private void obey(TransferOrder order, RaftGroup group) {
    ReplicaId to = new ReplicaId(order.getTo());
    switch (verdict(group.status(), order)) {
      case NOT_NOW -> {}
      case NEVER ->
          refuse(order, "replica " + order.getTo() + " is no voter of shard " + order.getShard());
      case OBEY -> {
        if (!refused.contains(order.getJob()) && !underWay.isBusy(order.getShard())) {
          handOver(order, group, to);
        }
      }
    }
  }

  private void refuse(TransferOrder order, String why) {
    refused.add(order.getJob(), why);
  }

  private void handOver(TransferOrder order, RaftGroup group, ReplicaId to) {
    String what =
        "job %d on shard %d: leadership goes to %s".formatted(order.getJob(), order.getShard(), to);
    underWay.await(
        order.getShard(),
        what,
        group.transferLeadership(Optional.of(to)),
        nothing -> {},
        why -> failed(order, why));
  }

  /** It may have cost the shard's clients an election timeout: not again for the same job. */
  private void failed(TransferOrder order, RaftException why) {
    if (why.refusal().filter(Refusal.TransferGivenUp.class::isInstance).isPresent()) {
      refuse(order, "replica " + order.getTo() + " is away, or did not take over in time");
    }
  }
}
