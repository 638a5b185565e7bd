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
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** What each {@link LogStore} must do when logs begin, are cut, go, and break. */
public abstract class LogStoreCutsContract extends LogStoreContract {
  protected static final Membership LATER =
      new Membership(
          List.of(new Membership.Member(SELF, 13)),
          List.of(),
          List.of(new Membership.Member(new ReplicaId(6), 14)));
  private static final ReplicaId NEWER = new ReplicaId(9);
  private static final HardState VOTED = new HardState(4, Optional.of(SELF));

  /** Looks at a store that was opened after a crash. */
  protected interface Look {
    void at(LogStore store) throws Exception;
  }

  /**
   * Hands over {@code writes} and looks at what a crash would leave at each moment until they are
   * durable. {@code store} is used no more.
   */
  protected abstract void eachCrash(LogStore store, List<LogWrite> writes, Look look)
      throws Exception;

  /** Closes the store, loses some of what it had synced, and opens another on the rest. */
  protected abstract LogStore reopenWithoutEnd(LogStore store) throws Exception;

  /** Closes the store, breaks the group's log, and opens another. */
  protected abstract LogStore reopenBroken(LogStore store, GroupId group) throws Exception;

  protected static LogWrite cut(long index, long term, Membership membership) {
    return new LogWrite(
        GROUP,
        Optional.empty(),
        List.of(),
        Optional.of(new LogWrite.Truncation(new Position(index, term), membership)));
  }

  private static LogWrite begin(ReplicaId self, long index, long term, long generation) {
    return LogWrite.begin(
        GROUP, new LogWrite.Base(self, new Position(index, term), LATER, generation));
  }

  private static LogWrite state(HardState state) {
    return LogWrite.of(GROUP, Optional.of(state), List.of());
  }

  private LogStore openWith(LogWrite... more) throws Exception {
    LogStore store = open();
    keep(store, creation(GROUP));
    keep(store, more);
    return store;
  }

  /** Neither becomes durable, and the failure is told once. */
  protected void assertRefused(LogStore store, LogWrite write) {
    AtomicInteger durable = new AtomicInteger();
    store.append(List.of(write), durable::incrementAndGet);
    store.append(List.of(creation(new GroupId(99))), durable::incrementAndGet);
    assertThatThrownBy(store::close).isInstanceOf(StorageException.class);
    await().untilAsserted(() -> assertThat(failures).hasSize(1));
    assertThat(durable).hasValue(0);
  }

  // ---- beginnings

  @Test
  void aLogKnowsWhoseItIsAndWhereTheStateLies() throws Exception {
    LogStore store = openWith(append(GROUP, entries(1, 1, 5)));
    try (LogStore again = crash(store)) {
      assertThat(again.recovered().get(GROUP).self()).isEqualTo(SELF);
      assertThat(again.recovered().get(GROUP).generation()).isEqualTo(1);
      keep(again, begin(SELF, 70, 3, Long.MAX_VALUE), state(VOTED), cut(70, 3, MEMBERSHIP));
      try (LogStore third = reopen(again)) {
        assertThat(third.recovered().get(GROUP).self()).isEqualTo(SELF);
        assertThat(third.recovered().get(GROUP).generation()).isEqualTo(Long.MAX_VALUE);
      }
    }
  }

  @Test
  void aSnapshotTakesThePlaceOfTheWholeLog() throws Exception {
    LogStore store =
        openWith(append(GROUP, entries(1, 1, 40)), append(GROUP, entries(2, 41, 20)), state(VOTED));
    keep(store, begin(SELF, 50, 3, 2), append(GROUP, entries(3, 51, 4)));
    assertHolds(store, GROUP, entries(3, 51, 4));
    assertThatThrownBy(() -> store.read(GROUP, 50, 50, Long.MAX_VALUE))
        .isInstanceOf(MissingEntriesException.class);
    assertThatThrownBy(() -> store.read(GROUP, 55, 55, Long.MAX_VALUE))
        .isInstanceOf(MissingEntriesException.class);
    try (LogStore again = crash(store)) {
      RecoveredLog log = again.recovered().get(GROUP);
      assertThat(log)
          .isEqualTo(
              new RecoveredLog(
                  SELF,
                  2,
                  VOTED,
                  new Position(50, 3),
                  LATER,
                  List.of(new Position(51, 3)),
                  54,
                  List.of()));
      assertHolds(again, GROUP, entries(3, 51, 4));
    }
  }

  @Test
  void aSnapshotBeyondTheEndLeavesAnEmptyLog() throws Exception {
    LogStore store = openWith(append(GROUP, entries(1, 1, 3)), begin(SELF, 100, 4, 2));
    try (LogStore again = reopen(store)) {
      assertThat(again.recovered().get(GROUP).lastIndex()).isEqualTo(100);
      assertThat(again.recovered().get(GROUP).terms()).isEmpty();
      keep(again, append(GROUP, entries(4, 101, 2)));
      assertHolds(again, GROUP, entries(4, 101, 2));
    }
  }

  @Test
  void aSnapshotIsInstalledWhollyOrNotAtAll() throws Exception {
    LogStore store = openWith(append(GROUP, entries(1, 1, 8)), append(GROUP, entries(1, 9, 2)));
    LogWrite install =
        new LogWrite(
            GROUP,
            Optional.of(VOTED),
            entries(3, 51, 4),
            Optional.of(new LogWrite.Base(SELF, new Position(50, 3), LATER, 2)));
    Set<Long> generations = new HashSet<>();
    eachCrash(
        store,
        List.of(install, creation(new GroupId(8))),
        crashed -> {
          RecoveredLog log = crashed.recovered().get(GROUP);
          boolean isNew = log.generation() == 2;
          generations.add(log.generation());
          assertThat(log.truncated()).isEqualTo(isNew ? new Position(50, 3) : Position.ZERO);
          assertThat(log.hardState().term()).isEqualTo(isNew ? 4 : 1);
          assertThat(log.membershipAtTruncation()).isEqualTo(isNew ? LATER : MEMBERSHIP);
          assertThat(crashed.recovered().containsKey(new GroupId(8))).isEqualTo(isNew);
          assertHolds(crashed, GROUP, isNew ? entries(3, 51, 4) : entries(1, 1, 10));
        });
    assertThat(generations).containsExactlyInAnyOrder(1L, 2L);
  }

  @Test
  void anotherReplicaTakesOverNothing() throws Exception {
    LogStore store = openWith(append(GROUP, entries(1, 1, 9)), state(VOTED));
    keep(store, begin(NEWER, 0, 0, 3));
    LogStore again = reopen(store);
    RecoveredLog log = again.recovered().get(GROUP);
    assertThat(log.self()).isEqualTo(NEWER);
    assertThat(log.hardState()).isEqualTo(HardState.INITIAL);
    assertThat(log.lastIndex()).isZero();
    assertThat(again.tombstones()).containsEntry(GROUP, SELF);
    assertRefused(again, begin(SELF, 200, 9, 4));
  }

  @Test
  void aLogDoesNotBeginBehindWhereItBeganBefore() throws Exception {
    assertRefused(openWith(begin(SELF, 50, 3, 2)), begin(SELF, 50, 3, 3));
  }

  @Test
  void whatNeverBeganTakesNothing() throws Exception {
    assertRefused(openWith(), append(new GroupId(8), entries(1, 1, 1)));
  }

  // ---- cuts

  @Test
  void aCutLeavesWhatFollowsItWhereverRecordsEnd() throws Exception {
    LogStore store = openWith(append(GROUP, entries(1, 1, 10)), append(GROUP, entries(2, 11, 10)));
    for (long at : new long[] {1, 9, 10, 11, 15, 19, 20}) {
      keep(store, cut(at, at <= 10 ? 1 : 2, LATER));
      store = crash(store);
      RecoveredLog log = store.recovered().get(GROUP);
      assertThat(log.truncated()).isEqualTo(new Position(at, at <= 10 ? 1 : 2));
      assertThat(log.membershipAtTruncation()).isEqualTo(LATER);
      assertThat(log.lastIndex()).isEqualTo(20);
      if (at < 20) {
        List<Entry> rest = at < 10 ? entries(1, at + 1, (int) (10 - at)) : List.of();
        List<Entry> all = new ArrayList<>(rest);
        long from = Math.max(11, at + 1);
        all.addAll(entries(2, from, (int) (21 - from)));
        assertHolds(store, GROUP, all);
      }
    }
    keep(store, append(GROUP, entries(3, 21, 2)));
    assertHolds(store, GROUP, entries(3, 21, 2));
    store.close();
  }

  @Test
  void anOverwriteAfterACutReachesBackToItAndNoFurther() throws Exception {
    LogStore store = openWith(append(GROUP, entries(1, 1, 10)), append(GROUP, entries(1, 11, 10)));
    keep(store, cut(5, 1, MEMBERSHIP), append(GROUP, entries(2, 8, 3)));
    List<Entry> expected = entries(1, 6, 2);
    expected.addAll(entries(2, 8, 3));
    assertHolds(store, GROUP, expected);
    LogStore again = crash(store);
    assertThat(again.recovered().get(GROUP).truncated()).isEqualTo(new Position(5, 1));
    assertThat(again.recovered().get(GROUP).terms())
        .containsExactly(new Position(6, 1), new Position(8, 2));
    assertHolds(again, GROUP, expected);
    keep(again, append(GROUP, entries(3, 6, 1)));
    LogStore third = crash(again);
    assertThat(third.recovered().get(GROUP).lastIndex()).isEqualTo(6);
    assertHolds(third, GROUP, entries(3, 6, 1));
    assertRefused(third, append(GROUP, entries(4, 5, 4)));
  }

  @Test
  void aCutIsNotTakenBack() throws Exception {
    LogStore store = openWith(append(GROUP, entries(1, 1, 10)), cut(5, 1, MEMBERSHIP));
    assertRefused(store, cut(4, 1, MEMBERSHIP));
  }

  @Test
  void aCutBeyondTheEndIsRefused() throws Exception {
    assertRefused(openWith(append(GROUP, entries(1, 1, 10))), cut(11, 1, MEMBERSHIP));
  }

  @Test
  void aCutAndWhatIsAppendedWithItAreOneStep() throws Exception {
    LogStore store = openWith(append(GROUP, entries(1, 1, 8)), append(GROUP, entries(1, 9, 2)));
    LogWrite both =
        new LogWrite(
            GROUP,
            Optional.of(VOTED),
            entries(4, 9, 4),
            Optional.of(new LogWrite.Truncation(new Position(8, 1), LATER)));
    Set<Long> ends = new HashSet<>();
    eachCrash(
        store,
        List.of(both),
        crashed -> {
          RecoveredLog log = crashed.recovered().get(GROUP);
          boolean isNew = log.truncated().index() == 8;
          ends.add(log.lastIndex());
          assertThat(log.hardState().term()).isEqualTo(isNew ? 4 : 1);
          assertHolds(crashed, GROUP, isNew ? entries(4, 9, 4) : entries(1, 1, 10));
        });
    assertThat(ends).containsExactlyInAnyOrder(10L, 12L);
  }

  @Test
  void whatALogWeighsIsTold() throws Exception {
    LogStore store = openWith(append(GROUP, entries(1, 1, 100)));
    long full = store.retainedBytes(GROUP);
    assertThat(full).isGreaterThanOrEqualTo(1600);
    keep(store, append(GROUP, entries(1, 101, 100)));
    assertThat(store.retainedBytes(GROUP)).isEqualTo(2 * full);
    keep(store, cut(100, 1, MEMBERSHIP));
    assertThat(store.retainedBytes(GROUP)).isEqualTo(full);
    try (LogStore again = reopen(store)) {
      assertThat(again.retainedBytes(GROUP)).isEqualTo(full);
      keep(again, append(GROUP, entries(2, 101, 50)));
      assertThat(again.retainedBytes(GROUP)).isBetween(full / 3, full * 2 / 3);
      keep(again, begin(SELF, 300, 3, 2));
      assertThat(again.retainedBytes(GROUP)).isZero();
      assertThat(again.retainedBytes(new GroupId(8))).isZero();
    }
  }

  // ---- removals

  @Test
  void whatWasRemovedDoesNotComeBack() throws Exception {
    LogStore store = openWith(append(GROUP, entries(1, 1, 9)), LogWrite.destroy(GROUP, SELF));
    assertThat(store.retainedBytes(GROUP)).isZero();
    assertThatThrownBy(() -> store.read(GROUP, 1, 1, Long.MAX_VALUE))
        .isInstanceOf(MissingEntriesException.class);
    LogStore again = crash(store);
    assertThat(again.recovered()).isEmpty();
    assertThat(again.damaged()).isEmpty();
    assertThat(again.tombstones()).containsExactly(Map.entry(GROUP, SELF));
    assertRefused(again, begin(SELF, 0, 0, 2));
  }

  @Test
  void aLowerIdThanWhatWasRemovedIsRefusedToo() throws Exception {
    LogStore store = openWith(LogWrite.destroy(GROUP, SELF));
    assertRefused(store, begin(new ReplicaId(SELF.value() - 1), 0, 0, 2));
  }

  @Test
  void aHigherIdThanWhatWasRemovedBeginsAnew() throws Exception {
    LogStore store = openWith(append(GROUP, entries(1, 1, 9)), LogWrite.destroy(GROUP, SELF));
    keep(store, begin(NEWER, 0, 0, 2), append(GROUP, entries(1, 1, 3)));
    try (LogStore again = reopen(store)) {
      assertThat(again.recovered().get(GROUP).self()).isEqualTo(NEWER);
      assertThat(again.tombstones()).containsEntry(GROUP, SELF);
      assertHolds(again, GROUP, entries(1, 1, 3));
      keep(again, LogWrite.destroy(GROUP, SELF));
      try (LogStore third = reopen(again)) {
        assertHolds(third, GROUP, entries(1, 1, 3));
      }
    }
  }

  /** Also where records had the same places, in the same batch and the next. */
  @Test
  void aGroupComesAndGoesWithoutWaiting() throws Exception {
    LogStore store = openWith(append(GROUP, entries(1, 1, 9)), state(VOTED));
    List<LogWrite> writes = new ArrayList<>();
    for (long id = SELF.value() + 1; id <= NEWER.value(); id++) {
      writes.add(LogWrite.destroy(GROUP, new ReplicaId(id - 1)));
      writes.add(begin(new ReplicaId(id), 0, 0, id));
      writes.add(append(GROUP, entries(id, 1, 3)));
      writes.add(append(GROUP, entries(id, 4, 3)));
    }
    keep(store, writes.toArray(LogWrite[]::new));
    List<Entry> expected = entries(NEWER.value(), 1, 6);
    assertHolds(store, GROUP, expected);
    assertThatThrownBy(() -> store.read(GROUP, 7, 7, Long.MAX_VALUE))
        .isInstanceOf(MissingEntriesException.class);
    try (LogStore again = crash(store)) {
      RecoveredLog log = again.recovered().get(GROUP);
      assertThat(log.self()).isEqualTo(NEWER);
      assertThat(log.hardState()).isEqualTo(HardState.INITIAL);
      assertThat(log.generation()).isEqualTo(NEWER.value());
      assertThat(log.lastIndex()).isEqualTo(6);
      assertThat(again.damaged()).isEmpty();
      assertThat(again.tombstones()).containsEntry(GROUP, new ReplicaId(NEWER.value() - 1));
      assertHolds(again, GROUP, expected);
    }
  }

  @Test
  void whoComesAfterOneThatWasRemovedHidesNothingOfThat() throws Exception {
    LogStore store = openWith(append(GROUP, entries(1, 1, 9)), state(VOTED));
    Set<Optional<ReplicaId>> seen = new HashSet<>();
    eachCrash(
        store,
        List.of(LogWrite.destroy(GROUP, SELF), begin(NEWER, 0, 0, 2)),
        crashed -> {
          RecoveredLog log = crashed.recovered().get(GROUP);
          seen.add(Optional.ofNullable(log).map(RecoveredLog::self));
          boolean isOld = log != null && log.self().equals(SELF);
          assertThat(crashed.tombstones().containsKey(GROUP)).isEqualTo(!isOld);
          assertThat(log == null ? 0 : log.lastIndex()).isEqualTo(isOld ? 9 : 0);
        });
    assertThat(seen).contains(Optional.of(SELF), Optional.of(NEWER));
  }

  @Test
  void aRemovalIsWholeOrNotAtAll() throws Exception {
    LogStore store = openWith(append(GROUP, entries(1, 1, 9)), append(GROUP, entries(1, 10, 9)));
    Set<Boolean> seen = new HashSet<>();
    eachCrash(
        store,
        List.of(LogWrite.destroy(GROUP, SELF)),
        crashed -> {
          boolean isGone = crashed.recovered().isEmpty();
          seen.add(isGone);
          assertThat(crashed.damaged()).isEmpty();
          if (isGone) {
            assertThat(crashed.tombstones()).containsEntry(GROUP, SELF);
          } else {
            assertThat(crashed.tombstones()).isEmpty();
            assertHolds(crashed, GROUP, entries(1, 1, 18));
          }
        });
    assertThat(seen).containsExactlyInAnyOrder(true, false);
  }

  @Test
  void aGroupThatWasNeverHereCanBeRemoved() throws Exception {
    LogStore store = open();
    keep(store, LogWrite.destroy(GROUP, SELF), LogWrite.destroy(GROUP, new ReplicaId(1)));
    LogStore again = reopen(store);
    assertThat(again.tombstones()).containsEntry(GROUP, SELF);
    assertRefused(again, creation(GROUP));
  }

  // ---- damage and loss

  @Test
  void aBrokenLogStopsItsGroupAlone() throws Exception {
    LogStore store = openWith(append(GROUP, entries(1, 1, 5)), append(GROUP, entries(1, 6, 5)));
    keep(store, creation(new GroupId(8)), append(new GroupId(8), entries(1, 1, 5)));
    try (LogStore again = reopenBroken(store, GROUP)) {
      assertThat(again.recovered()).containsOnlyKeys(new GroupId(8));
      assertThat(again.damaged()).containsOnlyKeys(GROUP);
      assertThat(again.damaged().get(GROUP).upTo()).isEqualTo(SELF);
      assertThat(again.forgottenUpTo()).isEmpty();
      keep(again, append(new GroupId(8), entries(1, 6, 5)), begin(NEWER, 0, 0, 2));
      keep(again, append(GROUP, entries(2, 1, 7)));
      try (LogStore third = reopen(again)) {
        assertThat(third.damaged()).isEmpty();
        assertHolds(third, new GroupId(8), entries(1, 1, 10));
        assertHolds(third, GROUP, entries(2, 1, 7));
        assertThat(third.tombstones()).containsEntry(GROUP, SELF);
      }
    }
  }

  @Test
  void aBrokenLogTakesNothingAndDoesNotBeginAgain() throws Exception {
    LogStore store = reopenBroken(openWith(append(GROUP, entries(1, 1, 5))), GROUP);
    assertRefused(store, begin(SELF, 100, 1, 2));
  }

  @Test
  void aBrokenLogCanBeRemoved() throws Exception {
    LogStore store = reopenBroken(openWith(append(GROUP, entries(1, 1, 5))), GROUP);
    keep(store, LogWrite.destroy(GROUP, store.damaged().get(GROUP).upTo()));
    try (LogStore again = reopen(store)) {
      assertThat(again.damaged()).isEmpty();
      assertThat(again.tombstones()).containsEntry(GROUP, SELF);
    }
  }

  @Test
  void aDiskThatForgetsStopsAllThatWereThere() throws Exception {
    LogStore store = openWith(append(GROUP, entries(1, 1, 5)));
    keep(store, creation(new GroupId(8)), state(VOTED));
    LogStore again = reopenWithoutEnd(store);
    for (int i = 0; i < 2; i++) {
      assertThat(again.recovered()).isEmpty();
      assertThat(again.damaged()).containsKey(GROUP);
      assertThat(again.forgottenUpTo()).contains(SELF);
      again = reopen(again);
    }
    keep(again, begin(NEWER, 0, 0, 2), append(GROUP, entries(2, 1, 3)));
    LogStore later = reopen(again);
    assertThat(later.recovered()).containsOnlyKeys(GROUP);
    assertThat(later.damaged()).doesNotContainKey(GROUP);
    assertHolds(later, GROUP, entries(2, 1, 3));
    assertRefused(later, creation(new GroupId(21)));
  }
}
