package io.flotilla.raft.runtime;

import io.flotilla.raft.port.SnapshotReply;
import io.flotilla.raft.sim.SimFiles;
import io.flotilla.raft.sim.SimSnapshotStore;
import java.nio.file.Path;
import java.util.SplittableRandom;

/** For tests of runtimes that cannot reach each other for snapshots. */
final class NoSnapshots {
  private NoSnapshots() {}

  static SnapshotPorts ports() {
    return new SnapshotPorts(
        new SimSnapshotStore(new SimFiles(), Path.of("snapshots")),
        (node, request, reply) ->
            reply.accept(new SnapshotReply.Refused(SnapshotReply.Reason.LOST)),
        SnapshotSendConfig.DEFAULT,
        SnapshotFetchConfig.DEFAULT,
        new SplittableRandom(1));
  }
}
