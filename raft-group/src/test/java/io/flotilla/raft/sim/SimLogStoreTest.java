package io.flotilla.raft.sim;

import io.flotilla.raft.port.LogStore;
import io.flotilla.raft.port.LogStoreContract;
import java.util.concurrent.atomic.AtomicInteger;

/** The simulated logs keep what the real ones keep. */
class SimLogStoreTest extends LogStoreContract {
  private final SimClock clock = new SimClock();
  private final SimLogStore.Platter platter = new SimLogStore.Platter();

  @Override
  protected LogStore open() {
    Faults.Disk disk = new Faults.Disk(10, 1_000, 0.1, 10_000);
    return new SimLogStore(clock, new Chance(1), () -> disk, platter);
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
}
