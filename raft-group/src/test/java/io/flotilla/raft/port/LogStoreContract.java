package io.flotilla.raft.port;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.flotilla.raft.core.Entry;
import io.flotilla.raft.core.GroupId;
import io.flotilla.raft.core.HardState;
import io.flotilla.raft.core.Membership;
import io.flotilla.raft.core.Position;
import io.flotilla.raft.core.ReplicaId;
import io.flotilla.raft.port.LogStore.RecoveredLog;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** What each {@link LogStore} must do. A maker's test extends this and says how to open one. */
public abstract class LogStoreContract {
  protected static final GroupId GROUP = new GroupId(7);
  protected static final ReplicaId SELF = new ReplicaId(5);
  protected static final Membership MEMBERSHIP =
      Membership.of(
          List.of(
              new Membership.Member(new ReplicaId(1), 11),
              new Membership.Member(new ReplicaId(2), 12)));

  /** What the store under test told its failure handler. */
  protected final List<Throwable> failures = new CopyOnWriteArrayList<>();

  /** A new, empty store. Called once in a test. */
  protected abstract LogStore open() throws Exception;

  /** Closes the store and opens another on what it left. */
  protected abstract LogStore reopen(LogStore store) throws Exception;

  /** Another store on what the disk holds at this moment; {@code store} is not closed before. */
  protected abstract LogStore crash(LogStore store) throws Exception;

  /** Lets everything that was handed over become durable. */
  protected void settle(LogStore store, AtomicInteger durable, int count) throws Exception {
    await().pollInterval(Duration.ofMillis(1)).until(() -> durable.get() == count);
  }

  protected static List<Entry> entries(long term, long first, int count) {
    List<Entry> entries = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      entries.add(entry(term, first + i));
    }
    return entries;
  }

  protected static Entry entry(long term, long index) {
    byte[] payload = ByteBuffer.allocate(16).putLong(term).putLong(index).array();
    return new Entry(index, term, Entry.Kind.COMMAND, payload);
  }

  protected static LogWrite creation(GroupId group) {
    return new LogWrite(
        group,
        Optional.of(new HardState(1, Optional.of(new ReplicaId(2)))),
        List.of(),
        Optional.of(new LogWrite.Base(SELF, Position.ZERO, MEMBERSHIP, 1)));
  }

  protected static LogWrite append(GroupId group, List<Entry> entries) {
    return LogWrite.of(group, Optional.empty(), entries);
  }

  protected static LogWrite cut(GroupId group, long index, long term) {
    return new LogWrite(
        group,
        Optional.empty(),
        List.of(),
        Optional.of(new LogWrite.Truncation(new Position(index, term), MEMBERSHIP)));
  }

  /** Hands over one by one and waits until all is durable. */
  protected void keep(LogStore store, LogWrite... writes) throws Exception {
    AtomicInteger durable = new AtomicInteger();
    for (LogWrite write : writes) {
      store.append(List.of(write), durable::incrementAndGet);
    }
    settle(store, durable, writes.length);
  }

  protected static void assertHolds(LogStore store, GroupId group, List<Entry> expected)
      throws Exception {
    long first = expected.get(0).index();
    long last = expected.get(expected.size() - 1).index();
    List<Entry> found = store.read(group, first, last, Long.MAX_VALUE);
    assertThat(found).hasToString(expected.toString());
    for (int i = 0; i < found.size(); i++) {
      assertThat(found.get(i).payload()).isEqualTo(expected.get(i).payload());
      assertThat(found.get(i).kind()).isEqualTo(expected.get(i).kind());
    }
  }

  @Test
  void anEmptyStoreRecoversNothing() throws Exception {
    try (LogStore store = open()) {
      assertThat(store.recovered()).isEmpty();
      assertThat(store.backlogBytes()).isZero();
    }
  }

  @Test
  void whatIsDurableIsThereAfterClosing() throws Exception {
    LogStore store = open();
    keep(store, creation(GROUP), append(GROUP, entries(1, 1, 5)), append(GROUP, entries(2, 6, 5)));
    try (LogStore again = reopen(store)) {
      RecoveredLog log = again.recovered().get(GROUP);
      assertThat(log.hardState()).isEqualTo(new HardState(1, Optional.of(new ReplicaId(2))));
      assertThat(log.truncated()).isEqualTo(Position.ZERO);
      assertThat(log.membershipAtTruncation()).isEqualTo(MEMBERSHIP);
      assertThat(log.terms()).containsExactly(new Position(1, 1), new Position(6, 2));
      assertThat(log.lastIndex()).isEqualTo(10);
      List<Entry> all = entries(1, 1, 5);
      all.addAll(entries(2, 6, 5));
      assertHolds(again, GROUP, all);
    }
  }

  @Test
  void whatIsDurableIsThereAfterACrash() throws Exception {
    LogStore store = open();
    keep(store, creation(GROUP));
    for (int i = 0; i < 50; i++) {
      keep(store, append(GROUP, entries(1, 1 + 4L * i, 4)));
    }
    try (LogStore again = crash(store)) {
      assertThat(again.recovered().get(GROUP).lastIndex()).isEqualTo(200);
      assertHolds(again, GROUP, entries(1, 1, 200));
    }
  }

  @Test
  void hardStateAloneIsKept() throws Exception {
    LogStore store = open();
    HardState newer = new HardState(9, Optional.empty());
    keep(store, creation(GROUP), LogWrite.of(GROUP, Optional.of(newer), List.of()));
    try (LogStore again = crash(store)) {
      assertThat(again.recovered().get(GROUP).hardState()).isEqualTo(newer);
      assertThat(again.recovered().get(GROUP).membershipAtTruncation()).isEqualTo(MEMBERSHIP);
    }
  }

  @Test
  void anOverwriteReplacesAllFromItsFirstIndexOn() throws Exception {
    LogStore store = open();
    keep(
        store,
        creation(GROUP),
        append(GROUP, entries(1, 1, 10)),
        append(GROUP, entries(1, 11, 10)),
        append(GROUP, entries(1, 21, 10)));
    keep(store, append(GROUP, entries(2, 15, 2)));
    List<Entry> expected = entries(1, 1, 14);
    expected.addAll(entries(2, 15, 2));
    assertHolds(store, GROUP, expected);
    assertThatThrownBy(() -> store.read(GROUP, 17, 17, Long.MAX_VALUE))
        .isInstanceOf(MissingEntriesException.class);
    try (LogStore again = reopen(store)) {
      assertThat(again.recovered().get(GROUP).lastIndex()).isEqualTo(16);
      assertThat(again.recovered().get(GROUP).terms())
          .containsExactly(new Position(1, 1), new Position(15, 2));
      assertHolds(again, GROUP, expected);
      keep(again, append(GROUP, entries(3, 1, 3)), append(GROUP, entries(3, 4, 20)));
      assertHolds(again, GROUP, entries(3, 1, 23));
    }
  }

  @Test
  void overwritesFollowEachOtherWithoutWaiting() throws Exception {
    LogStore store = open();
    LogWrite[] writes = new LogWrite[41];
    writes[0] = creation(GROUP);
    for (int i = 1; i <= 40; i++) {
      writes[i] = append(GROUP, entries(i, i, 10));
    }
    keep(store, writes);
    List<Entry> expected = new ArrayList<>();
    for (int i = 1; i < 40; i++) {
      expected.addAll(entries(i, i, 1));
    }
    expected.addAll(entries(40, 40, 10));
    assertHolds(store, GROUP, expected);
    try (LogStore again = reopen(store)) {
      assertHolds(again, GROUP, expected);
    }
  }

  @Test
  void aCutFrontIsGoneAndTheRestStays() throws Exception {
    LogStore store = open();
    keep(
        store,
        creation(GROUP),
        append(GROUP, entries(1, 1, 10)),
        append(GROUP, entries(2, 11, 10)),
        cut(GROUP, 15, 2));
    assertHolds(store, GROUP, entries(2, 16, 5));
    for (long last : new long[] {5, 20}) {
      assertThatThrownBy(() -> store.read(GROUP, 5, last, Long.MAX_VALUE))
          .isInstanceOf(MissingEntriesException.class);
    }
    try (LogStore again = crash(store)) {
      RecoveredLog log = again.recovered().get(GROUP);
      assertThat(log.truncated()).isEqualTo(new Position(15, 2));
      assertThat(log.terms()).containsExactly(new Position(16, 2));
      assertThat(log.lastIndex()).isEqualTo(20);
      keep(again, append(GROUP, entries(2, 21, 1)), cut(GROUP, 21, 2));
      keep(again, append(GROUP, entries(2, 22, 3)));
      assertHolds(again, GROUP, entries(2, 22, 3));
    }
  }

  @Test
  void membershipEntriesAreFoundAgain() throws Exception {
    LogStore store = open();
    ByteBuffer payload = ByteBuffer.allocate(MembershipBlock.encodedBytes(MEMBERSHIP));
    MembershipBlock.encode(MEMBERSHIP, payload);
    Entry change = new Entry(2, 1, Entry.Kind.MEMBERSHIP, payload.array());
    keep(store, creation(GROUP), append(GROUP, List.of(entry(1, 1), change, entry(1, 3))));
    try (LogStore again = reopen(store)) {
      assertThat(again.recovered().get(GROUP).memberships()).hasToString("[2@1]");
    }
  }

  @Test
  void manyGroupsDoNotMeet() throws Exception {
    LogStore store = open();
    AtomicInteger durable = new AtomicInteger();
    for (int round = 0; round < 5; round++) {
      List<LogWrite> writes = new ArrayList<>();
      for (long group = -50; group < 50; group++) {
        GroupId id = new GroupId(group);
        writes.add(
            round == 0
                ? creation(id)
                : append(id, entries(1 + Math.floorMod(group, 7), 3L * round - 2, 3)));
      }
      store.append(writes, durable::incrementAndGet);
    }
    settle(store, durable, 5);
    try (LogStore again = reopen(store)) {
      assertThat(again.recovered()).hasSize(100);
      for (long group = -50; group < 50; group++) {
        assertHolds(again, new GroupId(group), entries(1 + Math.floorMod(group, 7), 1, 12));
      }
    }
  }

  @Test
  void handOversBecomeDurableInOrder() throws Exception {
    LogStore store = open();
    List<Integer> order = Collections.synchronizedList(new ArrayList<>());
    List<Integer> expected = new ArrayList<>();
    keep(store, creation(GROUP));
    AtomicInteger durable = new AtomicInteger();
    for (int i = 0; i < 500; i++) {
      int number = i;
      expected.add(number);
      store.append(
          List.of(append(GROUP, entries(1, i + 1, 1))),
          () -> {
            order.add(number);
            durable.incrementAndGet();
          });
    }
    settle(store, durable, 500);
    assertThat(order).isEqualTo(expected);
    assertThat(store.backlogBytes()).isZero();
    reopen(store).close();
  }

  /** Each store's test holds the disk where it can; here nobody knows when it is done. */
  @Test
  void theFirstThatIsNotDurableIsKnownByItsNumber() throws Exception {
    List<Long> seen = Collections.synchronizedList(new ArrayList<>());
    try (LogStore store = open()) {
      assertThat(store.firstUnsynced()).isZero();
      AtomicInteger durable = new AtomicInteger();
      store.append(List.of(creation(GROUP)), durable::incrementAndGet);
      for (int i = 1; i < 50; i++) {
        store.append(
            List.of(append(GROUP, entries(1, i, 1))),
            () -> {
              seen.add(store.firstUnsynced());
              durable.incrementAndGet();
            });
      }
      settle(store, durable, 50);
      assertThat(store.firstUnsynced()).isZero();
      for (int i = 1; i < 50; i++) {
        assertThat(seen.get(i - 1)).as("when hand-over %d was durable", i + 1).isIn(0L, i + 2L);
      }
    }
  }

  @Test
  void readsKeepToTheirBounds() throws Exception {
    try (LogStore store = open()) {
      keep(store, creation(GROUP), append(GROUP, entries(1, 1, 10)));
      keep(store, append(GROUP, entries(1, 11, 10)));
      assertThat(store.read(GROUP, 9, 12, Long.MAX_VALUE)).hasToString("[9@1, 10@1, 11@1, 12@1]");
      assertThat(store.read(GROUP, 9, 20, 80)).hasToString("[9@1, 10@1]");
      assertThat(store.read(GROUP, 9, 20, 1)).hasToString("[9@1]");
      assertThatThrownBy(() -> store.read(GROUP, 21, 21, Long.MAX_VALUE))
          .isInstanceOf(MissingEntriesException.class)
          .hasMessageContaining("group 7")
          .hasMessageContaining("21");
      assertThatThrownBy(() -> store.read(new GroupId(8), 1, 1, Long.MAX_VALUE))
          .isInstanceOf(MissingEntriesException.class);
    }
  }
}
