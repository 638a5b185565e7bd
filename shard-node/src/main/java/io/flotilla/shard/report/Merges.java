package io.flotilla.shard.report;

import io.flotilla.proto.kv.ChangeReply;
import io.flotilla.proto.placement.MergeOrder;
import io.flotilla.proto.placement.MergeOrder.Step;
import io.flotilla.raft.runtime.RaftException;
import io.flotilla.shard.host.HostedShard;
import io.flotilla.shard.host.MergeStep;
import io.flotilla.shard.host.ShardHost;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;
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
  private final Control control;
  private final Refused refused;

  /** Shards of which a step is under way. */
  private final Set<Long> busy = new HashSet<>();

  Merges(ShardHost host, Control control, Refused refused) {
    this.host = host;
    this.control = control;
    this.refused = refused;
  }

  void obey(List<MergeOrder> orders) {
    for (MergeOrder order : orders) {
      Optional<HostedShard> led = host.hosted(order.getShard().getId()).filter(HostedShard::leads);
      if (led.isPresent()
          && !busy.contains(order.getShard().getId())
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
    } else if (order.getStep() == Step.ABSORB && !host.holdsFrozen(order.getOther())) {
      LOG.warn("{} has to wait: shard {} is not frozen here", said(order), other(order));
    } else {
      busy.add(order.getShard().getId());
      LOG.info("{} begins", said(order));
      shard
          .change(step.entry().get())
          .whenComplete((reply, failure) -> control.run(() -> ended(order, reply, failure)));
    }
  }

  private static long other(MergeOrder order) {
    return order.getOther().getId();
  }

  private void ended(MergeOrder order, @Nullable ChangeReply reply, @Nullable Throwable failure) {
    busy.remove(order.getShard().getId());
    if (reply != null) {
      if (reply.getRefusal().isEmpty()) {
        LOG.info("{} is done", said(order));
      } else {
        refuse(order, reply.getRefusal());
      }
    } else if (failure != null && cause(failure) instanceof RaftException) {
      LOG.debug("{} has to wait", said(order), failure);
    } else {
      throw new IllegalStateException("a step of a merge failed otherwise than it may", failure);
    }
  }

  private static Throwable cause(Throwable failure) {
    Throwable cause = failure.getCause();
    return failure instanceof CompletionException && cause != null ? cause : failure;
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
