package io.flotilla.deploy.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The tour claims no more than it saw. */
class ComparisonTest {
  private final Comparison comparison = new Comparison();

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void whatIsRightIsCountedAsRight() {
    comparison.add(Corpus.digest(bytes("a")), Optional.of(bytes("a")));
    comparison.add(Corpus.digest(bytes("")), Optional.of(bytes("")));
    assertThat(comparison.right()).isEqualTo(2);
    assertThat(comparison.wrong()).isZero();
    assertThat(comparison.words()).isEqualTo("each with the right SHA-256");
  }

  @Test
  void whatIsWrongOrMissingIsNotVerified() {
    comparison.add(Corpus.digest(bytes("a")), Optional.of(bytes("a")));
    comparison.add(Corpus.digest(bytes("a")), Optional.of(bytes("b")));
    comparison.add(Corpus.digest(bytes("")), Optional.empty());
    assertThat(comparison.right()).isEqualTo(1);
    assertThat(comparison.wrong()).isEqualTo(2);
    assertThat(comparison.words()).isEqualTo("2 of them missing or with a wrong SHA-256");
  }
}
