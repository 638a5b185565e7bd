package io.flotilla.router.gateway;

import io.flotilla.router.client.KvException;
import io.flotilla.rpc.ErrorCode;
import java.util.concurrent.CompletionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one table from what failed to the error reply. The first word decides what a client may
 * conclude: {@code UNKNOWN} alone means that a write may have been executed, or may yet be; after
 * any other it certainly was not.
 */
final class ErrorWords {
  /** The map of shards has not come yet. */
  static final String LOADING = "LOADING the gateway does not know the keyspace and its shards yet";

  private static final Logger LOG = LoggerFactory.getLogger(ErrorWords.class);

  private ErrorWords() {}

  static String ofWrite(Throwable failure) {
    Throwable cause = unwrapped(failure);
    if (cause instanceof Scatter.Partly partly) {
      return partly.error();
    }
    return mayHaveRun(cause) ? unknown(cause) : definite(cause);
  }

  /** Reads change nothing, so they are never of unknown outcome. */
  static String ofRead(Throwable failure) {
    return definite(unwrapped(failure));
  }

  /** A write that was done in part, before or after this failure. */
  static String ofPart(Throwable failure, int done, int all) {
    return "UNKNOWN outcome: the command was executed for "
        + done
        + " of its "
        + all
        + " keys for certain; the others may have been, or may yet be: "
        + detail(failure);
  }

  /** Whether a write that failed so may have taken effect, or may yet. */
  static boolean mayHaveRun(Throwable failure) {
    Throwable cause = unwrapped(failure);
    return cause instanceof KvException e
        ? e.outcomeUnknown()
        : !(cause instanceof Refused); // anything else is a bug: nothing is certain
  }

  /** Whether the store looked at the command and refused it for what it says. */
  static boolean isInvalid(Throwable failure) {
    return unwrapped(failure) instanceof KvException e && e.code() == ErrorCode.INVALID_REQUEST;
  }

  private static String unknown(Throwable failure) {
    return "UNKNOWN outcome: the command may have been executed, or may yet be: " + detail(failure);
  }

  private static String definite(Throwable failure) {
    if (failure instanceof Refused refused) {
      return refused.error();
    }
    if (failure instanceof KvException e) {
      return firstWord(e.code()) + e.plainMessage();
    }
    return "ERR internal error: " + detail(failure);
  }

  private static String firstWord(ErrorCode code) {
    return switch (code) {
      case NOT_LEADER, NO_SUCH_SHARD, UNAVAILABLE, DEADLINE_EXCEEDED ->
          "CLUSTERDOWN the key's shard cannot be reached: ";
      case STALE_EPOCH, OVERLOADED, REPLICA_BEHIND, UNKNOWN_OUTCOME, SESSION_EXPIRED -> "TRYAGAIN ";
      case INVALID_REQUEST, CONFLICT, NOT_FOUND, REMOVED -> "ERR ";
      case INTERNAL -> "ERR internal error: ";
    };
  }

  private static String detail(Throwable failure) {
    Throwable cause = unwrapped(failure);
    if (!(cause instanceof KvException)) {
      LOG.error("the client failed with something else than its own exception", cause);
    }
    return String.valueOf(cause.getMessage());
  }

  private static Throwable unwrapped(Throwable failure) {
    Throwable cause = failure.getCause();
    return failure instanceof CompletionException && cause != null ? cause : failure;
  }
}
