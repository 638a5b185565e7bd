package io.flotilla.raft.sim;

import static io.flotilla.raft.sim.ServiceLab.COUNTER;
import static io.flotilla.raft.sim.ServiceLab.CUT_MICROS;
import static io.flotilla.raft.sim.ServiceLab.LIST;
import static io.flotilla.raft.sim.ServiceLab.LOG_BYTES;
import static io.flotilla.raft.sim.ServiceLab.REGISTER;
import static io.flotilla.raft.sim.ServiceLab.SECOND;
import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.raft.history.Action;
import io.flotilla.raft.history.Value;
import java.util.Set;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * MIT 6.5840, laboratory 4B (in 2025: 4C), told by {@link ServiceLab}: its tests with snapshots. A
 * log is bounded by 1,000 bytes, which is about ten entries.
 */
class LabServiceSnapshotTest {
  private static final int OTHER = 3;

  private static final int SNAPSHOT_BYTES_MAX = 500;

  private static ServiceLab lab(String name, int size, Faults.Network faults, long seed) {
    return ServiceLab.withSnapshots(name, size, faults, seed);
  }

  /** 1 and 2 go on without 3, and 1 then needs it for everything, whatever it has missed. */
  @Test
  void testSnapshotRPC4B() {
    ServiceLab lab = lab("snapshot-rpc", 3, Lab.RELIABLE, 17);
    does(lab, lab.all(), REGISTER, 2, i -> i == 1 ? put("A") : new Action.Get());

    lab.partition(Set.of(3));
    Set<Integer> first = Set.of(1, 2);
    does(lab, first, LIST, 50, i -> new Action.Append(i + ";"));
    lab.keepStates();
    assertThat(lab.within(CUT_MICROS, () -> lab.cutAt(1) > lab.lastIndex(3)))
        .as("1 drops what 3 lacks")
        .isTrue();
    does(lab, first, LIST, 1, i -> new Action.Append("b;"));
    assertThat(lab.largestLogBytes()).isLessThanOrEqualTo(8 * LOG_BYTES);
    assertThat(lab.restorations()).isZero();

    lab.partition(Set.of(2));
    Set<Integer> second = Set.of(1, 3);
    does(lab, second, OTHER, 2, i -> put(i == 1 ? "C" : "D"));
    does(lab, second, REGISTER, 1, i -> new Action.Get());
    does(lab, second, LIST, 1, i -> new Action.Get());
    assertThat(lab.restorations()).as("snapshots that 3 was sent").isPositive();
    assertThat(lab.state(3).value(REGISTER)).isEqualTo(Value.of("A"));
    assertThat(lab.state(3).value(LIST)).isEqualTo(Value.of(numbers(50) + "b;"));

    lab.mend();
    does(lab, lab.all(), OTHER, 2, i -> i == 1 ? put("E") : new Action.Get());
    lab.check();
    assertThat(lab.state(2).value(OTHER)).isEqualTo(Value.of("E"));
  }

  private static Action put(String text) {
    return new Action.Put(Value.of(text));
  }

  private static String numbers(int last) {
    return IntStream.rangeClosed(1, last).mapToObj(i -> i + ";").collect(Collectors.joining());
  }

  /** By a clerk of its own, in 30 s. */
  private static void does(
      ServiceLab lab, Set<Integer> known, int key, int count, IntFunction<Action> actions) {
    LabClerk clerk = lab.clerk(known, key, count, actions);
    assertThat(lab.within(30 * SECOND, () -> clerk.done() == count))
        .as("%d operations by %s", count, known)
        .isTrue();
  }

  /** 200 rounds: 0 is put and read, then 1. */
  @Test
  void testSnapshotSize4B() {
    ServiceLab lab = lab("snapshot-size", 3, Lab.RELIABLE, 18);
    does(lab, lab.all(), REGISTER, 800, LabServiceSnapshotTest::putOrGet);
    assertThat(lab.largestLogBytes()).isLessThanOrEqualTo(8 * LOG_BYTES);
    assertThat(lab.largestSnapshotBytes()).isLessThanOrEqualTo(SNAPSHOT_BYTES_MAX);
    assertThat(lab.truncations()).as("cuts of three logs by 40 kB").isGreaterThan(60);
    lab.check();
  }

  private static Action putOrGet(int i) {
    return i % 2 == 0 ? new Action.Get() : put(i % 4 == 1 ? "0" : "1");
  }

  /** The course allows 33.3 ms for each, as without snapshots. */
  @Test
  void testSpeed4B() {
    ServiceLab lab = lab("speed-snapshots", 3, Lab.RELIABLE, 19);
    assertThat(lab.appendMicros())
        .as("us for an operation, no more than without snapshots")
        .isLessThan(12_000);
    assertThat(lab.truncations()).as("cuts of three logs by 100 kB").isGreaterThan(150);
    lab.check();
  }

  @Test
  void testSnapshotRecover4B() {
    recovers(lab("snapshot-recover", 5, Lab.RELIABLE, 20), 1);
  }

  @Test
  void testSnapshotRecoverManyClients4B() {
    recovers(lab("snapshot-recover-many", 5, Lab.RELIABLE, 21), 20);
  }

  @Test
  void testSnapshotUnreliable4B() {
    ServiceLab lab = lab("snapshot-unreliable", 5, Lab.UNRELIABLE, 22);
    lab.general(16, false, false);
    assertThat(lab.truncations()).as("cuts of five logs").isGreaterThan(100);
  }

  @Test
  void testSnapshotUnreliableRecover4B() {
    recovers(lab("snapshot-unreliable-recover", 5, Lab.UNRELIABLE, 23), 16);
  }

  @Test
  void testSnapshotUnreliableRecoverConcurrentPartition4B() {
    catchesUp(lab("snapshot-partition", 5, Lab.UNRELIABLE, 24), 16);
  }

  @Test
  void testSnapshotUnreliableRecoverConcurrentPartitionLinearizable4B() {
    catchesUp(lab("snapshot-linearizable", 7, Lab.UNRELIABLE, 25), 15);
  }

  /** All crash in each round, and none could begin with its log alone. */
  private static void recovers(ServiceLab lab, int clients) {
    lab.general(clients, true, false);
    assertThat(lab.restartsFromSnapshots())
        .as("restarts from snapshots")
        .isEqualTo(ServiceLab.ROUNDS * lab.all().size());
  }

  /** As above, but who was mostly cut off may still have all of its log when it crashes. */
  private static void catchesUp(ServiceLab lab, int clients) {
    lab.general(clients, true, true);
    assertThat(lab.restartsFromSnapshots())
        .as("restarts from snapshots")
        .isGreaterThan(ServiceLab.ROUNDS * lab.all().size() / 2);
    assertThat(lab.restorations()).as("snapshots for those who lagged").isPositive();
  }

  // ---- 2025: the replicated state machine

  @Test
  void testSnapshot4C() {
    ServiceLab lab = lab("snapshot", 3, Lab.RELIABLE, 26);
    does(lab, lab.all(), COUNTER, 100, i -> new Action.Increment(1));
    lab.keepStates();
    assertThat(lab.within(CUT_MICROS, () -> lab.largestLogBytes() <= 2 * LOG_BYTES)).isTrue();
    everybodyHas(lab, 100);

    lab.crashAndRestartAll();
    assertThat(lab.restartsFromSnapshots()).isEqualTo(3);
    does(lab, lab.all(), COUNTER, 1, i -> new Action.Increment(1));
    everybodyHas(lab, 101);
    lab.check();
  }

  private static void everybodyHas(ServiceLab lab, int count) {
    assertThat(
            lab.within(
                SECOND,
                () ->
                    lab.all().stream()
                        .allMatch(one -> lab.state(one).value(COUNTER).equals(Value.of(count)))))
        .as("%d everywhere", count)
        .isTrue();
  }
}
