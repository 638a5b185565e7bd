package io.flotilla.raft.core;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class UnsyncedBatchesTest {
  private final UnsyncedBatches batches = new UnsyncedBatches(5, 1);

  @Test
  void oneSyncStandsForAllBefore() {
    batches.add(1, 7, 1);
    batches.add(3, 9, 2);
    batches.synced(2);
    assertThat(batches.durableIndex()).isEqualTo(7);
    assertThat(batches.durableTerm()).isEqualTo(1);
    batches.synced(3);
    assertThat(batches.durableIndex()).isEqualTo(9);
    assertThat(batches.durableTerm()).isEqualTo(2);
  }

  /** A, B, A at the same index: only the last write's sync counts. */
  @Test
  void syncOfAnOverwrittenEntryDoesNotCountForItsSuccessor() {
    batches.add(1, 8, 1);
    batches.overwrittenFrom(7);
    batches.add(2, 7, 2);
    batches.overwrittenFrom(7);
    batches.add(3, 8, 3);
    batches.synced(1);
    assertThat(batches.durableIndex()).isEqualTo(6);
    batches.synced(2);
    assertThat(batches.durableIndex()).isEqualTo(6);
    batches.synced(3);
    assertThat(batches.durableIndex()).isEqualTo(8);
  }

  @Test
  void whatWasDurableIsNotOnceOverwritten() {
    batches.overwrittenFrom(4);
    assertThat(batches.durableIndex()).isEqualTo(3);
  }

  /** What was on its way to the disk belongs to a log that is gone. */
  @Test
  void afterARestoreEarlierBatchesCoverOnlyWhatWasHandedOut() {
    batches.add(1, 9, 1);
    batches.restored(20, 3);
    batches.add(2, 22, 2);
    assertThat(batches.durableIndex()).isEqualTo(3);
    batches.synced(1);
    assertThat(batches.durableIndex()).isEqualTo(3);
    assertThat(batches.durablyRestored()).isZero();
    batches.synced(2);
    assertThat(batches.durableIndex()).isEqualTo(22);
    assertThat(batches.durablyRestored()).isEqualTo(20);
  }

  @Test
  void aRestoreThatIsOvertakenStillComesInItsTurn() {
    batches.restored(20, 3);
    batches.add(1, 25, 1);
    batches.restored(40, 3);
    batches.add(2, 40, 1);
    batches.synced(1);
    assertThat(batches.durableIndex()).isEqualTo(20);
    assertThat(batches.durablyRestored()).isEqualTo(20);
    batches.synced(2);
    assertThat(batches.durableIndex()).isEqualTo(40);
    assertThat(batches.durablyRestored()).isEqualTo(40);
  }

  @Test
  void aLateRepetitionChangesNothing() {
    batches.add(1, 8, 1);
    batches.synced(1);
    batches.overwrittenFrom(7);
    batches.synced(1);
    assertThat(batches.durableIndex()).isEqualTo(6);
  }
}
