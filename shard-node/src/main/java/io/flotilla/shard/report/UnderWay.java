package io.flotilla.shard.report;

import io.flotilla.raft.runtime.RaftException;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What groups here were asked for and have not answered: one thing of each shard at a time. What
 * does not succeed is left to whoever orders it again. For the control thread.
 */
final class UnderWay {
  private static final Logger LOG = LoggerFactory.getLogger(UnderWay.class);

  private final Control control;
  private final Set<Long> busy = new HashSet<>();

  UnderWay(Control control) {
    this.control = control;
  }

  boolean isBusy(long shard) {
    return busy.contains(shard);
  }

  /**
   * Not for a shard that is busy. It is busy no more when one of the two is told.
   *
   * @param what for the log
   * @param answer fails with {@link RaftException}
   * @param failed why it did not, or may not, succeed
   */
  <T> void await(
      long shard,
      String what,
      CompletableFuture<T> answer,
      Consumer<T> done,
      Consumer<RaftException> failed) {
    busy.add(shard);
    LOG.info("{} begins", what);
    answer.whenComplete(
        (result, failure) ->
            control.run(
                () -> {
                  busy.remove(shard);
                  if (failure == null) {
                    done.accept(result);
                  } else if (cause(failure) instanceof RaftException why) {
                    LOG.debug("{} has to wait", what, why);
                    failed.accept(why);
                  } else {
                    throw new IllegalStateException(
                        what + " failed otherwise than it may", failure);
                  }
                }));
  }

  private static Throwable cause(Throwable failure) {
    Throwable cause = failure.getCause();
    return failure instanceof CompletionException && cause != null ? cause : failure;
  }
}
