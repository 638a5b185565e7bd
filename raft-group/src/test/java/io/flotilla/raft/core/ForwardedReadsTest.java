package io.flotilla.raft.core;

import static io.flotilla.raft.core.Solo.THREE;
import static io.flotilla.raft.core.Solo.TWO;
import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.raft.core.RaftMessage.Heartbeat;
import io.flotilla.raft.core.RaftMessage.ReadIndexRequest;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Reads that are asked of a follower. */
class ForwardedReadsTest {
  /** Also those that waited for the next question. */
  @Test
  void everyReadIsRefusedWhenTheLeaderIsLost() {
    Solo solo = Solo.withLog(1);
    solo.receive(TWO, new Heartbeat(1, 0, 0));
    solo.core.step(new Input.ReadAsked(1));
    solo.drain();
    solo.core.step(new Input.ReadAsked(2));
    solo.drain();
    solo.receive(THREE, new Heartbeat(2, 0, 0));
    assertThat(solo.drain().answers()).extracting(Answer::token).containsExactly(1L, 2L);
  }

  /** An answer to a question of before a crash must not pass for one to a new question. */
  @Test
  void questionsOfTwoLivesDiffer() {
    List<Long> tokens = new ArrayList<>();
    for (int life = 0; life < 2; life++) {
      Solo solo = Solo.withLog(1);
      for (int draws = 0; draws <= life; draws++) {
        solo.receive(TWO, new Heartbeat(1, 0, 0)); // each draws a timeout
      }
      solo.core.step(new Input.ReadAsked(1));
      Solo.to(TWO, solo.drain().beforeSync()).stream()
          .filter(ReadIndexRequest.class::isInstance)
          .map(ReadIndexRequest.class::cast)
          .forEach(asked -> tokens.add(asked.token()));
    }
    assertThat(tokens).hasSize(2).doesNotHaveDuplicates();
  }
}
