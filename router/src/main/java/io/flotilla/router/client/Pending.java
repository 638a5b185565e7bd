package io.flotilla.router.client;

import com.google.protobuf.ByteString;
import io.flotilla.router.map.Route;
import io.flotilla.router.map.ShardMap;
import io.flotilla.rpc.ErrorCode;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * An operation that a caller waits for. Owned by one lane at a time, and used on that lane's event
 * loop alone.
 */
abstract class Pending<T> {
  private static final long LAST_ATTEMPT_NANOS = 20_000_000;

  final CompletableFuture<T> answer = new CompletableFuture<>();
  private final ByteString key;
  private final int bytes;
  private final long deadlineNanos;

  private int attempts;
  private boolean inFlight;
  private boolean mayHaveRun;
  private boolean alone;
  private boolean ended;
  private @Nullable KvException lastFailure;

  /**
   * An operation that was not sent yet.
   *
   * @param key encoded; decides which shard is asked
   * @param bytes of keys and values, for the bounds
   */
  Pending(ByteString key, int bytes, long deadlineNanos) {
    this.key = key;
    this.bytes = bytes;
    this.deadlineNanos = deadlineNanos;
  }

  /** The shard to ask, as this map has it. */
  @Nullable Route locate(ShardMap map) {
    return map.routeOf(key);
  }

  final ByteString key() {
    return key;
  }

  final int bytes() {
    return bytes;
  }

  final long deadlineNanos() {
    return deadlineNanos;
  }

  /** Whether the shard that was chosen earlier is still right. Throws if no shard ever can be. */
  boolean belongsTo(Route route) {
    return route.contains(key);
  }

  /** Whether an answer no longer matters: given, or the caller has cancelled. */
  final boolean isOver() {
    return ended || answer.isDone();
  }

  /** Whether it was ended here. What is over and not ended still holds its place and its serial. */
  final boolean hasEnded() {
    return ended;
  }

  final boolean isLate(long nowNanos) {
    return nowNanos - deadlineNanos >= 0;
  }

  /**
   * Whether another attempt could hardly end in time. Better not begun: it would make unknown what
   * is definite by now.
   */
  final boolean hasNoTimeFor(long nowNanos) {
    return attempts > 0 && nowNanos + LAST_ATTEMPT_NANOS - deadlineNanos >= 0;
  }

  /** Must share a request with no other, because a shared one was refused as a whole. */
  final boolean isAlone() {
    return alone;
  }

  final void isolate() {
    alone = true;
  }

  final boolean mayHaveRun() {
    return mayHaveRun;
  }

  /** Whether replicas that do not lead may be asked. */
  boolean ofAnyReplica() {
    return false;
  }

  final int attempts() {
    return attempts;
  }

  void sent() {
    attempts++;
    inFlight = true;
  }

  /** An attempt came back without a result. */
  final void attemptFailed(KvException why) {
    inFlight = false;
    mayHaveRun |= changes() && why.outcomeUnknown();
    if (lastFailure == null || why.code() != ErrorCode.DEADLINE_EXCEEDED) {
      lastFailure = why; // Only the end of an attempt's time says less than any cause before it.
    }
  }

  /** Whether it changes anything, so that it matters whether it ran. */
  abstract boolean changes();

  /** The definite cause if there is one; unknown if any attempt may have run. */
  final KvException lateness() {
    return lateness(null);
  }

  /**
   * As {@link #lateness()}.
   *
   * @param otherwise what others of this shard met, in case this one was never sent
   */
  final KvException lateness(@Nullable KvException otherwise) {
    String tried = attempts == 1 ? "1 attempt" : attempts + " attempts";
    boolean untold =
        lastFailure == null ? !inFlight : lastFailure.code() == ErrorCode.DEADLINE_EXCEEDED;
    KvException last = untold && otherwise != null ? otherwise : lastFailure;
    String message =
        "no result in time, after "
            + tried
            + (last == null ? "" : "; the last failure was " + last.getMessage());
    if (mayHaveRun || (inFlight && changes())) {
      return new KvException(ErrorCode.UNKNOWN_OUTCOME, message);
    }
    return last == null || last.code() == ErrorCode.UNKNOWN_OUTCOME
        ? new KvException(ErrorCode.DEADLINE_EXCEEDED, message)
        : new KvException(last.code(), message);
  }

  /** What the caller is told for a final error: unknown if an earlier attempt may have run. */
  final KvException verdict(KvException why) {
    if (!mayHaveRun || why.outcomeUnknown()) {
      return why;
    }
    return new KvException(
        ErrorCode.UNKNOWN_OUTCOME,
        "an attempt went unanswered, and the next was refused: " + why.getMessage());
  }

  /** Marks it ended; true the first time. */
  final boolean end() {
    boolean first = !ended;
    ended = true;
    return first;
  }
}
