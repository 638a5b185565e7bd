package io.flotilla.shard.report;

import io.flotilla.proto.kv.ChangeReply;
import io.flotilla.proto.kv.Command;
import io.flotilla.shard.host.HostedShard;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Entries that are to change the descriptors of shards that this node leads, one of each shard at a
 * time. What does not succeed is left to whoever orders it again. For the control thread.
 */
final class Proposals {
  private static final Logger LOG = LoggerFactory.getLogger(Proposals.class);

  private final UnderWay underWay;

  Proposals(Control control) {
    this.underWay = new UnderWay(control);
  }

  boolean isBusy(long shard) {
    return underWay.isBusy(shard);
  }

  /**
   * Not for a shard that is busy.
   *
   * @param what for the log
   * @param refused told why the group has found that it cannot be
   */
  void propose(HostedShard shard, Command entry, String what, Consumer<String> refused) {
    underWay.await(
        shard.descriptor().getId(),
        what,
        shard.change(entry),
        reply -> answered(what, reply, refused),
        why -> {});
  }

  private static void answered(String what, ChangeReply reply, Consumer<String> refused) {
    if (reply.getRefusal().isEmpty()) {
      LOG.info("{} is done", what);
    } else {
      refused.accept(reply.getRefusal());
    }
  }
}
