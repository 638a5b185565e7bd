package io.flotilla.raft.sim;

/**
 * What a campaign must have done at least: one in which nothing happened is green, too. Bounds are
 * means of a run; of few runs, as when one seed is replayed, nothing is asked.
 */
public final class Floors {
  /** A kind of fault is off in many runs. */
  private static final int RUNS_MIN = 10;

  private final Campaign.Sum sum;

  public Floors(Campaign.Sum sum) {
    this.sum = sum;
  }

  /**
   * @throws AssertionError if clients finished fewer operations
   */
  public Floors answered(double perRun) {
    return require("operations that clients finished", sum.answered(), perRun);
  }

  /**
   * @throws AssertionError if it happened less often
   */
  public Floors had(double perRun, FaultKind kind) {
    return require(kind.text(), sum.faults().of(kind), perRun);
  }

  private Floors require(String what, long times, double perRun) {
    if (sum.runs() >= RUNS_MIN && times < perRun * sum.runs()) {
      throw new AssertionError(
          "%s: %d in %d runs, not %s in each".formatted(what, times, sum.runs(), perRun));
    }
    return this;
  }
}
