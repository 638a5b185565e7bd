package io.flotilla.shard.service;

import io.flotilla.raft.core.CoreConfig;
import io.flotilla.raft.port.NodeId;
import io.flotilla.raft.rocksdb.RocksLogConfig;
import io.flotilla.raft.runtime.RuntimeConfig;
import io.flotilla.raft.runtime.RuntimeLimits;
import java.time.Duration;

/**
 * How a node runs its Raft groups; the fields are those of {@link RuntimeConfig}, which checks
 * them.
 */
public record RaftConfig(
    int loops,
    int applyThreads,
    int fetchThreads,
    Duration tick,
    Duration gather,
    CoreConfig core,
    RuntimeLimits limits,
    RocksLogConfig log) {
  private static final int PROCESSORS_PER_LOOP = 4;

  /**
   * One loop and one apply thread for each four processors, and as many event loops: more do not do
   * more, they only hand smaller batches to each other.
   */
  public static final RaftConfig DEFAULT =
      new RaftConfig(
          loopsFor(Runtime.getRuntime().availableProcessors()),
          loopsFor(Runtime.getRuntime().availableProcessors()),
          1,
          Duration.ofMillis(100),
          RuntimeConfig.GATHER,
          CoreConfig.DEFAULT,
          RuntimeLimits.DEFAULT,
          RocksLogConfig.DEFAULT);

  static int loopsFor(int processors) {
    return Math.max(1, Math.min(16, processors / PROCESSORS_PER_LOOP));
  }

  public RaftConfig withTick(Duration unit) {
    return new RaftConfig(loops, applyThreads, fetchThreads, unit, gather, core, limits, log);
  }

  public RaftConfig withCore(CoreConfig config) {
    return new RaftConfig(loops, applyThreads, fetchThreads, tick, gather, config, limits, log);
  }

  public RaftConfig withLimits(RuntimeLimits chosen) {
    return new RaftConfig(loops, applyThreads, fetchThreads, tick, gather, core, chosen, log);
  }

  public RaftConfig withLog(RocksLogConfig config) {
    return new RaftConfig(loops, applyThreads, fetchThreads, tick, gather, core, limits, config);
  }

  RuntimeConfig of(NodeId self) {
    return new RuntimeConfig(self, loops, applyThreads, fetchThreads, tick, gather, core, limits);
  }
}
