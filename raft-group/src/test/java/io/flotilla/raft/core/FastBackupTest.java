package io.flotilla.raft.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.raft.core.RaftMessage.Conflict;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class FastBackupTest {
  /**
   * Logs as Raft makes them: each term's entries begin behind some prefix of an earlier log, so
   * that equal terms at an index mean equal prefixes.
   */
  private static List<List<Long>> logs(Random random) {
    List<List<Long>> logs = new ArrayList<>();
    logs.add(List.of());
    for (long term = 1; term <= 8; term++) {
      List<Long> base = logs.get(random.nextInt(logs.size()));
      List<Long> log = new ArrayList<>(base);
      int count = 1 + random.nextInt(4);
      for (int i = 0; i < count; i++) {
        log.add(term);
        if (random.nextInt(3) > 0 || i == count - 1) {
          logs.add(List.copyOf(log));
        }
      }
    }
    return logs;
  }

  @Test
  void findsWhereTheLogsPartInAsManyTripsAsThereAreTerms() {
    for (int seed = 0; seed < 2_000; seed++) {
      Random random = new Random(seed);
      List<List<Long>> logs = logs(random);
      List<Long> leader = logs.get(random.nextInt(logs.size()));
      List<Long> follower = logs.get(random.nextInt(logs.size()));
      LogTail ours = tail(leader);
      LogTail theirs = tail(follower);
      long next = leader.size() + 1L;
      int trips = 0;
      while (next > 1 && !theirs.matches(position(leader, next - 1))) {
        Conflict conflict = FastBackup.describe(theirs, position(leader, next - 1));
        long guess = FastBackup.next(ours, conflict);
        assertThat(guess).describedAs("%s to %s", leader, follower).isLessThan(next);
        assertThat(guess).isGreaterThan(common(leader, follower));
        next = guess;
        trips++;
      }
      long terms = follower.stream().distinct().count();
      assertThat(trips)
          .describedAs("%s to %s", leader, follower)
          .isLessThanOrEqualTo((int) terms + 1);
    }
  }

  private static int common(List<Long> leader, List<Long> follower) {
    int common = 0;
    while (common < Math.min(leader.size(), follower.size())
        && leader.get(common).equals(follower.get(common))) {
      common++;
    }
    return common;
  }

  @Test
  void shortLogLeadsToItsEnd() {
    assertThat(FastBackup.next(tail(List.of(4L, 6L, 6L, 6L)), new Conflict(4, 0, 0, 1)))
        .isEqualTo(2);
  }

  @Test
  void unknownTermIsSkippedWhole() {
    assertThat(FastBackup.next(tail(List.of(4L, 6L, 6L, 6L)), new Conflict(4, 5, 2, 4)))
        .isEqualTo(2);
  }

  @Test
  void sharedTermLeadsBehindOurLastOfIt() {
    assertThat(FastBackup.next(tail(List.of(4L, 4L, 6L, 6L)), new Conflict(4, 4, 1, 5)))
        .isEqualTo(3);
  }

  @Test
  void termAtTheTruncationPointIsStillOurs() {
    LogTail cut = new LogTail(new Position(7, 4), List.of(new Position(8, 6)), 9);
    assertThat(FastBackup.next(cut, new Conflict(9, 4, 5, 9))).isEqualTo(8);
  }

  @Test
  void nonsenseLeadsToAGuessWithinTheLog() {
    LogTail ours = tail(List.of(1L, 1L, 2L));
    assertThat(FastBackup.next(ours, new Conflict(3, 0, 0, 1_000))).isEqualTo(3);
    assertThat(FastBackup.next(ours, new Conflict(3, 9, -5, 1_000))).isEqualTo(1);
  }

  private static Position position(List<Long> log, long index) {
    return new Position(index, log.get((int) index - 1));
  }

  private static LogTail tail(List<Long> terms) {
    LogTail tail = new LogTail(Position.ZERO, List.of(), 0);
    for (long term : terms) {
      tail.append(tail.lastIndex() + 1, term);
    }
    return tail;
  }
}
