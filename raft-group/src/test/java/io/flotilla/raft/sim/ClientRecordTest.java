package io.flotilla.raft.sim;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.raft.core.Entry;
import io.flotilla.raft.history.Action;
import io.flotilla.raft.history.History;
import io.flotilla.raft.history.Outcome;
import io.flotilla.raft.history.Value;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The judge is judged: what clients were told, against what was done. */
class ClientRecordTest {
  private static final SimCommand PUT = new SimCommand(1, 1, 0, new Action.Put(Value.of("a")));

  private final ClientRecord record = new ClientRecord();
  private final SimState state = new SimState();

  private void execute(SimCommand command) {
    byte[] payload = command.encode(0);
    state.apply(new Entry(state.applied() + 1, 1, Entry.Kind.COMMAND, payload));
  }

  @Test
  void acknowledgedAndKept() {
    record.write(PUT).returned(Outcome.done());
    execute(PUT);
    record.requireLinearizable("kept", List.of(state, state));
  }

  @Test
  void acknowledgedAndLost() {
    record.write(PUT).returned(Outcome.done());
    assertThatThrownBy(() -> record.requireLinearizable("lost", List.of(state)))
        .isInstanceOf(AssertionError.class)
        .hasMessageStartingWith("LINEARIZABILITY: key key-0");
  }

  @Test
  void oneReplicaDiffers() {
    record.write(PUT).returned(Outcome.done());
    SimState before = state.copy();
    execute(PUT);
    assertThatThrownBy(() -> record.requireLinearizable("differs", List.of(state, before)))
        .isInstanceOf(AssertionError.class)
        .hasMessageStartingWith("LINEARIZABILITY");
  }

  @Test
  void refusedAndSeenAllTheSame() {
    record.refused(record.write(PUT), PUT);
    record.read(2, 0).returned(new Outcome.Saw(Value.of("a")));
    assertThatThrownBy(() -> record.requireLinearizable("refused", List.of()))
        .isInstanceOf(AssertionError.class)
        .hasMessageStartingWith("LINEARIZABILITY");
  }

  @Test
  void refusedAndDone() {
    record.refused(record.write(PUT), PUT);
    assertRefusalBroken(() -> record.done(PUT));
  }

  @Test
  void doneAndRefused() {
    History.Call call = record.write(PUT);
    record.done(PUT);
    assertRefusalBroken(() -> record.refused(call, PUT));
  }

  private static void assertRefusalBroken(Runnable step) {
    assertThatThrownBy(step::run)
        .isInstanceOf(AssertionError.class)
        .hasMessageStartingWith("REFUSALS");
  }
}
