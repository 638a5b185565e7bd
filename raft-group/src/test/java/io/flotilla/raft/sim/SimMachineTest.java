package io.flotilla.raft.sim;

import io.flotilla.raft.history.Action;
import io.flotilla.raft.port.StateMachineContract;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.Set;

/** The simulated state keeps what the real ones keep. */
class SimMachineTest extends StateMachineContract<SimMachine.Round> {
  private static final SimImage.Disk DISK =
      new SimImage.Disk() {
        @Override
        public void write(Path file, byte[] content) throws IOException {
          Files.write(file, content);
        }

        @Override
        public byte[] read(Path file) throws IOException {
          return Files.readAllBytes(file);
        }
      };

  private record Simulated(SimMachine machine) implements Replica<SimMachine.Round> {
    @Override
    public SimMachine.Round newRound() {
      return new SimMachine.Round();
    }

    @Override
    public void flush() {
      machine.flush();
    }

    @Override
    public String state() {
      return HexFormat.of().formatHex(new SimImage(0, machine.state(), DISK).encode());
    }

    @Override
    public long firstGeneration() {
      return 1;
    }

    @Override
    public Set<Long> generations() {
      return machine.generations();
    }

    @Override
    public void sweep() {}

    @Override
    public void restart(long generation) {
      machine.flush();
      machine.restart(generation);
    }

    @Override
    public void crash(long generation) {
      machine.restart(generation);
    }

    @Override
    public void close() {}
  }

  private final Chance chance = new Chance(1);

  @Override
  protected Replica<SimMachine.Round> open(Path directory) {
    return new Simulated(new SimMachine(chance, 1, DISK, state -> {}));
  }

  @Override
  protected Replica<SimMachine.Round> openForeign(Path directory) {
    return new Simulated(new SimMachine(chance, 2, DISK, state -> {}));
  }

  @Override
  protected byte[] command(int number) {
    int client = number % SimState.CLIENTS_MAX + 1;
    int sequence = number / SimState.CLIENTS_MAX + 1;
    return new SimCommand(client, sequence, number % 3, new Action.Increment(1)).encode(0);
  }

  @Override
  protected Object answer(byte[] result) {
    return SimCommand.decodeOutcome(result);
  }
}
