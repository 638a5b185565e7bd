package io.flotilla.raft.sim;

import io.flotilla.raft.port.NodeId;
import io.flotilla.raft.port.SnapshotTransport;
import io.flotilla.raft.port.SnapshotTransportContract;
import java.util.Arrays;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Nested;

/** Questions over the simulated network end as over the real one, also when it is at its worst. */
class SimSnapshotTransportTest {
  @Nested
  class OverACalmNetwork extends OverWires {
    OverACalmNetwork() {
      super(new SimWires(SimWires.CALM));
    }
  }

  @Nested
  class OverABadNetwork extends OverWires {
    OverABadNetwork() {
      super(new SimWires(SimWires.BAD));
    }
  }

  abstract static class OverWires extends SnapshotTransportContract {
    private final SimWires wires;
    private final SnapshotTransport.Server[] servers =
        new SnapshotTransport.Server[SimWires.HOSTS + 1];

    OverWires(SimWires wires) {
      this.wires = wires;
      Arrays.fill(servers, nobody());
    }

    private static SnapshotTransport.Server nobody() {
      return (from, request, answer) -> {};
    }

    private record Host(SimSnapshotTransport transport, Runnable goes) implements Place {
      @Override
      public void close() {
        transport.close();
        goes.run();
      }
    }

    @Override
    protected Place open(NodeId node, SnapshotTransport.Server server) {
      int self = (int) node.value();
      servers[self] = server;
      return new Host(
          new SimSnapshotTransport(self, wires.network, to -> servers[to]),
          () -> servers[self] = nobody());
    }

    @Override
    protected void closeAll() {}

    @Override
    protected void until(BooleanSupplier done) {
      wires.until(done);
    }
  }
}
