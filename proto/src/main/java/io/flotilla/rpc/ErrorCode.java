package io.flotilla.rpc;

/**
 * Why a request has no result: the only table that decides what a caller does next, and what it may
 * conclude. Numbers stand on the wire. Unless {@link #outcomeUnknown} says otherwise, the request
 * certainly did not and will not take effect.
 */
public enum ErrorCode {
  /** Another replica leads, or none does; the detail names it if known. */
  NOT_LEADER(1, Retry.AT_LEADER),
  /**
   * The shard's range or members are not what the caller thinks; the detail carries what is
   * current.
   */
  STALE_EPOCH(2, Retry.AFTER_REFRESH),
  /** This node has no replica of that shard (any more, or yet). */
  NO_SUCH_SHARD(3, Retry.AFTER_REFRESH),
  /**
   * Not now: a bound is reached (queue, backlog, stall), or the shard is frozen, since another is
   * about to absorb it, or who is asked leads only lately and knows too little yet. The detail says
   * which, and when to come back.
   */
  OVERLOADED(4, Retry.AFTER_BACKOFF),
  /** Nobody could be asked: no connection could be made, or the process is stopping. */
  UNAVAILABLE(5, Retry.AFTER_BACKOFF),
  /**
   * The request was sent and no answer came, or leadership was lost under way: it may have
   * happened, or may yet.
   */
  UNKNOWN_OUTCOME(6, Retry.ONLY_IN_SESSION),
  /** Malformed, oversized, out of bounds, no such method. */
  INVALID_REQUEST(7, Retry.NEVER),
  /** The cluster, or a name in it, is not what the request says (foreign cluster, name taken). */
  CONFLICT(8, Retry.NEVER),
  /**
   * It came too late to be executed, and an earlier attempt at it may have been: what became of
   * that cannot be known any more.
   */
  SESSION_EXPIRED(9, Retry.NEVER),
  /** The deadline of this attempt passed before the request was sent or begun. */
  DEADLINE_EXCEEDED(10, Retry.WHILE_THERE_IS_TIME),
  /** A bug or a broken disk; the message helps whoever looks into it. */
  INTERNAL(11, Retry.NEVER),
  /**
   * The replica's state is not as new as this read asks for; another's may be, or this one's soon.
   */
  REPLICA_BEHIND(12, Retry.ELSEWHERE),
  /** What the request names, such as a keyspace, a shard, a node or a job, does not exist. */
  NOT_FOUND(13, Retry.NEVER),
  /** Whoever asks has been removed from the cluster for good: its process has to end. */
  REMOVED(14, Retry.NEVER);

  /** What a caller may do about it. */
  public enum Retry {
    AT_LEADER,
    AFTER_REFRESH,
    AFTER_BACKOFF,
    /** At another replica at once; after a pause when all have said so. */
    ELSEWHERE,
    /** Only under the same client and sequence number, or if the request changes nothing. */
    ONLY_IN_SESSION,
    /** Elsewhere, if the caller has more time than it gave this attempt. */
    WHILE_THERE_IS_TIME,
    NEVER
  }

  private static final ErrorCode[] BY_NUMBER = values();

  private final int number;
  private final Retry retry;

  ErrorCode(int number, Retry retry) {
    this.number = number;
    this.retry = retry;
  }

  public int number() {
    return number;
  }

  public Retry retry() {
    return retry;
  }

  /** The same request may succeed later, or elsewhere: who was asked was busy, absent or silent. */
  public boolean isPassing() {
    return retry != Retry.NEVER;
  }

  /** The request, or an earlier attempt at it, may have taken effect, or may yet. */
  public boolean outcomeUnknown() {
    return switch (this) {
      case UNKNOWN_OUTCOME, SESSION_EXPIRED -> true;
      case NOT_LEADER,
          STALE_EPOCH,
          NO_SUCH_SHARD,
          OVERLOADED,
          UNAVAILABLE,
          INVALID_REQUEST,
          CONFLICT,
          DEADLINE_EXCEEDED,
          INTERNAL,
          REPLICA_BEHIND,
          NOT_FOUND,
          REMOVED ->
          false;
    };
  }

  /** The code with this number; {@link #INTERNAL} for one that this version does not know. */
  public static ErrorCode of(int number) {
    return number >= 1 && number <= BY_NUMBER.length ? BY_NUMBER[number - 1] : INTERNAL;
  }
}
