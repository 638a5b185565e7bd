package io.flotilla.raft.mutants;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class KnownBugsTest {
  private static Set<String> patchesButFor(String... items) {
    Set<String> patches = new TreeSet<>(KnownBugs.items());
    patches.removeAll(Set.of(items));
    return patches;
  }

  private static KnownBugs said(String item, String what) {
    return KnownBugs.read(
        "# Title\n\n| item | why |\n| --- | --- |\n| " + item + " | " + what + " |\n\nText.\n");
  }

  @Test
  void eachItemHasAPatchOrAWord() {
    KnownBugs nothing = KnownBugs.read("No table.\n");
    assertThat(nothing.errors(patchesButFor())).isEmpty();
    assertThat(nothing.errors(patchesButFor("M7", "MR 44", "C39a")))
        .containsExactly(
            "C39a has no patch, and nothing says why",
            "MR 44 has no patch, and nothing says why",
            "M7 has no patch, and nothing says why");
    assertThat(said("M7, MR 44", "M8 and A1, since").errors(patchesButFor("M7", "MR 44")))
        .isEmpty();
  }

  @Test
  void aLetterMakesItOneOfSeveralAndADigitAnotherOne() {
    Set<String> patches = patchesButFor("M7");
    patches.add("M7b");
    assertThat(KnownBugs.read("").errors(patches)).isEmpty();
    assertThat(KnownBugs.read("").errors(patchesButFor("M7"))).hasSize(1);
  }

  @Test
  void theNumbersOfOursSayNothingOfAnItem() {
    Set<String> patches = patchesButFor("MR 44");
    patches.add("D44");
    assertThat(KnownBugs.read("").errors(patches)).hasSize(1);
  }

  @Test
  void onlyWhatThereIsMayBeNamed() {
    assertThat(said("M7", "it is M7x, see V3").errors(patchesButFor("M7")))
        .containsExactly("M7: there is no patch M7x", "M7: there is no patch V3");
    assertThat(said("M73", "M8").errors(patchesButFor())).hasSize(1);
    assertThat(said("M7", "").errors(patchesButFor())).hasSize(1);
  }
}
