package io.flotilla.raft.sim;

import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.LongSupplier;

/**
 * What time of day each host believes that it is. As a seed draws, they are right, or wrong from
 * the beginning, or also set forward and back now and then, until they are told to {@link #stop}:
 * then they stay as wrong as they are. None is ever further from the truth than whoever makes them
 * says. One thread.
 */
public final class WallClocks {
  /** As clocks are that somebody looks after. */
  private static final long LITTLE_WRONG_MILLIS = 1_000;

  private final World world;
  private final Chance chance;
  private final long beginMillis;
  private final long wrongMillisMax;
  private final int setEveryTicks;
  private final Map<Integer, Long> wrongMillis = new TreeMap<>();
  private boolean stopped;

  /**
   * @param chance of its own: with other clocks a seed makes the same world
   * @param beginMillis what time it is when the world begins
   * @param wrongMax how far from the truth one may be
   */
  public WallClocks(World world, Chance chance, long beginMillis, Duration wrongMax) {
    this.world = world;
    this.chance = chance;
    this.beginMillis = beginMillis;
    long millisMax = wrongMax.toMillis();
    this.wrongMillisMax = chance.oneOf(0L, Math.min(LITTLE_WRONG_MILLIS, millisMax), millisMax);
    this.setEveryTicks = wrongMillisMax == 0 ? 0 : chance.oneOf(0, 10, 60);
    setOneLater();
  }

  private WallClocks(World world, long beginMillis) {
    this.world = world;
    this.chance = world.chance();
    this.beginMillis = beginMillis;
    this.wrongMillisMax = 0;
    this.setEveryTicks = 0;
  }

  /** All of them, always; nothing is drawn. */
  public static WallClocks right(World world, long beginMillis) {
    return new WallClocks(world, beginMillis);
  }

  /** In milliseconds since 1970; may jump. */
  public LongSupplier of(int host) {
    wrongMillis.put(host, drawn());
    return () -> beginMillis + world.clock().nowMicros() / 1000 + wrongMillis.get(host);
  }

  private long drawn() {
    return wrongMillisMax == 0 ? 0 : chance.between(-wrongMillisMax, wrongMillisMax);
  }

  private void setOneLater() {
    if (setEveryTicks > 0) {
      world.clock().after(chance.between(1, world.ticks(2L * setEveryTicks)), this::setOne);
    }
  }

  private void setOne() {
    if (!stopped) {
      Integer[] hosts = wrongMillis.keySet().toArray(Integer[]::new);
      int host = chance.oneOf(hosts);
      long now = drawn();
      long before = wrongMillis.put(host, now);
      world.counts().add(FaultKind.CLOCK_SET);
      world.trace().add("clock", host, now, 0, () -> "set by " + (now - before) + " ms");
      setOneLater();
    }
  }

  /** None is set any more. */
  public void stop() {
    stopped = true;
  }
}
