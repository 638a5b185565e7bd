package io.flotilla.router.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class SessionTest {
  private final Session session = new Session();

  @Test
  void nothingBelowTheLowestOpenSerialIsOpen() {
    Random random = new Random(7);
    List<Long> open = new ArrayList<>();
    for (int i = 0; i < 200_000; i++) {
      if (open.isEmpty() || random.nextInt(100) < 51) {
        open.add(session.begin());
      } else {
        session.end(open.remove(random.nextInt(open.size())));
      }
      if (i % 1_000 == 0 && !open.isEmpty()) {
        assertThat(session.ackedBelow()).isEqualTo(Collections.min(open));
      }
    }
    open.forEach(session::end);
    assertThat(session.ackedBelow()).isEqualTo(session.begin());
  }

  @Test
  void oneWriteMayBeFarBehindButNotForever() {
    long first = session.begin();
    for (int i = 1; i < Session.WINDOW_MAX; i++) {
      session.end(session.begin());
    }
    assertThat(session.ackedBelow()).isEqualTo(first);
    assertThatThrownBy(session::begin).hasMessageContaining("it must end first");
    session.end(first);
    assertThat(session.ackedBelow()).isEqualTo(Session.WINDOW_MAX + 1L);
    assertThat(session.begin()).isEqualTo(Session.WINDOW_MAX + 1L);
  }

  @Test
  void writesOfOneMinuteShareTheirLastMoment() {
    long day = 24 * 3_600_000L;
    assertThat(Session.notAfterMillis(60_000)).isEqualTo(Session.notAfterMillis(119_999));
    assertThat(Session.notAfterMillis(119_999)).isGreaterThan(119_999 + day);
    assertThat(Session.notAfterMillis(120_000)).isGreaterThan(Session.notAfterMillis(119_999));
  }

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

  @Test
  void bytesReadAsTheyAreWritten() {
    assertThat(Bytes.utf8("a\\b\u00e9\n")).hasToString("a\\\\b\\xc3\\xa9\\x0a");
    assertThat(Bytes.hex("ff00"))
        .isGreaterThan(Bytes.hex("7f"))
        .isEqualTo(Bytes.of((byte) -1, (byte) 0));
  }
}
