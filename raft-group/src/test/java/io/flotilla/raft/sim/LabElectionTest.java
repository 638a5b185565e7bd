package io.flotilla.raft.sim;

import static io.flotilla.raft.sim.Lab.SECOND;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** MIT 6.5840, laboratory 3A, told by {@link Lab}; and what is asked of us beyond it. */
class LabElectionTest {
  @Test
  void testInitialElection3A() {
    Lab lab = new Lab(3, Lab.RELIABLE, 1);
    int leader = lab.checkOneLeader();
    lab.sleep(SECOND / 20);
    long term = lab.checkTerms();
    assertThat(term).isPositive();
    lab.sleep(3_600 * SECOND);
    assertThat(lab.checkTerms()).as("term after an hour in which nothing failed").isEqualTo(term);
    assertThat(lab.checkOneLeader()).isEqualTo(leader);
  }

  @Test
  void testReElection3A() {
    Lab lab = new Lab(3, Lab.RELIABLE, 2);
    int first = lab.checkOneLeader();
    lab.disconnect(first);
    int second = lab.checkOneLeader();
    assertThat(second).isNotEqualTo(first);

    long term = lab.term(second);
    lab.connect(first);
    lab.sleep(2 * SECOND);
    assertThat(lab.checkOneLeader()).as("the old leader comes back quietly").isEqualTo(second);
    assertThat(lab.checkTerms()).isEqualTo(term);

    int other = lab.anyBut(second, 1)[0];
    lab.disconnect(second, other);
    lab.sleep(2 * SECOND);
    lab.checkNoLeader();

    lab.connect(other);
    lab.checkOneLeader();
    lab.connect(second);
    lab.checkOneLeader();
  }

  @Test
  void testManyElections3A() {
    Lab lab = new Lab(7, Lab.RELIABLE, 3);
    lab.checkOneLeader();
    for (int round = 0; round < 1_000; round++) {
      int[] victims = lab.anyBut(0, 3);
      lab.disconnect(victims);
      lab.checkOneLeader();
      lab.connect(victims);
    }
    lab.checkOneLeader();
  }
}
