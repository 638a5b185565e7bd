package io.flotilla.raft.history;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Histories that are known to be right or wrong, each for one reason. */
class LinearizabilityTest {
  private static final Outcome YES = new Outcome.Took(true);
  private static final Outcome NO = new Outcome.Took(false);

  private final List<Operation> history = new ArrayList<>();

  // ---- Herlihy and Wing 1990, figures 1 and 2 and section 2.2, told of a register

  @Test
  void overlappingWritesMayTakeEffectInEitherOrder() {
    put(1, "0", 1, 3);
    put(2, "1", 2, 6);
    get(1, "1", 4, 5);
    get(3, "1", 7, 8);
    assertLinearizable();
  }

  @Test
  void aWriteUnderWayMayBeSeenButThenByAllWhoComeLater() {
    put(1, "0", 1, 2);
    put(1, "1", 3, 9);
    get(2, "1", 4, 5);
    get(3, "0", 6, 7);
    assertViolation(2);
  }

  @Test
  void readsThatOverlapEachOtherMaySeeTheOldAndTheNew() {
    put(1, "0", 1, 2);
    put(1, "1", 3, 9);
    get(2, "1", 4, 7);
    get(3, "0", 5, 8);
    assertLinearizable();
  }

  @Test
  void sequentiallyConsistentIsNotEnough() {
    put(1, "1", 1, 2);
    put(2, "2", 3, 4);
    get(2, "1", 5, 6);
    assertViolation(2);
  }

  /** Each key for itself is right, and so the whole is. */
  @Test
  void keysDoNotWaitForEachOther() {
    add("a", 1, new Action.Put(Value.of("1")), 1, 2, Outcome.done());
    add("b", 1, new Action.Get(), 3, 4, new Outcome.Saw(Value.ABSENT));
    add("b", 2, new Action.Put(Value.of("1")), 1, 4, Outcome.done());
    assertLinearizable();
  }

  // ---- what a store does wrong

  @Test
  void staleRead() {
    put(1, "1", 1, 2);
    put(1, "2", 3, 4);
    get(2, "1", 5, 6);
    Verdict.Violation violation = assertViolation(2);
    assertThat(violation.window().earlier()).contains(history.get(0));
    assertThat(violation.window().culprit()).isEqualTo(history.get(2));
  }

  @Test
  void lostWrite() {
    put(1, "1", 1, 2);
    get(2, null, 3, 4);
    assertViolation(2);
  }

  @Test
  void readsGoBackwards() {
    put(1, "1", 1, 10);
    put(2, "2", 2, 11);
    get(3, "1", 3, 4);
    get(3, "2", 5, 6);
    get(4, "1", 7, 8);
    assertViolation(3);
  }

  @Test
  void valueThatNobodyWrote() {
    put(1, "1", 1, 2);
    get(2, "7", 3, 4);
    assertViolation(2);
  }

  @Test
  void bothCompareAndSetsSucceed() {
    put(1, "1", 1, 2);
    cas(1, "1", "2", YES, 3, 6);
    cas(2, "1", "3", YES, 4, 5);
    assertViolation(2);
  }

  @Test
  void oneOfTwoCompareAndSetsSucceeds() {
    put(1, "1", 1, 2);
    cas(1, "1", "2", NO, 3, 6);
    cas(2, "1", "3", YES, 4, 5);
    assertLinearizable();
  }

  @Test
  void bothCompareAndSetsFail() {
    put(1, "1", 1, 2);
    cas(1, "1", "2", NO, 3, 6);
    cas(2, "1", "3", NO, 4, 5);
    assertViolation(2);
  }

  @Test
  void deletedKeyComesBack() {
    put(1, "1", 1, 2);
    add("k", 1, new Action.Delete(), 3, 4, YES);
    get(2, "1", 5, 6);
    assertViolation(2);
  }

  @Test
  void twoDeletesBothFindTheValue() {
    put(1, "1", 1, 2);
    add("k", 1, new Action.Delete(), 3, 6, YES);
    add("k", 2, new Action.Delete(), 4, 5, YES);
    assertViolation(2);
  }

  // ---- exactly once

  @Test
  void retriedIncrementCountsTwice() {
    increment(1, new Outcome.Number(1), 1, 2);
    increment(1, new Outcome.Number(2), 3, 4);
    get(2, "3", 5, 6);
    assertViolation(2);
  }

  @Test
  void acknowledgedIncrementIsLost() {
    increment(1, Outcome.done(), 1, 2);
    increment(2, Outcome.done(), 1, 2);
    get(2, "1", 5, 6);
    assertThat(check()).isInstanceOf(Verdict.Violation.class);
  }

  @Test
  void incrementOfUnknownOutcomeCountsOnceOrNever() {
    increment(1, new Outcome.Number(1), 1, 2);
    increment(2, Outcome.unknown(), 3, Operation.NEVER);
    get(1, "1", 5, 6);
    get(1, "2", 7, 8);
    assertLinearizable();
    get(1, "3", 9, 10);
    assertThat(check()).isInstanceOf(Verdict.Violation.class);
  }

  @Test
  void incrementsThatAreToldTheSameNumber() {
    increment(1, new Outcome.Number(1), 1, 4);
    increment(2, new Outcome.Number(1), 2, 3);
    assertThat(check()).isInstanceOf(Verdict.Violation.class);
  }

  @Test
  void appendsEachExactlyOnceInOrder() {
    add("k", 1, new Action.Append("a"), 1, 3, new Outcome.Number(1));
    add("k", 2, new Action.Append("b"), 2, 4, new Outcome.Number(2));
    get(3, "ab", 5, 6);
    assertLinearizable();
    get(3, "aba", 7, 8);
    assertThat(check()).isInstanceOf(Verdict.Violation.class);
  }

  // ---- unknown outcomes

  @Test
  void unknownWriteTakesEffect() {
    put(1, "1", 1, 2);
    add("k", 2, new Action.Put(Value.of("2")), 3, Operation.NEVER, Outcome.unknown());
    get(1, "2", 4, 5);
    assertLinearizable();
  }

  @Test
  void unknownWriteNeverTakesEffect() {
    put(1, "1", 1, 2);
    add("k", 2, new Action.Put(Value.of("2")), 3, Operation.NEVER, Outcome.unknown());
    get(1, "1", 4, 5);
    assertLinearizable();
  }

  @Test
  void unknownWriteTakesEffectLate() {
    put(1, "1", 1, 2);
    add("k", 2, new Action.Put(Value.of("2")), 3, Operation.NEVER, Outcome.unknown());
    get(1, "1", 4, 5);
    put(1, "3", 6, 7);
    get(1, "3", 8, 9);
    get(1, "2", 10, 11);
    assertLinearizable();
  }

  @Test
  void unknownWriteTakesEffectTwice() {
    put(1, "1", 1, 2);
    add("k", 2, new Action.Put(Value.of("2")), 3, Operation.NEVER, Outcome.unknown());
    get(1, "2", 4, 5);
    put(1, "3", 6, 7);
    get(1, "2", 8, 9);
    assertViolation(4);
  }

  @Test
  void unknownWriteTakesEffectBeforeItIsAskedFor() {
    put(1, "1", 1, 2);
    get(1, "2", 3, 4);
    add("k", 2, new Action.Put(Value.of("2")), 5, Operation.NEVER, Outcome.unknown());
    assertViolation(2);
  }

  // ---- verdicts

  @Test
  void budgetUsedUpIsNoSuccess() {
    put(1, "1", 1, 2);
    put(1, "2", 3, 4);
    get(2, "1", 5, 6);
    assertThat(Linearizability.check(history, 2)).isInstanceOf(Verdict.Undecided.class);
  }

  @Test
  void violationOfOneKeyCountsMoreThanAnother() {
    put(1, "1", 1, 2);
    add("z", 1, new Action.Get(), 3, 4, new Outcome.Saw(Value.of("1")));
    assertThat(check())
        .isInstanceOfSatisfying(
            Verdict.Violation.class, violation -> assertThat(violation.key()).isEqualTo("z"));
  }

  @Test
  void smallWindowInALongHistory() {
    for (int i = 0; i < 1_000; i++) {
      put(1, "v" + i, 10L * i + 1, 10L * i + 2);
      get(2, "v" + i, 10L * i + 3, 10L * i + 4);
    }
    history.remove(1_001);
    get(2, "v499", 5_003, 5_004);
    Verdict.Violation violation = assertViolation(2);
    assertThat(violation.window().must()).extracting(Operation::invoked).contains(5_001L, 5_003L);
  }

  @Test
  void pictureShowsEachOperationAsAnInterval() {
    put(1, "1", 1, 2);
    put(1, "2", 3, 4);
    add("k", 3, new Action.Put(Value.of("3")), 3, Operation.NEVER, Outcome.unknown());
    get(2, "1", 5, 6);
    assertThatThrownBy(() -> Linearizability.require(history, "picture"))
        .isInstanceOf(AssertionError.class)
        .hasMessage(
            """
            LINEARIZABILITY: key k: no order explains what clients were told by these 3 operations; \
            before them the key held anything
              client 1  put "1"  |--|                   ok  (long before: what was seen)
              client 1  put "2"        |--|             ok
              client 3  put "3"        |------------>   unknown
              client 2  get                  |--|       "1"  <-- cannot be placed
            picture: target/histories/picture.svg\
            """);
  }

  private void put(int client, String value, long invoked, long returned) {
    add("k", client, new Action.Put(Value.of(value)), invoked, returned, Outcome.done());
  }

  private void get(int client, String saw, long invoked, long returned) {
    Value value = saw == null ? Value.ABSENT : Value.of(saw);
    add("k", client, new Action.Get(), invoked, returned, new Outcome.Saw(value));
  }

  private void cas(int client, String from, String to, Outcome told, long invoked, long returned) {
    Action action = new Action.CompareAndSet(Value.of(from), Value.of(to));
    add("k", client, action, invoked, returned, told);
  }

  private void increment(int client, Outcome told, long invoked, long returned) {
    add("k", client, new Action.Increment(1), invoked, returned, told);
  }

  private void add(
      String key, int client, Action action, long invoked, long returned, Outcome told) {
    history.add(new Operation(client, key, action, invoked, returned, told));
  }

  private Verdict check() {
    return Linearizability.check(history);
  }

  private void assertLinearizable() {
    assertThat(check()).isInstanceOf(Verdict.Linearizable.class);
  }

  /** The picture is that small. */
  private Verdict.Violation assertViolation(int operations) {
    Verdict verdict = check();
    assertThat(verdict).isInstanceOf(Verdict.Violation.class);
    Verdict.Violation violation = (Verdict.Violation) verdict;
    assertThat(violation.window().must()).as(verdict.toString()).hasSize(operations);
    return violation;
  }
}
