package io.flotilla.raft.runtime;

import static io.flotilla.raft.runtime.Allowed.require;

import io.flotilla.raft.core.CoreConfig;
import io.flotilla.raft.port.NodeId;
import java.time.Duration;

/**
 * @param self the node that this runtime is part of
 * @param loops threads that own Raft state
 * @param applyThreads threads that run state machines
 * @param fetchThreads threads that read old entries for followers that lag
 * @param tick the unit of {@code core}'s timeouts
 * @param gather while a loop's hand-over is at the disk, the loop lets things come in for at most
 *     so long, and then takes them all in one turn: many wake-ups, appends and syncs become one. An
 *     idle loop takes everything at once. 0: never wait
 */
public record RuntimeConfig(
    NodeId self,
    int loops,
    int applyThreads,
    int fetchThreads,
    Duration tick,
    Duration gather,
    CoreConfig core,
    RuntimeLimits limits) {
  public RuntimeConfig {
    require(loops >= 1 && loops <= 64, "loops", loops, "1 to 64");
    require(applyThreads >= 1 && applyThreads <= 64, "applyThreads", applyThreads, "1 to 64");
    require(fetchThreads >= 1 && fetchThreads <= 64, "fetchThreads", fetchThreads, "1 to 64");
    require(tick.toMillis() >= 1, "tick", tick, "at least 1 ms");
    require(!gather.isNegative() && gather.compareTo(tick) < 0, "gather", gather, "0 to a tick");
  }

  public static final Duration GATHER = Duration.ofMillis(2);

  /** Two loops, two apply threads, ticks of 100 ms. */
  public static RuntimeConfig of(NodeId self) {
    return new RuntimeConfig(
        self, 2, 2, 2, Duration.ofMillis(100), GATHER, CoreConfig.DEFAULT, RuntimeLimits.DEFAULT);
  }
}
