package io.flotilla.raft.rocksdb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.raft.core.ReplicaId;
import io.flotilla.raft.port.StorageException;
import io.flotilla.raft.rocksdb.SyncedMark.Note;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a crash may leave of the mark, at each of its writes. */
class SyncedMarkTest {
  @TempDir private Path dir;

  private Path file() {
    return dir.resolve("mark");
  }

  @Test
  void furthestNoteOutlivesATornFirstWriteAfterOpening() throws Exception {
    for (int notes = 1; notes <= 3; notes++) {
      Path file = dir.resolve("mark-" + notes);
      try (SyncedMark mark = SyncedMark.open(file)) {
        for (int note = 1; note <= notes; note++) {
          mark.write(new Note(10 * note, 7));
        }
      }
      byte[] before = Files.readAllBytes(file);
      try (SyncedMark again = SyncedMark.open(file)) {
        again.write(new Note(10 * notes + 1, 9));
      }
      Files.write(file, torn(before, Files.readAllBytes(file)));
      try (SyncedMark after = SyncedMark.open(file)) {
        assertThat(after.read()).contains(new Note(10 * notes, 7));
      }
    }
  }

  /** As before, but for the first byte that was written. */
  private static byte[] torn(byte[] before, byte[] after) {
    byte[] torn = Arrays.copyOf(before, after.length);
    int written = Arrays.mismatch(torn, after);
    torn[written] = after[written];
    return torn;
  }

  @Test
  void noteThatIsSetBackIsTheFurthest() throws Exception {
    try (SyncedMark mark = SyncedMark.open(file())) {
      mark.write(new Note(100, 5));
      mark.write(new Note(101, 5));
    }
    for (long sequence : new long[] {50, 20}) {
      try (SyncedMark mark = SyncedMark.open(file())) {
        mark.reset(new Note(sequence, 7));
      }
      try (SyncedMark mark = SyncedMark.open(file())) {
        assertThat(mark.read()).contains(new Note(sequence, 7));
      }
    }
  }

  /** A crash between the verdict and the mark that is set back only finds the loss again. */
  @Test
  void verdictIsDurableBeforeTheMarkIsSetBack() throws Exception {
    SyncedMark unwritable = SyncedMark.open(file());
    unwritable.close();
    try (LogDb db = LogDb.open(dir.resolve("db"), RocksLogConfig.DEFAULT)) {
      Note noted = new Note(db.sequence() + 100, 5);
      assertThatThrownBy(() -> LostTail.check(db, unwritable, noted))
          .isInstanceOf(StorageException.class);
      try (SyncedMark mark = SyncedMark.open(dir.resolve("other"))) {
        assertThat(LostTail.check(db, mark, new Note(0, 0))).contains(new ReplicaId(5));
      }
    }
  }
}
