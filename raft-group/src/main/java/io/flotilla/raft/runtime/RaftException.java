package io.flotilla.raft.runtime;

import io.flotilla.raft.core.Refusal;
import java.util.Optional;

/** Why what a {@link RaftGroup} was asked for has no result. */
public final class RaftException extends Exception {
  private static final long serialVersionUID = 1L;

  private final transient Optional<Refusal> refusal;

  private RaftException(String message, Optional<Refusal> refusal) {
    super(
        message, null, false,
        false); // an expected answer, many at a time when a leader falls: no stack
    this.refusal = refusal;
  }

  /**
   * It certainly did not and will not happen; only a transfer that was {@linkplain
   * Refusal.TransferGivenUp given up} may yet.
   */
  public static RaftException refused(Refusal refusal) {
    return new RaftException(refusal.toString(), Optional.of(refusal));
  }

  /**
   * It was begun, as a proposal that is in some log or a leadership that is being handed over: it
   * may have happened, or may yet. Never of a read.
   */
  public static RaftException unknownOutcome(String why) {
    return new RaftException("outcome unknown: " + why, Optional.empty());
  }

  public boolean outcomeUnknown() {
    return refusal.isEmpty();
  }

  public Optional<Refusal> refusal() {
    return refusal;
  }
}
