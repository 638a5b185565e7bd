package io.flotilla.raft.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.raft.core.Entry;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RecentEntriesTest {
  private static final int WEIGHT = 124;

  private static List<Entry> entries(long term, long first, int count) {
    List<Entry> entries = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      entries.add(new Entry(first + i, term, Entry.Kind.COMMAND, new byte[100]));
    }
    return entries;
  }

  @Test
  void entriesComeInOrderWithinBounds() {
    RecentEntries recent = new RecentEntries(new EntryBudget(1 << 20), 10);
    recent.append(entries(2, 11, 30), 1);
    assertThat(recent.get(10, 20, 1000)).isNull();
    assertThat(recent.get(11, 13, Long.MAX_VALUE)).hasToString("[11@2, 12@2, 13@2]");
    assertThat(recent.get(39, 99, Long.MAX_VALUE)).hasToString("[39@2, 40@2]");
    assertThat(recent.get(20, 40, 3 * WEIGHT)).hasSize(3);
    assertThat(recent.get(20, 40, 1)).hasSize(1);
    assertThat(recent.get(41, 41, 1)).isNull();
    assertThat(recent.getAll(10, 20)).isEmpty();
    assertThat(recent.getAll(11, 40)).hasSize(30);
  }

  @Test
  void whatIsNotDurableStaysWhateverTheBudget() {
    EntryBudget budget = new EntryBudget(0);
    RecentEntries recent = new RecentEntries(budget, 0);
    for (int i = 0; i < 100; i++) {
      recent.append(entries(1, 1 + 10L * i, 10), i + 1);
    }
    assertThat(recent.getAll(1, 1000)).hasSize(1000);
    recent.durable(60, 600);
    recent.append(entries(1, 1001, 1), 101);
    assertThat(recent.get(600, 600, 1)).isNull();
    assertThat(recent.getAll(601, 1001)).hasSize(401);
    assertThat(budget.usedBytes()).isEqualTo(401 * WEIGHT);
  }

  @Test
  void anOldSyncSaysNothingOfTheEntriesThatReplacedWhatItKept() {
    RecentEntries recent = new RecentEntries(new EntryBudget(0), 0);
    recent.append(entries(1, 1, 10), 1);
    recent.append(entries(2, 5, 2), 2);
    recent.durable(1, 10);
    recent.evictUpTo(10);
    assertThat(recent.getAll(5, 6)).hasToString("[5@2, 6@2]");
    assertThat(recent.get(4, 4, 1)).isNotNull();
    recent.durable(2, 6);
    recent.evictUpTo(10);
    assertThat(recent.get(6, 6, 1)).isNull();
  }

  @Test
  void anOverwriteOfWhatWasEvictedStartsAnew() {
    EntryBudget budget = new EntryBudget(1 << 20);
    RecentEntries recent = new RecentEntries(budget, 0);
    recent.append(entries(1, 1, 10), 1);
    recent.durable(1, 10);
    recent.evictUpTo(6);
    recent.append(entries(2, 3, 2), 2);
    assertThat(recent.getAll(3, 4)).hasToString("[3@2, 4@2]");
    assertThat(recent.get(5, 9, 1)).isNull();
    assertThat(recent.lastOnDisk()).isEqualTo(2);
    assertThat(budget.usedBytes()).isEqualTo(2 * WEIGHT);
  }

  @Test
  void aWindowIsThereUntilItWasOfferedAndGoesWithAnOverwrite() {
    EntryBudget budget = new EntryBudget(0);
    RecentEntries recent = new RecentEntries(budget, 100);
    recent.addWindow(entries(1, 20, 10));
    assertThat(recent.get(25, 40, Long.MAX_VALUE)).hasSize(5);
    assertThat(recent.get(25, 26, Long.MAX_VALUE)).hasSize(2);
    recent.offered();
    assertThat(recent.get(25, 40, Long.MAX_VALUE)).isNull();
    recent.addWindow(entries(1, 20, 10));
    long replacements = recent.replacements();
    recent.append(entries(2, 29, 1), 1);
    assertThat(recent.replacements()).isGreaterThan(replacements);
    assertThat(recent.get(20, 20, 1)).isNull();
    assertThat(budget.usedBytes()).isEqualTo(WEIGHT);
  }

  @Test
  void windowsThatMadeRoomForOthersAreLetGo() {
    EntryBudget budget = new EntryBudget(1 << 20);
    RecentEntries recent = new RecentEntries(budget, 10_000);
    for (int first = 1; first <= 100; first++) {
      recent.addWindow(entries(1, first, 10));
      recent.offered();
    }
    assertThat(budget.waiting()).isEqualTo(4);
    assertThat(budget.usedBytes()).isEqualTo(4 * 10 * WEIGHT);
    recent.clear();
    assertThat(budget.waiting()).isZero();
    assertThat(budget.usedBytes()).isZero();
  }

  @Test
  void theBudgetIsSharedAndTheOldestGoesFirst() {
    EntryBudget budget = new EntryBudget(200_000);
    List<RecentEntries> groups = new ArrayList<>();
    for (int g = 0; g < 4; g++) {
      groups.add(new RecentEntries(budget, 0));
    }
    Random random = new Random(7);
    long[] last = new long[4];
    for (int ticket = 1; ticket < 2000; ticket++) {
      int group = random.nextInt(4);
      int count = 1 + random.nextInt(20);
      groups.get(group).append(entries(1, last[group] + 1, count), ticket);
      last[group] += count;
      groups.get(group).durable(ticket, last[group]);
      assertThat(budget.usedBytes()).isLessThan(200_000 + 64 * 1024 + 20 * WEIGHT);
    }
    for (int g = 0; g < 4; g++) {
      assertThat(groups.get(g).get(last[g], last[g], 1)).isNotNull();
      groups.get(g).clear();
    }
    assertThat(budget.usedBytes()).isZero();
  }
}
