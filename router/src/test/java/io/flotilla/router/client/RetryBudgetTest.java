package io.flotilla.router.client;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class RetryBudgetTest {
  @Test
  void theRetryBudgetFillsWithTime() {
    long second = 1_000_000_000L;
    RetryBudget budget = new RetryBudget(10, 0);
    for (int i = 0; i < 10; i++) {
      assertThat(budget.take(0)).isTrue();
    }
    assertThat(budget.take(0)).isFalse();
    assertThat(budget.take(second / 10)).isTrue();
    assertThat(budget.take(second / 10)).isFalse();
    for (int i = 0; i < 10; i++) {
      assertThat(budget.take(100 * second)).isTrue();
    }
    assertThat(budget.take(100 * second)).isFalse();
  }
}
