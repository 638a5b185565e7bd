package io.flotilla.shard.report;

import io.flotilla.proto.kv.ChangeReply;
import io.flotilla.proto.kv.Command;
import io.flotilla.raft.runtime.RaftException;
import io.flotilla.shard.host.HostedShard;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Entries that are to change the descriptors of shards that this node leads, one of each shard at a
 * time. What does not succeed is left to whoever orders it again. For the control thread.
 */
final class Proposals {
  private static final Logger LOG = LoggerFactory.getLogger(Proposals.class);

  private final Control control;
  private final Set<Long> busy = new HashSet<>();

  Proposals(Control control) {
    this.control = control;
  }

  boolean isBusy(long shard) {
    return busy.contains(shard);
  }

  /**
   * Not for a shard that is busy.
   *
   * @param what for the log
   * @param refused told why the group has found that it cannot be
   */
  void propose(HostedShard shard, Command entry, String what, Consumer<String> refused) {
    long id = shard.descriptor().getId();
    busy.add(id);
    LOG.info("{} begins", what);
    shard
        .change(entry)
        .whenComplete(
            (reply, failure) ->
                control.run(
                    () -> {
                      busy.remove(id);
                      ended(what, reply, failure, refused);
                    }));
  }

  private static void ended(
      String what,
      @Nullable ChangeReply reply,
      @Nullable Throwable failure,
      Consumer<String> refused) {
    if (reply != null && reply.getRefusal().isEmpty()) {
      LOG.info("{} is done", what);
    } else if (reply != null) {
      refused.accept(reply.getRefusal());
    } else if (failure != null && cause(failure) instanceof RaftException) {
      LOG.debug("{} has to wait", what, failure);
    } else {
      throw new IllegalStateException(what + " failed otherwise than it may", failure);
    }
  }

  private static Throwable cause(Throwable failure) {
    Throwable cause = failure.getCause();
    return failure instanceof CompletionException && cause != null ? cause : failure;
  }
}
