package io.flotilla.raft.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class LogTailTest {
  /** Against a list that holds every term, through random appends, overwrites and cuts. */
  @Test
  void knowsTheTermAtEachIndex() {
    for (int seed = 0; seed < 200; seed++) {
      Random random = new Random(seed);
      LogTail tail = new LogTail(Position.ZERO, List.of(), 0);
      List<Long> terms = new ArrayList<>(List.of(0L));
      int cut = 0;
      for (int step = 0; step < 100; step++) {
        int last = terms.size() - 1;
        int choice = random.nextInt(10);
        if (choice < 7) {
          terms.add(terms.get(last) + random.nextInt(5) / 3 + (last == 0 ? 1 : 0));
          tail.append(last + 1, terms.get(last + 1));
        } else if (choice < 9 && last > cut) {
          int from = cut + 1 + random.nextInt(last - cut);
          terms.subList(from, terms.size()).clear();
          tail.removeFrom(from);
        } else if (choice == 9 && last > cut) {
          cut += random.nextInt(last - cut + 1);
          tail.cut(new Position(cut, terms.get(cut)));
        }
        compare(tail, terms, cut);
        compare(recovered(terms, cut), terms, cut);
      }
    }
  }

  private static void compare(LogTail tail, List<Long> terms, int cut) {
    int last = terms.size() - 1;
    assertThat(tail.last()).isEqualTo(new Position(last, terms.get(last)));
    assertThat(tail.firstIndex()).isEqualTo(cut + 1);
    assertThat(tail.knows(cut - 1)).isFalse();
    assertThat(tail.knows(last + 1)).isFalse();
    for (int index = cut; index <= last; index++) {
      long term = terms.get(index);
      assertThat(tail.termAt(index)).isEqualTo(term);
      assertThat(tail.matches(new Position(index, term + 1))).isFalse();
      assertThat(tail.lastOf(term)).isEqualTo(terms.lastIndexOf(term));
      if (index > cut) {
        assertThat(tail.runStart(index)).isEqualTo(Math.max(cut + 1, terms.indexOf(term)));
      }
    }
    assertThat(tail.lastOf(terms.get(last) + 1)).isZero();
  }

  private static LogTail recovered(List<Long> terms, int cut) {
    List<Position> runs = new ArrayList<>();
    for (int index = cut + 1; index < terms.size(); index++) {
      if (index == cut + 1 || !terms.get(index).equals(terms.get(index - 1))) {
        runs.add(new Position(index, terms.get(index)));
      }
    }
    return new LogTail(new Position(cut, terms.get(cut)), runs, terms.size() - 1);
  }

  @Test
  void nothingIsLeftOfALogThatBeginsAnew() {
    LogTail tail = new LogTail(new Position(2, 1), List.of(new Position(3, 1)), 9);
    tail.restart(new Position(5, 4));
    assertThat(tail.last()).isEqualTo(new Position(5, 4));
    assertThat(tail.truncated()).isEqualTo(new Position(5, 4));
    assertThat(tail.knows(4)).isFalse();
    assertThat(tail.lastOf(1)).isZero();
    tail.append(6, 4);
    assertThat(tail.termAt(6)).isEqualTo(4);
    assertThat(tail.runStart(6)).isEqualTo(6);
  }

  @Test
  void refusesWhatNoLogCanBe() {
    assertThatThrownBy(() -> new LogTail(Position.ZERO, List.of(), 3))
        .isInstanceOf(InvariantViolation.class)
        .hasMessageContaining("no term for 3");
    List<Position> falling = List.of(new Position(1, 4), new Position(3, 2));
    assertThatThrownBy(() -> new LogTail(Position.ZERO, falling, 5))
        .isInstanceOf(InvariantViolation.class)
        .hasMessageContaining("term falls");
    List<Position> gap = List.of(new Position(2, 4));
    assertThatThrownBy(() -> new LogTail(Position.ZERO, gap, 5))
        .isInstanceOf(InvariantViolation.class);
  }
}
