package io.flotilla.placement.plan;

/** The cluster as it is cannot have what was wished; the message says why and what would do. */
public final class PlanRefusedException extends Exception {
  private static final long serialVersionUID = 1L;

  private final boolean notFound;

  public PlanRefusedException(String message) {
    this(message, false);
  }

  private PlanRefusedException(String message, boolean notFound) {
    super(message);
    this.notFound = notFound;
  }

  /** Something that the wish names does not exist, or does no longer. */
  public static PlanRefusedException notFound(String message) {
    return new PlanRefusedException(message, true);
  }

  /** Whether something that the wish names does not exist. */
  public boolean isNotFound() {
    return notFound;
  }
}
