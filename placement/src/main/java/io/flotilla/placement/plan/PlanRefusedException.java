package io.flotilla.placement.plan;

/** The cluster as it is cannot have what was wished; the message says why and what would do. */
public final class PlanRefusedException extends Exception {
  private static final long serialVersionUID = 1L;

  public PlanRefusedException(String message) {
    super(message);
  }
}
