package io.flotilla.raft.tables;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The table of the field's points in this room's README has them all, and what it says is so. */
class FieldTableTest {
  private static final int POINTS = 99;

  private final ShownByTable table = ShownByTable.in(Path.of("README.md"), "The field");

  @Test
  void everyPointHasItsRow() {
    assertThat(table.rows())
        .extracting(ShownByTable.Row::about)
        .containsExactlyElementsOf(
            IntStream.rangeClosed(1, POINTS).mapToObj(String::valueOf).toList());
  }

  @Test
  void whatIsNamedIsThere() {
    assertThat(table.complaints(new TestSources(Path.of("..")))).isEmpty();
  }
}
