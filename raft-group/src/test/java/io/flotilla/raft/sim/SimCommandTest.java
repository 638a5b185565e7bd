package io.flotilla.raft.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.raft.history.Action;
import io.flotilla.raft.history.Outcome;
import io.flotilla.raft.history.Value;
import java.util.List;
import org.junit.jupiter.api.Test;

class SimCommandTest {
  @Test
  void commandsAreReadAsTheyWereWritten() {
    Value one = Value.of("one");
    for (Action action :
        List.of(
            new Action.Put(one),
            new Action.Delete(),
            new Action.CompareAndSet(Value.ABSENT, one),
            new Action.CompareAndSet(one, Value.ABSENT),
            new Action.Increment(-3),
            new Action.Append("suffix"))) {
      SimCommand command = new SimCommand(7, 300, 2, action);
      assertThat(SimCommand.decode(command.encode(17))).isEqualTo(command);
    }
  }

  @Test
  void outcomesAreReadAsTheyWereWritten() {
    for (Outcome outcome :
        List.of(
            Outcome.done(),
            Outcome.unknown(),
            new Outcome.Took(true),
            new Outcome.Took(false),
            new Outcome.Number(1L << 40))) {
      assertThat(SimCommand.decodeOutcome(SimCommand.encode(outcome))).isEqualTo(outcome);
    }
  }
}
