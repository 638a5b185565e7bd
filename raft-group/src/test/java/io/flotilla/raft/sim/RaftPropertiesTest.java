package io.flotilla.raft.sim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.raft.core.Entry;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The judge is judged: three replicas that do as they should, and each way not to. */
class RaftPropertiesTest {
  private final RaftProperties properties = new RaftProperties(3);
  private final SimLog[] logs = {new SimLog(), new SimLog(), new SimLog(), new SimLog()};

  RaftPropertiesTest() {
    for (int replica = 1; replica <= 3; replica++) {
      SimLog log = logs[replica];
      properties.disk(replica, log::termAt);
    }
  }

  private static Entry entry(long index, long term) {
    return new Entry(index, term, Entry.Kind.NO_OP, new byte[0]);
  }

  private void append(int replica, Entry... entries) {
    properties.appends(replica, logs[replica], List.of(entries), 0);
    logs[replica].append(List.of(entries));
  }

  private void elect(int replica, int voter, long term) {
    properties.voted(voter, term, replica);
    properties.elected(replica, term, logs[replica]);
  }

  private void commitOnTwo() {
    elect(1, 2, 1);
    append(1, entry(1, 1));
    append(2, entry(1, 1));
    properties.commits(1, 1, 1, logs[1]);
  }

  private static void assertBroken(String property, Runnable step) {
    assertThatThrownBy(step::run)
        .isInstanceOf(AssertionError.class)
        .hasMessageStartingWith(property);
  }

  @Test
  void goodRun() {
    commitOnTwo();
    properties.holds(2, 1, logs[2]);
    SimState state = new SimState();
    state.apply(entry(1, 1));
    properties.applied(2, state);
    elect(2, 3, 2);
    assertThat(properties.commit()).isEqualTo(1);
  }

  @Test
  void twoLeadersInOneTerm() {
    elect(1, 2, 1);
    assertBroken("ELECTION SAFETY", () -> properties.leads(3, 1));
  }

  @Test
  void twoVotesInOneTerm() {
    properties.voted(2, 1, 1);
    properties.voted(2, 1, 1);
    assertBroken("ELECTION SAFETY", () -> properties.voted(2, 1, 3));
  }

  @Test
  void leaderWithoutVotes() {
    assertBroken("ELECTION SAFETY", () -> properties.elected(1, 1, logs[1]));
  }

  @Test
  void leaderWithoutACommittedEntry() {
    commitOnTwo();
    assertBroken("LEADER COMPLETENESS", () -> elect(3, 2, 2));
  }

  @Test
  void committedEntryIsReplaced() {
    commitOnTwo();
    assertBroken("STATE MACHINE SAFETY", () -> append(2, entry(1, 2)));
  }

  /** 3 led term 2 for a moment; 2 obeys it only after 1 has committed its own entry in term 3. */
  @Test
  void whoIsLateMayDropWhatWasCommittedWithoutHim() {
    RaftProperties five = new RaftProperties(5);
    SimLog leader = new SimLog();
    SimLog late = new SimLog();
    for (int replica = 1; replica <= 5; replica++) {
      five.disk(replica, replica == 2 ? late::termAt : leader::termAt);
    }
    leader.append(List.of(entry(1, 1), entry(2, 3)));
    late.append(List.of(entry(1, 1)));
    five.appends(1, new SimLog(), List.of(entry(1, 1), entry(2, 3)), 0);
    five.commits(1, 2, 3, leader);
    five.appends(2, late, List.of(entry(1, 2)), 0);
    assertBroken("STATE MACHINE SAFETY", () -> five.appends(2, late, List.of(entry(1, 3)), 0));
  }

  @Test
  void entriesAreDroppedWithoutConflict() {
    append(3, entry(1, 1), entry(2, 1));
    assertBroken("LOG MATCHING", () -> append(3, entry(1, 1)));
  }

  @Test
  void conflictMayReplaceAllThatFollows() {
    append(3, entry(1, 1), entry(2, 1), entry(3, 1));
    append(3, entry(2, 2));
    assertThat(logs[3].lastIndex()).isEqualTo(2);
  }

  @Test
  void sameIndexAndTermButAnotherEntryBefore() {
    append(1, entry(1, 1), entry(2, 3));
    append(2, entry(1, 2));
    assertBroken("LOG MATCHING", () -> append(2, entry(2, 3)));
  }

  @Test
  void leaderRewritesItsLog() {
    append(1, entry(1, 1), entry(2, 1));
    assertBroken(
        "LEADER APPEND-ONLY", () -> properties.appends(1, logs[1], List.of(entry(2, 2)), 1));
  }

  @Test
  void commitWithoutAMajority() {
    elect(1, 2, 1);
    append(1, entry(1, 1));
    assertBroken("COMMIT", () -> properties.commits(1, 1, 1, logs[1]));
  }

  @Test
  void commitOfAnEarlierTermByCounting() {
    append(1, entry(1, 1));
    append(2, entry(1, 1));
    assertBroken("COMMIT", () -> properties.commits(1, 1, 2, logs[1]));
  }

  @Test
  void followerTakesItsOwnEntryForCommitted() {
    commitOnTwo();
    append(3, entry(1, 2));
    assertBroken("STATE MACHINE SAFETY", () -> properties.holds(3, 1, logs[3]));
  }

  @Test
  void uncommittedEntryIsApplied() {
    SimState state = new SimState();
    state.apply(entry(1, 1));
    assertBroken("STATE MACHINE SAFETY", () -> properties.applied(3, state));
  }

  @Test
  void stateSkipsAnEntry() {
    assertBroken("APPLY ORDER", () -> new SimState().apply(entry(2, 1)));
  }
}
