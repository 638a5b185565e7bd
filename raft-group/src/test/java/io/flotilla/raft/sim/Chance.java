package io.flotilla.raft.sim;

import java.util.SplittableRandom;

/** The only source of chance in a simulated world. One thread. */
public final class Chance {
  private final SplittableRandom random;

  public Chance(long seed) {
    this.random = new SplittableRandom(seed);
  }

  private Chance(SplittableRandom random) {
    this.random = random;
  }

  /** A source of its own, so that one part of the world asking more does not change another. */
  public Chance fork() {
    return new Chance(random.split());
  }

  /** From {@code min} to {@code max}, both included. */
  public long between(long min, long max) {
    return min >= max ? min : random.nextLong(min, max + 1);
  }

  /** From {@code min} to {@code max}, both included. */
  public int between(int min, int max) {
    return min >= max ? min : random.nextInt(min, max + 1);
  }

  public int below(int bound) {
    return random.nextInt(bound);
  }

  public boolean happens(double probability) {
    return probability > 0 && random.nextDouble() < probability;
  }

  public double upTo(double bound) {
    return random.nextDouble() * bound;
  }

  @SafeVarargs
  public final <T> T oneOf(T... things) {
    return things[random.nextInt(things.length)];
  }
}
