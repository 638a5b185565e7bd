package io.flotilla.raft.sim;

import io.flotilla.raft.port.NodeId;
import io.flotilla.raft.port.RaftParcel;
import io.flotilla.raft.port.Transport;
import io.flotilla.raft.port.TransportContract;
import java.util.Arrays;
import java.util.Queue;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Nested;

/** The simulated network carries messages as the real one does, also when it is at its worst. */
class SimTransportTest {
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

  abstract static class OverWires extends TransportContract {
    private final SimWires wires;
    private final Transport.Receiver[] receivers = new Transport.Receiver[SimWires.HOSTS + 1];

    OverWires(SimWires wires) {
      this.wires = wires;
      Arrays.fill(receivers, nobody());
    }

    private static Transport.Receiver nobody() {
      return parcels -> {};
    }

    private record Host(SimTransport transport, Queue<RaftParcel> received, Runnable goes)
        implements Place {
      @Override
      public void close() {
        transport.close();
        goes.run();
      }
    }

    @Override
    protected Place open(NodeId node) {
      int self = (int) node.value();
      Queue<RaftParcel> received = newQueue();
      receivers[self] = received::addAll;
      return new Host(
          new SimTransport(self, wires.network, to -> receivers[to]),
          received,
          () -> receivers[self] = nobody());
    }

    @Override
    protected void closeAll() {}

    @Override
    protected void until(BooleanSupplier done) {
      wires.until(done);
    }
  }
}
