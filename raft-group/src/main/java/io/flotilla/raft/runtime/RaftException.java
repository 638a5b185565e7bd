package io.flotilla.raft.runtime;

import io.flotilla.raft.core.Refusal;
import java.util.Optional;

/** Why a proposal or read of a {@link RaftGroup} has no result. */
public final class RaftException extends Exception {
  private static final long serialVersionUID = 1L;

  private final transient Optional<Refusal> refusal;

  private RaftException(String message, Optional<Refusal> refusal) {
    super(
        message, null, false,
        false); // an expected answer, many at a time when a leader falls: no stack
    this.refusal = refusal;
  }

  /** It certainly did not and will not happen. */
  public static RaftException refused(Refusal refusal) {
    return new RaftException(refusal.toString(), Optional.of(refusal));
  }

  /** The proposal is in some log: it may have happened, or may yet. */
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
