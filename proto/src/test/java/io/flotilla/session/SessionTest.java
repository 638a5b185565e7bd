package io.flotilla.session;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class SessionTest {
  private final Session session = new Session(1, 2);

  private long begin() {
    return session.begin().orElseThrow();
  }

  @Test
  void nothingBelowTheLowestOpenSerialIsOpen() {
    Random random = new Random(7);
    List<Long> open = new ArrayList<>();
    for (int i = 0; i < 200_000; i++) {
      if (open.isEmpty() || random.nextInt(100) < 51) {
        open.add(begin());
      } else {
        session.end(open.remove(random.nextInt(open.size())));
      }
      if (i % 1_000 == 0 && !open.isEmpty()) {
        assertThat(session.ackedBelow()).isEqualTo(Collections.min(open));
      }
    }
    open.forEach(session::end);
    assertThat(session.ackedBelow()).isEqualTo(begin());
  }

  @Test
  void oneWriteMayBeFarBehindButNotForever() {
    long first = begin();
    for (int i = 1; i < Session.WINDOW_MAX; i++) {
      session.end(begin());
    }
    assertThat(session.ackedBelow()).isEqualTo(first);
    assertThat(session.begin()).isEmpty();
    session.end(first);
    assertThat(session.ackedBelow()).isEqualTo(Session.WINDOW_MAX + 1L);
    assertThat(begin()).isEqualTo(Session.WINDOW_MAX + 1L);
  }

  @Test
  void writesOfOneMinuteShareTheirLastMoment() {
    long day = 24 * 3_600_000L;
    assertThat(Session.notAfterMillis(60_000)).isEqualTo(Session.notAfterMillis(119_999));
    assertThat(Session.notAfterMillis(119_999)).isGreaterThan(119_999 + day);
    assertThat(Session.notAfterMillis(120_000)).isGreaterThan(Session.notAfterMillis(119_999));
  }
}
