package io.flotilla.placement.plan;

/**
 * When a shard is asked so much that it is cut in two.
 *
 * @param operations per second; a shard that is asked for as many is hot; 0: none ever is
 * @param lastsMillis that it has to be hot without a gap, under one leader and since it was cut
 *     last
 */
public record HeatPolicy(long operations, int lastsMillis) {
  public static final HeatPolicy OFF = new HeatPolicy(0, 0);

  /**
   * What one group, which is served by one core at a time, begins to feel, and a shard that is one
   * of many never sees. A minute, since a cut stays when the load has gone elsewhere.
   */
  public static final HeatPolicy DEFAULT = new HeatPolicy(10_000, 60_000);

  public HeatPolicy {
    if (operations < 0 || lastsMillis < 0) {
      throw new IllegalArgumentException(
          operations + " operations for " + lastsMillis + " ms; neither may be negative");
    }
  }

  public boolean isHot(Heat heat) {
    return operations > 0 && heat.operations() >= operations;
  }
}
