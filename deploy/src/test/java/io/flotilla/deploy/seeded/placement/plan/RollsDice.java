package io.flotilla.deploy.seeded.placement.plan;

/** Breaks the rules: the same view must give the same plan. */
public final class RollsDice {
  double chance() {
    return Math.random();
  }
}
