package io.flotilla.raft.history;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class HistoryTest {
  @Test
  void whatIsRefusedSaysNothingAndIsCounted() {
    History history = new History();
    History.Call refused = history.invoke(1, "k", new Action.Get());
    history.invoke(1, "k", new Action.Get()).returned(new Outcome.Saw(Value.ABSENT));
    history.invoke(1, "k", new Action.Put(Value.of("x")));
    refused.refused();
    refused.refused();
    assertThat(history.operations()).hasSize(2);
    assertThat(history.refused()).isEqualTo(1);
    assertThat(history.answered()).isEqualTo(1);
  }
}
