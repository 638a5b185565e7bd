package io.flotilla.raft.tables;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Each way in which a table can be untrue is seen. */
class ShownByTableTest {
  private static final TestSources SOURCES = new TestSources(Path.of(".."));

  private static List<String> complaints(String cell) {
    return ShownByTable.parse(
            List.of(
                "| what | shown by | remark |",
                "| --- | --- | --- |",
                "| a thing | " + cell + " | a remark in `backticks` |",
                "",
                "| no | such | column |",
                "| --- | --- | --- |",
                "| other | nothing | at all |"))
        .complaints(SOURCES);
  }

  @Test
  void testsScriptsAndReasonsAreGood() {
    assertThat(complaints("`ShownByTableTest.testsScriptsAndReasonsAreGood`")).isEmpty();
    assertThat(complaints("`ShownByTableTest`, `figure-8.txt`")).isEmpty();
    assertThat(complaints("`M1-commit-earlier-term.patch`")).isEmpty();
    assertThat(complaints("`raft-group/ShownByTableTest.nothingIsNoReason`")).isEmpty();
    assertThat(complaints("`LogStoreContract.hardStateAloneIsKept`")).isEmpty();
    assertThat(complaints("none: it is not built yet")).isEmpty();
  }

  @Test
  void whatIsNotThereIsNamed() {
    assertThat(complaints("`ShownByTableTest.gone`"))
        .containsExactly("a thing: there is no ShownByTableTest.gone");
    assertThat(complaints("`ShownByTableTest.complaints`")).as("a method, no test").hasSize(1);
    assertThat(complaints("`GoneTest`")).hasSize(1);
    assertThat(complaints("`router/ShownByTableTest.nothingIsNoReason`"))
        .as("not there")
        .hasSize(1);
    assertThat(complaints("`TableTest`")).as("the end of a name").hasSize(1);
    assertThat(complaints("`ShownByTableTest`, `figure-9.txt`")).hasSize(1);
  }

  @Test
  void nothingIsNoReason() {
    assertThat(complaints("")).hasSize(1);
    assertThat(complaints("by inspection")).hasSize(1);
    assertThat(complaints("none: later")).hasSize(1);
  }

  @Test
  void testsAreFoundWhateverStandsBeforeThem() {
    assertThat(
            TestSources.testsIn(
                """
                @Test
                void plain() {
                  helper();
                }

                @ParameterizedTest
                @ValueSource(strings = {"a", "b"})
                void withValues(String value) throws Exception {
                  helper();
                }

                @TestFactory
                Stream<DynamicTest> factory() {
                  return helper();
                }

                private void helper() {
                  more();
                }
                """))
        .containsExactlyInAnyOrder("plain", "withValues", "factory");
  }
}
