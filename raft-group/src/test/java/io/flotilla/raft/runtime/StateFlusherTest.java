package io.flotilla.raft.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.raft.port.StateStore;
import io.flotilla.raft.port.StorageException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class StateFlusherTest {
  /** What happened to a store and to those who asked, in order. */
  private final List<String> seen = new ArrayList<>();

  private final StateFlusher flusher =
      new StateFlusher(
          new StateStore<Journal.Round>() {
            @Override
            public Journal.Round newRound() {
              return new Journal.Round();
            }

            @Override
            public void flush() throws StorageException {
              if (seen.contains("broken")) {
                throw new StorageException("the disk is gone");
              }
              seen.add("flush");
            }
          });

  private void ask(String name) {
    flusher.ask(() -> seen.add(name));
  }

  @Test
  void oneFlushServesAllWhoHaveAsked() throws StorageException {
    assertThat(flusher.turn()).isZero();
    ask("one");
    ask("two");
    assertThat(flusher.turn()).isEqualTo(2);
    assertThat(seen).containsExactly("flush", "one", "two");
  }

  @Test
  void whoAsksWhileItFlushesGetsTheNext() throws StorageException {
    flusher.ask(() -> ask("late"));
    assertThat(flusher.turn()).isEqualTo(1);
    assertThat(seen).containsExactly("flush");
    assertThat(flusher.turn()).isEqualTo(1);
    assertThat(seen).containsExactly("flush", "flush", "late");
  }

  @Test
  void nobodyIsToldOfAFlushThatFailed() {
    seen.add("broken");
    ask("one");
    assertThatThrownBy(flusher::turn).isInstanceOf(StorageException.class);
    assertThat(seen).doesNotContain("one");
  }
}
