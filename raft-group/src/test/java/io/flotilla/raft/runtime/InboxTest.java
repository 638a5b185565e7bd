package io.flotilla.raft.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Of numbers, each of which weighs what it says. */
class InboxTest {
  private final Inbox<Integer> inbox = new Inbox<>(4, 100, number -> number);
  private final List<Integer> taken = new ArrayList<>();

  @Test
  void itIsBoundedInBytes() {
    assertThat(inbox.offer(60)).isTrue();
    assertThat(inbox.offer(40)).isTrue();
    assertThat(inbox.offer(1)).isFalse();
    assertThat(inbox.drain(taken::add, 1)).isEqualTo(1);
    assertThat(inbox.offer(59)).isTrue();
    assertThat(inbox.offer(1)).isTrue();
    assertThat(inbox.offer(1)).isFalse();
    assertThat(inbox.drain(taken::add, 10)).isEqualTo(3);
    assertThat(taken).containsExactly(60, 40, 59, 1);
  }

  @Test
  void whatIsHeavierThanTheBoundGetsInBetweenThingsThatAreNot() {
    assertThat(inbox.offer(99)).isTrue();
    assertThat(inbox.offer(1_000)).isTrue();
    assertThat(inbox.offer(1)).as("until it is taken").isFalse();
    assertThat(inbox.poll()).isEqualTo(99);
    assertThat(inbox.offer(1)).isFalse();
    assertThat(inbox.poll()).isEqualTo(1_000);
    assertThat(inbox.offer(1)).isTrue();
  }

  @Test
  void itIsBoundedInNumberAndWhatItDoesNotTakeCountsNot() {
    for (int i = 0; i < 4; i++) {
      assertThat(inbox.offer(1)).isTrue();
    }
    assertThat(inbox.offer(90)).isFalse();
    assertThat(inbox.poll()).isEqualTo(1);
    assertThat(inbox.offer(97)).isTrue();
    while (inbox.poll() != null) {}
    assertThat(inbox.offer(100)).isTrue();
  }

  @Test
  void anEmptyOneTakesAnyOneThing() {
    assertThat(inbox.offer(1_000)).isTrue();
    assertThat(inbox.offer(1)).isFalse();
    assertThat(inbox.poll()).isEqualTo(1_000);
    assertThat(inbox.poll()).isNull();
    assertThat(inbox.offer(1_000)).isTrue();
  }
}
