package io.flotilla.raft.mutants;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PatchTest {
  private static final Patch PATCH =
      Patch.parse(
          List.of(
              "What: words before the diff",
              "--- a/some/File.java",
              "+++ b/some/File.java",
              "@@ -2,3 +2,2 @@ class File {",
              " b",
              "-c",
              "-d",
              "+C",
              "@@ -7,2 +6,3 @@",
              " g",
              "+new",
              " h"));

  private static Map<String, List<String>> apply(String... lines) {
    return PATCH.applyTo(path -> List.of(lines));
  }

  @Test
  void appliesWhereItSays() {
    assertThat(apply("a", "b", "c", "d", "e", "f", "g", "h"))
        .containsExactly(
            Map.entry("some/File.java", List.of("a", "b", "C", "e", "f", "g", "new", "h")));
  }

  @Test
  void followsLinesThatHaveMoved() {
    assertThat(apply("b", "b", "0", "a", "b", "c", "d", "g", "h").get("some/File.java"))
        .containsExactly("b", "b", "0", "a", "b", "C", "g", "new", "h");
  }

  @Test
  void saysWhenItNoLongerApplies() {
    assertThatThrownBy(() -> apply("a", "b", "changed", "d", "e", "f", "g", "h"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("does not apply to some/File.java, near line 2");
  }

  @Test
  void aPatchOfNothingIsAnError() {
    assertThatThrownBy(() -> Patch.parse(List.of("What: only words")).applyTo(p -> List.of()))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
