package io.flotilla.placement.plan;

import io.flotilla.placement.model.KeyBytes;

/**
 * What a shard is asked, as its leader says.
 *
 * @param operations per second, smoothed
 * @param lasts whether it has been too much for long enough; see {@link HeatPolicy}
 * @param sampled whether the rest is known
 * @param cut encoded key where it is best cut in two; empty if all operations are in one place
 * @param lesserPercent of the operations, on the side of the cut that has fewer
 */
public record Heat(
    long operations, boolean lasts, boolean sampled, KeyBytes cut, int lesserPercent) {
  public static final Heat NONE = new Heat(0, false, false, KeyBytes.EMPTY, 0);

  /** A cut that takes less away than this part of the operations is not worth a shard more. */
  private static final int WORTH_PERCENT = 20;

  /** Whether it is known that no cut helps: most of the operations are on one key or slot. */
  public boolean isInOnePlace() {
    return sampled && lesserPercent < WORTH_PERCENT;
  }
}
