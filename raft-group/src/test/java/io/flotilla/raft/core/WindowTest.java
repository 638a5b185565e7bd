package io.flotilla.raft.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.Random;
import org.junit.jupiter.api.Test;

class WindowTest {
  @Test
  void countsAndWeighsWhatIsUnderWay() {
    Random random = new Random(7);
    Window window = new Window();
    ArrayDeque<long[]> model = new ArrayDeque<>();
    long last = 0;
    for (int step = 0; step < 5_000; step++) {
      if (random.nextInt(3) > 0) {
        last += 1 + random.nextInt(3);
        long weight = random.nextInt(100);
        window.add(last, weight);
        model.add(new long[] {last, weight});
      } else {
        long to = last - random.nextInt(20);
        window.releaseTo(to);
        model.removeIf(span -> span[0] <= to);
      }
      assertThat(window.count()).isEqualTo(model.size());
      assertThat(window.bytes()).isEqualTo(model.stream().mapToLong(span -> span[1]).sum());
    }
    window.clear();
    assertThat(window.count()).isZero();
    assertThat(window.bytes()).isZero();
  }
}
