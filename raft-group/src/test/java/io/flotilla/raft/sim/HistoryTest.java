package io.flotilla.raft.sim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

/** The judge is judged: histories that are right pass, and each way to be wrong is seen. */
class HistoryTest {
  private final History history = new History();

  @Test
  void overlappingOperationsMayTakeEffectInAnyOrder() {
    History.Operation first = history.invokeWrite(1, 0, 11);
    History.Operation second = history.invokeWrite(2, 0, 21);
    History.Operation read = history.invokeRead(3, 0);
    history.wrote(second, 5);
    history.wrote(first, 7);
    history.read(read, 0, 0);
    assertThat(history.newestVersion(0)).isEqualTo(7);
  }

  @Test
  void unansweredWriteMayBeSeenLater() {
    history.invokeWrite(1, 0, 11);
    history.read(history.invokeRead(2, 0), 0, 0);
    history.read(history.invokeRead(2, 0), 9, 11);
    assertThat(history.answered()).isEqualTo(2);
  }

  @Test
  void retriedWriteIsToldTheSameVersion() {
    History.Operation write = history.invokeWrite(1, 0, 11);
    history.wrote(write, 5);
    history.wrote(write, 5);
    assertWrong(() -> history.wrote(write, 6));
  }

  @Test
  void readMissesAnAcknowledgedWrite() {
    history.wrote(history.invokeWrite(1, 0, 11), 5);
    assertWrong(() -> history.read(history.invokeRead(2, 0), 0, 0));
  }

  @Test
  void readGoesBackwards() {
    history.invokeWrite(1, 0, 11);
    history.invokeWrite(2, 0, 21);
    history.read(history.invokeRead(3, 0), 6, 21);
    assertWrong(() -> history.read(history.invokeRead(4, 0), 4, 11));
  }

  @Test
  void writeTakesEffectBeforeItBegan() {
    history.wrote(history.invokeWrite(1, 0, 11), 5);
    assertWrong(() -> history.wrote(history.invokeWrite(2, 0, 21), 4));
  }

  @Test
  void unansweredWriteIsSeenAtAPlaceBeforeItBegan() {
    history.wrote(history.invokeWrite(1, 0, 11), 5);
    History.Operation read = history.invokeRead(3, 0);
    history.invokeWrite(2, 0, 21);
    assertWrong(() -> history.read(read, 5, 21));
  }

  @Test
  void writeTakesEffectTwice() {
    history.invokeWrite(1, 0, 11);
    history.read(history.invokeRead(2, 0), 3, 11);
    assertWrong(() -> history.read(history.invokeRead(2, 0), 8, 11));
  }

  @Test
  void valueThatNobodyWrote() {
    assertWrong(() -> history.read(history.invokeRead(2, 0), 3, 99));
  }

  @Test
  void valueOfAnotherKey() {
    history.invokeWrite(1, 1, 11);
    assertWrong(() -> history.read(history.invokeRead(2, 0), 3, 11));
  }

  @Test
  void refusedWriteIsDone() {
    History.Operation write = history.invokeWrite(1, 0, 11);
    history.refused(write);
    assertThatThrownBy(() -> history.done(11))
        .isInstanceOf(AssertionError.class)
        .hasMessageStartingWith("REFUSALS");
  }

  @Test
  void doneWriteIsRefused() {
    History.Operation write = history.invokeWrite(1, 0, 11);
    history.done(11);
    assertThatThrownBy(() -> history.refused(write))
        .isInstanceOf(AssertionError.class)
        .hasMessageStartingWith("REFUSALS");
  }

  @Test
  void keysDoNotWaitForEachOther() {
    history.wrote(history.invokeWrite(1, 0, 11), 5);
    history.read(history.invokeRead(2, 1), 0, 0);
    assertThat(history.newestVersion(1)).isZero();
  }

  private static void assertWrong(Runnable operation) {
    assertThatThrownBy(operation::run)
        .isInstanceOf(AssertionError.class)
        .hasMessageStartingWith("LINEARIZABILITY");
  }
}
