package io.flotilla.placement.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.placement.model.ClusterView;
import io.flotilla.proto.placement.PlacementCommand;
import io.flotilla.proto.placement.PlacementResult;
import io.flotilla.raft.core.Entry;
import io.flotilla.raft.state.Generations;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A state machine on a disk, and what was applied to it. */
abstract class OneStateMachine {
  @TempDir Path directory;

  final List<Entry> log = new ArrayList<>();
  PlacementStore store;
  PlacementStateMachine machine;

  @BeforeEach
  final void open() throws Exception {
    store = new PlacementStore(directory);
    machine = new PlacementStateMachine(store, Generations.INITIAL);
  }

  @AfterEach
  final void close() throws Exception {
    store.close();
  }

  PlacementResult run(PlacementCommand command) throws Exception {
    Entry entry = entry(machine.appliedIndex() + 1, command);
    log.add(entry);
    try (PlacementRound round = store.newRound()) {
      byte[] result = machine.apply(List.of(entry), round).get(0);
      round.commit();
      return PlacementResult.parseFrom(result);
    }
  }

  static Entry entry(long index, PlacementCommand command) {
    return new Entry(index, 1, Entry.Kind.COMMAND, command.toByteArray());
  }

  final void assertRefused(PlacementCommand command, Outcome outcome, String why) throws Exception {
    ClusterView before = machine.view();
    PlacementResult result = run(command);
    assertThat(result.getErrorCode()).isEqualTo(outcome.number());
    assertThat(result.getMessage()).contains(why);
    assertThat(machine.view()).isEqualTo(before);
  }
}
