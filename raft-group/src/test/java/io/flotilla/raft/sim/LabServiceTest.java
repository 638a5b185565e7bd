package io.flotilla.raft.sim;

import static io.flotilla.raft.sim.ServiceLab.COUNTER;
import static io.flotilla.raft.sim.ServiceLab.LIST;
import static io.flotilla.raft.sim.ServiceLab.REGISTER;
import static io.flotilla.raft.sim.ServiceLab.SECOND;
import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.raft.history.Action;
import io.flotilla.raft.history.Value;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * MIT 6.5840, laboratory 4A (in 2025: 4A and 4B), told by {@link ServiceLab}: those of its tests
 * that need no snapshots. Every history is checked, not only where the course does.
 */
class LabServiceTest {
  @Test
  void testBasic4A() {
    new ServiceLab("basic", 5, Lab.RELIABLE, 1).general(1, false, false);
  }

  /** The course allows 33.3 ms for each: three in a heartbeat interval. */
  @Test
  void testSpeed4A() {
    ServiceLab lab = new ServiceLab("speed", 3, Lab.RELIABLE, 2);
    assertThat(lab.appendMicros())
        .as("us for an operation: two syncs and two round trips, and never a heartbeat's wait")
        .isLessThan(12_000);
    lab.check();
  }

  @Test
  void testConcurrent4A() {
    new ServiceLab("concurrent", 5, Lab.RELIABLE, 3).general(16, false, false);
  }

  @Test
  void testUnreliable4A() {
    new ServiceLab("unreliable", 5, Lab.UNRELIABLE, 4).general(16, false, false);
  }

  @Test
  void testUnreliableOneKey4A() {
    ServiceLab lab = new ServiceLab("one-key", 3, Lab.UNRELIABLE, 5);
    List<LabClerk> clerks = new ArrayList<>();
    for (int clerk = 0; clerk < 5; clerk++) {
      String name = "x " + clerk + " ";
      clerks.add(lab.clerk(LIST, 10, i -> new Action.Append(name + i + " y;")));
    }
    assertThat(lab.within(60 * SECOND, () -> clerks.stream().allMatch(one -> one.done() == 10)))
        .isTrue();
    lab.check();
    String all = lab.state(1).value(LIST).text();
    assertThat(all.split(";")).as("each exactly once").hasSize(50).doesNotHaveDuplicates();
    for (int clerk = 0; clerk < 5; clerk++) {
      String name = "x " + clerk + " ";
      assertThat(
              Pattern.compile(name + "([0-9]+)")
                  .matcher(all)
                  .results()
                  .map(found -> Integer.parseInt(found.group(1))))
          .as("each clerk's in its order")
          .isEqualTo(IntStream.rangeClosed(1, 10).boxed().toList());
    }
  }

  @Test
  void testOnePartition4A() {
    ServiceLab lab = new ServiceLab("one-partition", 5, Lab.RELIABLE, 6);
    LabClerk first = lab.clerk(REGISTER, 1, i -> new Action.Put(Value.of("13")));
    assertThat(lab.within(5 * SECOND, () -> first.done() == 1)).isTrue();

    Set<Integer> minority = lab.sideOf(lab.leader(), 2);
    Set<Integer> majority = new TreeSet<>(lab.all());
    majority.removeAll(minority);
    lab.partition(minority);
    LabClerk going = lab.clerk(majority, REGISTER, 1, i -> new Action.Put(Value.of("14")));
    assertThat(lab.within(5 * SECOND, () -> going.done() == 1)).as("the majority goes on").isTrue();

    LabClerk put = lab.clerk(minority, REGISTER, 1, i -> new Action.Put(Value.of("15")));
    LabClerk get = lab.clerk(minority, REGISTER, 1, i -> new Action.Get());
    LabClerk more = lab.clerk(majority, REGISTER, 10, i -> new Action.Put(Value.of("m" + i)));
    lab.sleep(SECOND);
    assertThat(put.done() + get.done()).as("done by a minority").isZero();
    assertThat(more.done()).isEqualTo(10);

    lab.mend();
    put.knows(lab.doors(lab.all()));
    get.knows(lab.doors(lab.all()));
    assertThat(lab.within(3 * SECOND, () -> put.done() == 1 && get.done() == 1))
        .as("both end within 3 s of healing")
        .isTrue();
    lab.check();
  }

  @Test
  void testManyPartitionsOneClient4A() {
    new ServiceLab("partitions-one", 5, Lab.RELIABLE, 7).general(1, false, true);
  }

  @Test
  void testManyPartitionsManyClients4A() {
    new ServiceLab("partitions-many", 5, Lab.RELIABLE, 8).general(5, false, true);
  }

  @Test
  void testPersistOneClient4A() {
    new ServiceLab("persist-one", 5, Lab.RELIABLE, 9).general(1, true, false);
  }

  @Test
  void testPersistConcurrent4A() {
    new ServiceLab("persist-concurrent", 5, Lab.RELIABLE, 10).general(5, true, false);
  }

  @Test
  void testPersistConcurrentUnreliable4A() {
    new ServiceLab("persist-unreliable", 5, Lab.UNRELIABLE, 11).general(5, true, false);
  }

  @Test
  void testPersistPartition4A() {
    new ServiceLab("persist-partition", 5, Lab.RELIABLE, 12).general(5, true, true);
  }

  @Test
  void testPersistPartitionUnreliable4A() {
    new ServiceLab("persist-partition-unreliable", 5, Lab.UNRELIABLE, 13).general(5, true, true);
  }

  @Test
  void testPersistPartitionUnreliableLinearizable4A() {
    new ServiceLab("linearizable", 7, Lab.UNRELIABLE, 14).general(15, true, true);
  }

  // ---- 2025: the replicated state machine

  private static int done(List<LabClerk> clerks) {
    return clerks.stream().mapToInt(LabClerk::done).sum();
  }

  private static void checkCounter(ServiceLab lab, long value) {
    lab.check();
    for (int server : lab.all()) {
      assertThat(lab.state(server).value(COUNTER)).as("at %s", server).isEqualTo(Value.of(value));
    }
  }

  @Test
  void testRsmBasic4A() {
    ServiceLab lab = new ServiceLab("rsm-basic", 3, Lab.RELIABLE, 17);
    LabClerk ten = lab.clerk(COUNTER, 10, i -> new Action.Increment(1));
    assertThat(lab.within(10 * SECOND, () -> ten.done() == 10)).isTrue();
    checkCounter(lab, 10);
  }

  @Test
  void testRsmConcurrent4A() {
    ServiceLab lab = new ServiceLab("rsm-concurrent", 3, Lab.RELIABLE, 18);
    List<LabClerk> clerks = lab.crowd(50, COUNTER, new Action.Increment(1));
    assertThat(lab.within(10 * SECOND, () -> done(clerks) == 50)).isTrue();
    checkCounter(lab, 50);
  }

  @Test
  void testLeaderFailure4A() {
    ServiceLab lab = new ServiceLab("leader-failure", 3, Lab.RELIABLE, 19);
    LabClerk before = lab.clerk(COUNTER, 10, i -> new Action.Increment(1));
    assertThat(lab.within(10 * SECOND, () -> before.done() == 10)).isTrue();
    int leader = lab.leader();
    lab.partition(Set.of(leader));
    Set<Integer> others = new TreeSet<>(lab.all());
    others.remove(leader);
    LabClerk going = lab.clerk(others, COUNTER, 10, i -> new Action.Increment(1));
    assertThat(lab.within(10 * SECOND, () -> going.done() == 10)).as("others go on").isTrue();
    assertThat(lab.state(leader).value(COUNTER)).as("cut off").isEqualTo(Value.of(10));
    lab.mend();
    checkCounter(lab, 20);
  }

  /** What is under way when all crash is answered once, and by its own result. */
  @Test
  void testRestartSubmit4A() {
    ServiceLab lab = new ServiceLab("restart-submit", 3, Lab.RELIABLE, 20);
    LabClerk hundred = lab.clerk(COUNTER, 100, i -> new Action.Increment(1));
    assertThat(lab.within(20 * SECOND, () -> hundred.done() == 100)).isTrue();
    List<LabClerk> open = lab.crowd(50, COUNTER, new Action.Increment(1));
    assertThat(lab.within(SECOND, () -> done(open) > 0)).as("some are answered").isTrue();
    assertThat(done(open)).as("the others are under way").isLessThan(50);
    lab.crashAndRestartAll();
    List<LabClerk> after = lab.crowd(50, COUNTER, new Action.Increment(1));
    assertThat(lab.within(20 * SECOND, () -> done(open) == 50 && done(after) == 50)).isTrue();
    checkCounter(lab, 200);
  }

  @Test
  void testLeaderPartition4A() {
    ServiceLab lab = new ServiceLab("leader-partition", 3, Lab.RELIABLE, 15);
    int leader = lab.leader();
    lab.sleep(SECOND);
    lab.partition(Set.of(leader));
    List<SimCommand> commands = new ArrayList<>();
    List<Reply> replies = new ArrayList<>();
    int client = lab.nextClient();
    for (int i = 1; i <= 100; i++) {
      SimCommand command = new SimCommand(client, i, COUNTER, new Action.Increment(1));
      commands.add(command);
      lab.doors(Set.of(leader)).get(0).request(command, COUNTER, replies::add);
    }
    lab.sleep(5 * SECOND);
    assertThat(replies).as("done by a minority").noneMatch(Reply.Wrote.class::isInstance);
    lab.mend();
    assertThat(lab.within(SECOND, () -> replies.size() == 100))
        .as("answers after healing")
        .isTrue();
    lab.check();
    assertThat(replies).noneMatch(Reply.Wrote.class::isInstance);
    assertThat(commands).as("executed").noneMatch(lab::isExecuted);
  }

  @Test
  void testRestartReplay4A() {
    ServiceLab lab = new ServiceLab("restart-replay", 3, Lab.RELIABLE, 16);
    LabClerk hundred = lab.clerk(COUNTER, 100, i -> new Action.Increment(1));
    assertThat(lab.within(20 * SECOND, () -> hundred.done() == 100)).isTrue();
    lab.crashAndRestartAll();
    LabClerk one = lab.clerk(COUNTER, 1, i -> new Action.Increment(1));
    assertThat(lab.within(10 * SECOND, () -> one.done() == 1)).isTrue();
    checkCounter(lab, 101);
  }
}
