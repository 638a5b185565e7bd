package io.flotilla.raft.sim;

import io.flotilla.raft.runtime.SnapshotFetchConfig;
import io.flotilla.raft.runtime.SnapshotSendConfig;
import java.time.Duration;

/** How a simulated node sends and fetches snapshots, as chance has it. */
final class SnapshotDraws {
  private SnapshotDraws() {}

  /** Nothing is given up between two questions of a fetch that goes on: see {@link AgentTurns}. */
  static SnapshotSendConfig send(World world) {
    Chance chance = world.chance();
    int lease = chance.between(4, 60);
    return new SnapshotSendConfig(
        chance.between(1, 2),
        chance.between(2, 4),
        ticks(world, lease),
        ticks(world, chance.between(3, lease)),
        (int) Math.max(1, world.ticks(1) / 1000),
        chance.between(4, 64));
  }

  static SnapshotFetchConfig fetch(World world) {
    Chance chance = world.chance();
    return new SnapshotFetchConfig(
        chance.between(1, 2),
        chance.oneOf(100_000L, 1L << 40),
        chance.oneOf(50, 200, 1 << 18),
        chance.between(1, 8),
        ticks(world, chance.between(2, 10)),
        new SnapshotFetchConfig.Backoff(ticks(world, 1), ticks(world, 8), chance.between(1, 8)),
        1 << 20);
  }

  private static Duration ticks(World world, int count) {
    return Duration.ofNanos(Math.max(1_000_000, world.ticks(count) * 1000));
  }
}
