package io.flotilla.shard.report;

import io.flotilla.proto.map.Epoch;
import io.flotilla.proto.placement.RecoverOrder;
import io.flotilla.raft.core.GroupStatus;
import io.flotilla.raft.core.Refusal;
import io.flotilla.shard.host.HostedShard;
import io.flotilla.shard.host.ShardHost;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Obeys placement's orders to go on alone with what is left of a shard. What does not succeed is
 * ordered again with the answer to the next report; what shows that the group is alive, or that
 * this replica can do nothing any more, is refused with the next report. For the control thread.
 */
final class Recoveries {
  private static final Logger LOG = LoggerFactory.getLogger(Recoveries.class);

  private final ShardHost host;
  private final UnderWay underWay;
  private final Refused refused;

  Recoveries(ShardHost host, Control control, Refused refused) {
    this.host = host;
    this.underWay = new UnderWay(control);
    this.refused = refused;
  }

  /** What is to go on was open here when it was chosen, and every log is opened at a start. */
  void obey(List<RecoverOrder> orders) {
    for (RecoverOrder order : orders) {
      if (!refused.contains(order.getJob()) && !underWay.isBusy(order.getShard())) {
        host.hosted(order.getShard())
            .ifPresentOrElse(
                shard -> obey(order, shard),
                () -> refuse(order, "the node has lost its replica of shard " + order.getShard()));
      }
    }
  }

  /**
   * Why a replica does not obey, in words; nothing if it does. Pure. The epoch here is of what is
   * applied, which after a restart may be of long ago. The log is not: a leader writes first of all
   * in its own term, and so does who goes on alone.
   *
   * @param now the epoch here; that of the order may be newer
   */
  static Optional<String> refusal(GroupStatus status, Epoch now, RecoverOrder order) {
    if (status.replica().value() != order.getReplica()) {
      return Optional.of(
          "the node holds replica %d, not replica %d"
              .formatted(status.replica().value(), order.getReplica()));
    }
    Epoch expected = order.getExpected();
    if (status.lastTerm() > order.getLastTerm()) {
      return Optional.of(
          "its log ends in term %d here, beyond %d: its group was alive, or it has gone on already"
              .formatted(status.lastTerm(), order.getLastTerm()));
    }
    boolean isNewer =
        now.getVersion() != expected.getVersion()
            ? now.getVersion() > expected.getVersion()
            : now.getConfVersion() > expected.getConfVersion();
    return isNewer
        ? Optional.of(
            "the shard is at epoch %d.%d here, beyond %d.%d: its group was alive"
                .formatted(
                    now.getVersion(),
                    now.getConfVersion(),
                    expected.getVersion(),
                    expected.getConfVersion()))
        : Optional.empty();
  }

  /** Whether nothing is left to be done but to be elected, and to say so. */
  private static boolean isAlone(GroupStatus status) {
    return status.membership().everybody().size() == 1
        && status.membership().everybody().get(0).replica().equals(status.replica());
  }

  private void obey(RecoverOrder order, HostedShard shard) {
    GroupStatus status = shard.group().status();
    Optional<Throwable> stopped = shard.group().stoppedBecause();
    if (stopped.isEmpty() && isAlone(status)) {
      return;
    }
    Optional<String> refusal =
        stopped
            .map(cause -> "replica " + status.replica() + " has stopped: " + cause.getMessage())
            .or(() -> refusal(status, shard.descriptor().getEpoch(), order));
    if (refusal.isPresent()) {
      refuse(order, refusal.get());
    } else {
      recover(order, shard);
    }
  }

  private void recover(RecoverOrder order, HostedShard shard) {
    LOG.warn(
        "job {}: shard {} has lost its majority for good and goes on with replica {} alone, at {}",
        order.getJob(),
        order.getShard(),
        order.getReplica(),
        shard.group().status().lastIndex());
    underWay.await(
        order.getShard(),
        "job %d: the recovery of shard %d".formatted(order.getJob(), order.getShard()),
        shard.recover(),
        nothing -> {},
        why -> why.refusal().flatMap(Recoveries::asAlive).ifPresent(words -> refuse(order, words)));
  }

  private void refuse(RecoverOrder order, String why) {
    LOG.warn("job {}: shard {} is not recovered: {}", order.getJob(), order.getShard(), why);
    refused.add(order.getJob(), why);
  }

  /** Of a refusal that says that the group is alive, in words. */
  private static Optional<String> asAlive(Refusal refusal) {
    if (refusal instanceof Refusal.LeaderHeard heard) {
      return Optional.of("replica " + heard.leader() + " leads it");
    }
    return refusal instanceof Refusal.NoVoter
        ? Optional.of("the replica has no vote any more")
        : Optional.empty();
  }
}
