package io.flotilla.raft.runtime;

import io.flotilla.raft.core.CoreConfig;
import io.flotilla.raft.port.NodeId;
import io.flotilla.raft.port.Transport;
import java.time.Duration;
import java.util.function.LongSupplier;

/** Runtimes of node 11 with one thread of each kind, of whose world a test holds every part. */
final class HandDriven {
  static final NodeId NODE = new NodeId(11);

  private HandDriven() {}

  static RaftRuntime<Journal.Round> runtime(
      ManualLog log, Transport transport, LongSupplier nanos, RaftListener listener) {
    return runtime(log, transport, NoSnapshots.ports(), nanos, listener);
  }

  static RaftRuntime<Journal.Round> runtime(
      ManualLog log,
      Transport transport,
      SnapshotPorts snapshots,
      LongSupplier nanos,
      RaftListener listener) {
    return new RaftRuntime<>(
        new RuntimeConfig(
            NODE,
            1,
            1,
            1,
            Duration.ofMillis(100),
            Duration.ZERO,
            CoreConfig.DEFAULT,
            RuntimeLimits.DEFAULT),
        new RuntimePorts<>(
            log,
            transport,
            new Journal.Store(),
            snapshots,
            nanos,
            () -> 0,
            (min, max) -> min,
            listener,
            failure -> {
              throw new AssertionError(failure);
            }));
  }
}
