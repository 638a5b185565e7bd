package io.flotilla.placement.plan;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class SilenceTest {
  @ParameterizedTest
  @CsvSource({
    // long, others, hearing, missing
    "false, 4, 0, 4, SILENT",
    "false, 4, 1, 3, UNREACHABLE",
    "true, 0, 0, 0, SILENT", // nobody is there who could say
    "true, 4, 0, 0, SILENT",
    "true, 4, 0, 2, SILENT",
    "true, 4, 2, 2, UNREACHABLE",
    "true, 4, 4, 0, UNREACHABLE",
    "true, 4, 1, 3, DEAD", // a minority may be cut off together with it
    "true, 4, 0, 3, DEAD",
    "true, 1, 0, 1, DEAD",
    "true, 2, 1, 1, UNREACHABLE"
  })
  void isDeathIfItLastsAndMostOfTheOthersAgree(
      boolean isLong, int others, int hearing, int missing, LoadView.Health health) {
    assertThat(new Silence(isLong, others, hearing, missing).judge()).isEqualTo(health);
  }
}
