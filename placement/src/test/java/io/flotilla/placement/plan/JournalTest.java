package io.flotilla.placement.plan;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class JournalTest {
  @Test
  void whatIsAboutSomebodyElseIsNotEvenPutIntoWords() {
    Journal journal = Journal.ofShard(7);
    journal.found("rule", 8, 1, () -> unasked());
    journal.found("rule", 7, 1, () -> "it is led");
    journal.found("rule", 0, 0, () -> "nobody is dead");
    assertThat(journal.findings())
        .extracting(Finding::text)
        .containsExactly("it is led", "nobody is dead");
    Journal.NONE.found("rule", 0, 0, () -> unasked());
  }

  @Test
  void nothingThatWasFoundIsLeftOut() {
    Journal journal = Journal.ofNode(3);
    for (int shard = 1; shard <= 1_000; shard++) {
      journal.found("rule", shard, 3, () -> "no node for it");
    }
    assertThat(journal.findings()).hasSize(1_000);
  }

  private static String unasked() {
    throw new AssertionError("put into words");
  }
}
