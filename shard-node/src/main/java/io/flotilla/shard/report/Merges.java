package io.flotilla.shard.report;

import io.flotilla.proto.placement.MergeOrder;
import io.flotilla.proto.placement.MergeOrder.Step;
import io.flotilla.shard.host.HostedShard;
import io.flotilla.shard.host.MergeStep;
import io.flotilla.shard.host.ShardHost;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Obeys placement's orders to take a step of a merge, or of taking one back, where this node leads
 * who takes it. What does not succeed is ordered again with the answer to the next report; what did
 * is not, once the shard's next version is reported. For the control thread.
 */
final class Merges {
  private static final Logger LOG = LoggerFactory.getLogger(Merges.class);

  private final ShardHost host;
  private final Proposals proposals;
  private final Refused refused;

  Merges(ShardHost host, Proposals proposals, Refused refused) {
    this.host = host;
    this.proposals = proposals;
    this.refused = refused;
  }

  void obey(List<MergeOrder> orders) {
    for (MergeOrder order : orders) {
      Optional<HostedShard> led = host.hosted(order.getShard().getId()).filter(HostedShard::leads);
      if (led.isPresent()
          && !proposals.isBusy(order.getShard().getId())
          && !refused.contains(order.getJob())) {
        obey(order, led.get());
      }
    }
  }

  private void obey(MergeOrder order, HostedShard shard) {
    MergeStep step = MergeStep.next(shard.descriptor(), order);
    if (step.refusal().isPresent()) {
      refuse(order, step.refusal().get());
    } else if (step.entry().isEmpty()) {
      LOG.debug("{} has to wait for news of the shard", said(order));
    } else if (order.getStep() == Step.FREEZE && !shard.isFollowedClosely()) {
      // From then until its last replica has applied that, nobody serves its keys.
      LOG.debug("{} has to wait for a replica that is behind or away", said(order));
    } else if (order.getStep() == Step.ABSORB && !host.holdsFrozen(order.getOther())) {
      LOG.warn("{} has to wait: shard {} is not frozen here", said(order), other(order));
    } else {
      proposals.propose(shard, step.entry().get(), said(order), why -> refuse(order, why));
    }
  }

  private static long other(MergeOrder order) {
    return order.getOther().getId();
  }

  /** A step that takes back what a job has left has no job that could hear of it. */
  private void refuse(MergeOrder order, String why) {
    LOG.warn("{} cannot be: {}", said(order), why);
    if (order.getJob() != 0) {
      refused.add(order.getJob(), why);
    }
  }

  private static String said(MergeOrder order) {
    return "job %d: %s of shard %d"
        .formatted(order.getJob(), order.getStep(), order.getShard().getId());
  }
}
