package io.flotilla.router.client;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class SessionTokensTest {
  @Test
  void theGreatestCountsWhateverTheOrderOfAnswers() {
    SessionTokens tokens = new SessionTokens();
    assertThat(tokens.of(1)).isZero();
    tokens.advance(1, 7);
    tokens.advance(1, 5);
    tokens.advance(2, 3);
    assertThat(tokens.of(1)).isEqualTo(7);
    assertThat(tokens.of(2)).isEqualTo(3);
    tokens.advance(1, 9);
    assertThat(tokens.of(1)).isEqualTo(9);
  }

  @Test
  void whenThereIsNoRoomFurtherShardsStayWithoutATokenAndOthersKeepTheirs() {
    SessionTokens tokens = new SessionTokens(2);
    tokens.advance(1, 5);
    tokens.advance(2, 5);
    tokens.advance(3, 5);
    assertThat(tokens.of(3)).isZero();
    tokens.advance(1, 6);
    assertThat(tokens.of(1)).isEqualTo(6);
  }

  @Test
  void anAnswerWithoutAnIndexTakesNoRoom() {
    SessionTokens tokens = new SessionTokens(1);
    tokens.advance(1, 0);
    tokens.advance(2, 4);
    assertThat(tokens.of(2)).isEqualTo(4);
  }
}
