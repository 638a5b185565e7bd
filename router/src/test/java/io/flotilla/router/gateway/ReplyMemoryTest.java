package io.flotilla.router.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Who may have more of the memory for replies, and who has to wait. */
class ReplyMemoryTest {
  private final ReplyMemory memory = new ReplyMemory(100);
  private final List<String> woken = new ArrayList<>();

  @Test
  void oneHalfIsForThoseThatHaveNothing() {
    memory.change(50);
    assertThat(memory.hasRoom(1)).isFalse();
    assertThat(memory.hasRoomForIdle(0, 50)).isTrue();
    assertThat(memory.hasRoomForIdle(0, 51)).isFalse();
  }

  @Test
  void whoIsAloneMayHaveAReplyOfAnySize() {
    assertThat(memory.hasRoomForIdle(0, 1000)).isTrue();
    memory.change(30);
    assertThat(memory.hasRoomForIdle(30, 1000)).isTrue();
  }

  @Test
  void whoWaitsIsWokenInTheOrderOfTheRow() {
    memory.change(100);
    memory.await(0, 1, () -> woken.add("first"));
    memory.await(0, 1, () -> woken.add("second"));
    assertThat(memory.isShort()).isTrue();
    memory.change(10);
    assertThat(woken).isEmpty();
    memory.change(-20);
    assertThat(woken).containsExactly("first");
    memory.wakeNext();
    assertThat(woken).containsExactly("first", "second");
    assertThat(memory.isShort()).isFalse();
  }

  @Test
  void whoLeftTheRowIsNotWoken() {
    memory.change(100);
    Runnable gone = () -> woken.add("gone");
    memory.await(0, 1, gone);
    memory.await(0, 1, () -> woken.add("there"));
    memory.leave(gone);
    memory.change(-1);
    assertThat(woken).containsExactly("there");
  }

  @Test
  void whatWasGivenBackBeforeTheWaitBeganIsNotMissed() {
    memory.change(99);
    memory.await(0, 1, () -> woken.add("at once"));
    assertThat(woken).containsExactly("at once");
  }
}
