package io.flotilla.raft.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.raft.core.GroupId;
import io.flotilla.raft.port.LogStore;
import io.flotilla.raft.port.LogStoreCutsContract;
import io.flotilla.raft.port.LogWrite;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** The simulated logs keep what the real ones keep. */
class SimLogStoreTest extends LogStoreCutsContract {
  private final SimClock clock = new SimClock();
  private SimPlatter platter = new SimPlatter();

  @Override
  protected LogStore open() {
    Faults.Disk disk = new Faults.Disk(10, 1_000, 0.1, 10_000);
    return new SimLogStore(clock, new Chance(1), () -> disk, platter, failures::add);
  }

  @Override
  protected LogStore reopen(LogStore store) throws Exception {
    store.close();
    return open();
  }

  @Override
  protected LogStore crash(LogStore store) {
    ((SimLogStore) store).crash();
    return open();
  }

  @Override
  protected void settle(LogStore store, AtomicInteger durable, int count) {
    clock.runUntil(Long.MAX_VALUE, () -> durable.get() == count);
  }

  @Override
  protected void eachCrash(LogStore store, List<LogWrite> writes, Look look) throws Exception {
    SimPlatter before = platter.copy();
    for (int kept = 0; kept <= 1; kept++) {
      platter = before.copy();
      SimLogStore here = (SimLogStore) open();
      here.append(writes, () -> {});
      here.crash(kept);
      look.at(open());
    }
  }

  @Override
  protected LogStore reopenWithoutEnd(LogStore store) throws Exception {
    store.close();
    platter.forget();
    return open();
  }

  @Override
  protected LogStore reopenBroken(LogStore store, GroupId group) throws Exception {
    store.close();
    platter.damage(group);
    return open();
  }

  @Test
  void aDiskThatHangsKeepsEverybodyWaitingUntilItGetsOn() {
    SimLogStore store = (SimLogStore) open();
    AtomicInteger durable = new AtomicInteger();
    store.append(List.of(creation(GROUP)), durable::incrementAndGet);
    store.hang();
    store.append(List.of(append(GROUP, entries(1, 1, 1))), durable::incrementAndGet);
    clock.runUntil(clock.nowMicros() + 1_000_000, () -> false);
    assertThat(durable).hasValue(0);
    assertThat(store.firstUnsynced()).isEqualTo(1);
    store.getsOn();
    settle(store, durable, 2);
    assertThat(store.firstUnsynced()).isZero();
    assertThat(platter.log(GROUP).lastIndex()).isEqualTo(1);
  }
}
