package io.flotilla.raft.history;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** The search against one that tries everything, and how far it has to go. */
class SearchTest {
  private static final long SEED = Long.getLong("history.seed", 1);

  /** Small histories, some right, most of them bent a little, and no two opinions on any. */
  @Test
  void agreesWithBruteForce() {
    SplittableRandom random = new SplittableRandom(SEED);
    int[] verdicts = new int[2];
    for (int round = 0; round < 4_000; round++) {
      List<Operation> history =
          bend(new RandomHistories(SEED + round, 3, 0.25, 2).next(2 + round % 6), random);
      boolean expected = BruteForce.isLinearizable(history);
      Verdict verdict = Linearizability.check(history);
      assertThat(verdict instanceof Verdict.Linearizable)
          .as("round %d: %s", round, history)
          .isEqualTo(expected);
      if (verdict instanceof Verdict.Violation violation) {
        assertSmallAndBad(history, violation.window());
      }
      verdicts[expected ? 1 : 0]++;
    }
    assertThat(verdicts[0]).as("violations").isGreaterThan(500);
    assertThat(verdicts[1]).as("linearizable ones").isGreaterThan(500);
  }

  /** What is shown is part of the history, and wrong whatever the key held before. */
  private static void assertSmallAndBad(List<Operation> history, Verdict.Window window) {
    assertThat(history).containsAll(window.must()).contains(window.culprit());
    List<Value> before =
        window.before().equals(Value.ANY)
            ? List.of(Value.ABSENT, Value.of("0"), Value.of("1"), Value.of("2"), Value.of("00"))
            : List.of(Value.ABSENT);
    for (Value value : before) {
      assertThat(BruteForce.isLinearizable(window.must(), window.may(), value))
          .as("%s before %s", value, window)
          .isFalse();
    }
  }

  /** Changes what some client was told. */
  private static List<Operation> bend(List<Operation> history, SplittableRandom random) {
    List<Operation> bent = new ArrayList<>(history);
    int i = random.nextInt(history.size());
    Operation one = history.get(i);
    if (one.isKnown()) {
      Outcome told = other(one.outcome(), random);
      bent.set(
          i,
          new Operation(
              one.client(), one.key(), one.action(), one.invoked(), one.returned(), told));
    }
    return bent;
  }

  private static Outcome other(Outcome told, SplittableRandom random) {
    if (told instanceof Outcome.Saw) {
      return new Outcome.Saw(random.nextBoolean() ? Value.of(random.nextInt(2)) : Value.ABSENT);
    }
    if (told instanceof Outcome.Took took) {
      return new Outcome.Took(!took.effect());
    }
    return told instanceof Outcome.Number number ? new Outcome.Number(number.now() + 1) : told;
  }

  @Test
  void tenThousandOperationsOfTwentyClientsAreDecidedInAFewStepsEach() {
    for (int seed = 1; seed <= 5; seed++) {
      List<Operation> history = new RandomHistories(seed, 20, 0, 0).next(10_000);
      assertDecided(history, 400);
    }
  }

  @Test
  void unknownOutcomesDoNotMakeItLong() {
    for (int seed = 1; seed <= 5; seed++) {
      List<Operation> history = new RandomHistories(seed, 10, 0.02, 0).next(2_000);
      assertDecided(history, 4_000);
    }
  }

  private static void assertDecided(List<Operation> history, long stepsPerOperation) {
    Verdict verdict = Linearizability.check(history, stepsPerOperation * history.size());
    assertThat(verdict).isInstanceOf(Verdict.Linearizable.class);
  }
}
