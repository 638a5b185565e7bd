package io.flotilla.placement.plan;

/** The cluster as it is cannot have what was wished; the message says why and what would do. */
public final class PlanRefusedException extends Exception {
  private static final long serialVersionUID = 1L;

  private final Kind kind;

  /** What would have to be otherwise. */
  public enum Kind {
    /** What is wished for, or the cluster. */
    REFUSED,
    /** Something that the wish names does not exist, or does no longer. */
    NOT_FOUND,
    /** Nothing: the same wish is to come again in some seconds, when more is known. */
    TOO_EARLY
  }

  public PlanRefusedException(String message) {
    this(Kind.REFUSED, message);
  }

  PlanRefusedException(Kind kind, String message) {
    super(message);
    this.kind = kind;
  }

  /** Something that the wish names does not exist, or does no longer. */
  public static PlanRefusedException notFound(String message) {
    return new PlanRefusedException(Kind.NOT_FOUND, message);
  }

  public Kind kind() {
    return kind;
  }
}
