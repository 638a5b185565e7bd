package io.flotilla.raft.sim;

import static io.flotilla.raft.sim.Lab.SECOND;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/** MIT 6.5840, laboratory 3B, told by {@link Lab}; limits are the course's or narrower. */
class LabAgreementTest {
  @Test
  void testBasicAgree3B() {
    Lab lab = new Lab(3, Lab.RELIABLE, 1);
    lab.checkOneLeader();
    lab.sleep(SECOND);
    long before = lab.commit();
    for (int i = 1; i <= 3; i++) {
      assertThat(lab.applied(before + i)).as("committed before it was proposed").isZero();
      assertThat(lab.one(3)).isEqualTo(before + i);
    }
  }

  /** The course allows 50,000 bytes over; we, a twentieth and 1 KiB an entry. */
  @Test
  void testRPCBytes3B() {
    Lab lab = new Lab(3, Lab.RELIABLE, 2);
    lab.one(lab.command(0), 3, false);
    long before = lab.bytes();
    long payload = 0;
    for (int i = 0; i < 10; i++) {
      byte[] command = lab.command(5_000);
      lab.one(command, 3, false);
      payload += command.length;
    }
    assertThat(lab.bytes() - before).isLessThanOrEqualTo(2 * payload * 105 / 100 + 10 * 1_024);
  }

  @Test
  void testFollowerFailure3B() {
    Lab lab = new Lab(3, Lab.RELIABLE, 3);
    lab.one(lab.command(0), 3, false);
    int leader = lab.checkOneLeader();
    int[] followers = lab.anyBut(leader, 2);
    lab.disconnect(followers[0]);
    lab.one(lab.command(0), 2, false);
    lab.sleep(SECOND);
    lab.one(lab.command(0), 2, false);

    lab.disconnect(followers[1]);
    OptionalLong index = lab.startAt(leader, lab.command(0));
    assertThat(index).hasValue(lab.commit() + 1);
    lab.sleep(2 * SECOND);
    assertThat(lab.applied(index.getAsLong())).as("committed by one of three").isZero();
  }

  @Test
  void testLeaderFailure3B() {
    Lab lab = new Lab(3, Lab.RELIABLE, 4);
    lab.one(lab.command(0), 3, false);
    int first = lab.checkOneLeader();
    lab.disconnect(first);
    lab.one(2);
    lab.sleep(SECOND);
    lab.one(2);

    int second = lab.checkOneLeader();
    lab.disconnect(second);
    long before = lab.commit();
    for (int id : lab.all()) {
      lab.startAt(id, lab.command(0));
    }
    lab.sleep(2 * SECOND);
    assertThat(lab.commit()).as("committed by one of three").isEqualTo(before);
  }

  @Test
  void testFailAgree3B() {
    Lab lab = new Lab(3, Lab.RELIABLE, 5);
    lab.one(lab.command(0), 3, false);
    int follower = lab.anyBut(lab.checkOneLeader(), 1)[0];
    lab.disconnect(follower);
    lab.one(lab.command(0), 2, false);
    lab.one(lab.command(0), 2, false);
    lab.sleep(SECOND);
    lab.one(lab.command(0), 2, false);
    lab.one(lab.command(0), 2, false);

    lab.connect(follower);
    lab.one(3);
    lab.sleep(SECOND);
    lab.one(3);
  }

  @Test
  void testFailNoAgree3B() {
    Lab lab = new Lab(5, Lab.RELIABLE, 6);
    lab.one(lab.command(0), 5, false);
    int leader = lab.checkOneLeader();
    int[] followers = lab.anyBut(leader, 3);
    long before = lab.commit();
    lab.disconnect(followers);
    assertThat(lab.startAt(leader, lab.command(0))).hasValue(before + 1);
    lab.sleep(2 * SECOND);
    assertThat(lab.applied(before + 1)).as("committed by two of five").isZero();

    lab.connect(followers);
    int next = lab.checkOneLeader();
    OptionalLong index = lab.startAt(next, lab.command(0));
    // The entry that was not committed may have survived; the new leader's own is counted, too.
    assertThat(index.getAsLong()).isBetween(before + 1, before + 3);
    lab.one(5);
  }

  /** The course starts five at once; we, a thousand. */
  @Test
  void testConcurrentStarts3B() {
    Lab lab = new Lab(3, Lab.RELIABLE, 7);
    int leader = lab.checkOneLeader();
    lab.sleep(SECOND);
    long term = lab.term(leader);
    List<Long> indexes = new ArrayList<>();
    List<byte[]> commands = new ArrayList<>();
    for (int i = 0; i < 1_000; i++) {
      commands.add(lab.command(10));
      indexes.add(lab.startAt(leader, commands.get(i)).orElseThrow());
    }
    assertThat(indexes).doesNotHaveDuplicates();
    long last = indexes.get(999);
    assertThat(lab.within(2 * SECOND, () -> lab.applied(last) == 3)).isTrue();
    for (int i = 0; i < 1_000; i++) {
      assertThat(lab.isCommittedAs(indexes.get(i), commands.get(i))).as("command %d", i).isTrue();
    }
    assertThat(lab.checkTerms()).isEqualTo(term);
  }

  @Test
  void testRejoin3B() {
    Lab lab = new Lab(3, Lab.RELIABLE, 8);
    lab.one(3);
    int first = lab.checkOneLeader();
    lab.disconnect(first);
    for (int i = 0; i < 3; i++) {
      lab.startAt(first, lab.command(0));
    }
    lab.one(2);

    int second = lab.checkOneLeader();
    lab.disconnect(second);
    lab.connect(first);
    lab.one(2);

    lab.connect(second);
    lab.one(3);
  }

  /** The course has 50 wrong entries on each side, and asks no more than that it ends. */
  @Test
  void testBackup3B() {
    Lab lab = new Lab(5, Lab.RELIABLE, 9);
    lab.one(5);
    int first = lab.checkOneLeader();
    int[] others = lab.anyBut(first, 4);
    lab.disconnect(others[1], others[2], others[3]);
    startMany(lab, first, 50);
    lab.sleep(SECOND / 2);
    lab.disconnect(first, others[0]);

    lab.connect(others[1], others[2], others[3]);
    agreeOnMany(lab, 50, 3);

    int second = lab.checkOneLeader();
    int left = second == others[1] ? others[2] : others[1];
    lab.disconnect(left);
    startMany(lab, second, 50);
    lab.sleep(SECOND / 2);
    lab.disconnect(lab.all());

    lab.connect(first, others[0], left);
    agreeOnMany(lab, 50, 3);

    lab.connect(lab.all());
    lab.one(5);
    lab.checkConverged(2 * SECOND);
  }

  private static void startMany(Lab lab, int leader, int count) {
    for (int i = 0; i < count; i++) {
      lab.startAt(leader, lab.command(0));
    }
  }

  private static void agreeOnMany(Lab lab, int count, int servers) {
    for (int i = 0; i < count; i++) {
      lab.one(servers);
    }
  }

  /** Ten thousand wrong entries of one term cost a few round trips, not ten thousand. */
  @Test
  void longConflictIsSkippedByTerms() {
    Lab lab = new Lab(3, Lab.RELIABLE, 10);
    lab.one(3);
    int first = lab.checkOneLeader();
    lab.disconnect(first);
    startMany(lab, first, 10_000);
    lab.one(2);
    long before = lab.messages();
    lab.connect(first);
    lab.checkConverged(SECOND / 2);
    assertThat(lab.messages() - before).as("messages of half a second").isLessThan(60);
  }

  /** A call of the course is two messages here. */
  @Test
  void testCount3B() {
    Lab lab = new Lab(3, Lab.RELIABLE, 11);
    int leader = lab.checkOneLeader();
    assertThat(lab.messages()).as("messages of the first election").isBetween(2L, 2 * 30L);

    lab.sleep(SECOND);
    long before = lab.messages();
    long last = 0;
    for (int i = 0; i < 10; i++) {
      last = lab.startAt(leader, lab.command(0)).orElseThrow();
    }
    long index = last;
    assertThat(lab.within(2 * SECOND, () -> lab.applied(index) == 3)).isTrue();
    assertThat(lab.messages() - before)
        .as("messages for ten commands")
        .isLessThanOrEqualTo(2 * (10 + 1 + 3) * 3);

    lab.sleep(SECOND);
    long idle = lab.messages();
    lab.sleep(SECOND);
    assertThat(lab.messages() - idle)
        .as("messages of an idle second: two per follower and heartbeat")
        .isLessThanOrEqualTo(2 * 2 * 11);
  }
}
