package io.flotilla.raft.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class SummonsTest {
  @Test
  void eachCallerIsAttendedOnceAndInOrder() {
    Summons<String> summons = new Summons<>(new Doorbell());
    List<Summons.Call<String>> calls = new ArrayList<>();
    for (String name : List.of("a", "b", "c")) {
      calls.add(new Summons.Call<>(name));
    }
    calls.forEach(summons::raise);
    summons.raise(calls.get(0));
    List<String> attended = new ArrayList<>();
    assertThat(summons.takeAll(attended::add)).isEqualTo(3);
    assertThat(summons.takeAll(attended::add)).isZero();
    summons.raise(calls.get(0));
    summons.takeAll(attended::add);
    assertThat(attended).containsExactly("a", "b", "c", "a");
  }

  /** Each caller counts up and calls; whatever was counted before the last call must be seen. */
  @Test
  void nothingThatWasLeftBeforeACallIsOverlooked() throws Exception {
    int rounds = 20_000;
    Summons<AtomicInteger> summons = new Summons<>(new Doorbell());
    List<Thread> threads = new ArrayList<>();
    List<AtomicInteger> counters = new ArrayList<>();
    for (int t = 0; t < 3; t++) {
      AtomicInteger counter = new AtomicInteger();
      counters.add(counter);
      Summons.Call<AtomicInteger> call = new Summons.Call<>(counter);
      threads.add(
          new Thread(
              () -> {
                for (int i = 0; i < rounds; i++) {
                  counter.incrementAndGet();
                  summons.raise(call);
                }
              }));
    }
    threads.forEach(Thread::start);
    int[] seen = new int[3];
    while (threads.stream().anyMatch(Thread::isAlive)) {
      summons.takeAll(counter -> seen[indexOf(counters, counter)] = counter.get());
    }
    summons.takeAll(counter -> seen[indexOf(counters, counter)] = counter.get());
    assertThat(seen).containsExactly(rounds, rounds, rounds);
  }

  private static int indexOf(List<AtomicInteger> counters, AtomicInteger counter) {
    for (int i = 0; i < counters.size(); i++) {
      if (counters.get(i) == counter) {
        return i;
      }
    }
    throw new AssertionError("unknown caller");
  }
}
