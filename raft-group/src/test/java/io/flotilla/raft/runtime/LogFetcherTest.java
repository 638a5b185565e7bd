package io.flotilla.raft.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.raft.core.Entry;
import io.flotilla.raft.core.GroupId;
import io.flotilla.raft.core.ReplicaId;
import io.flotilla.raft.port.DamagedLogException;
import io.flotilla.raft.port.LogStore;
import io.flotilla.raft.port.LogWrite;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class LogFetcherTest {
  private static final GroupId GROUP = new GroupId(1);

  private final ManualLog log = new ManualLog();
  private final LogFetcher fetcher = new LogFetcher("fetch", log);
  private final AtomicInteger told = new AtomicInteger();
  private final LogFetcher.Fetch fetch = new LogFetcher.Fetch(GROUP, told::incrementAndGet);
  private final RecentEntries recent = new RecentEntries(new EntryBudget(1 << 20), 10);

  private static Entry entry(long term, long index) {
    return new Entry(index, term, Entry.Kind.COMMAND, new byte[1]);
  }

  private void keepOnDisk() {
    List<Entry> entries = List.of(entry(1, 8), entry(1, 9), entry(1, 10));
    log.append(List.of(LogWrite.of(GROUP, Optional.empty(), entries)), () -> {});
    log.makeAllDurable();
  }

  @Test
  void whatIsAskedForIsReadOnceAndDelivered() throws Exception {
    keepOnDisk();
    fetch.ask(fetcher, 8, 10, 1000, recent.replacements());
    fetch.ask(fetcher, 9, 10, 1000, recent.replacements());
    assertThat(fetch.deliver(recent, 1)).isFalse();
    assertThat(fetcher.turn()).isEqualTo(1);
    assertThat(fetcher.turn()).isZero();
    assertThat(told).hasValue(1);
    assertThat(fetch.deliver(recent, 1)).isTrue();
    assertThat(recent.get(8, 10, 1000)).hasToString("[8@1, 9@1, 10@1]");
    assertThat(fetch.deliver(recent, 1)).isFalse();
  }

  @Test
  void whatWasReplacedMeanwhileIsNotDelivered() throws Exception {
    keepOnDisk();
    fetch.ask(fetcher, 8, 10, 1000, recent.replacements());
    fetcher.turn();
    recent.append(List.of(entry(2, 9)), 1);
    assertThat(fetch.deliver(recent, 1))
        .as("there is news, though not what was hoped for")
        .isTrue();
    assertThat(recent.get(8, 8, 1000)).isNull();
    assertThat(recent.get(9, 10, 1000)).hasToString("[9@2]");
    fetch.ask(fetcher, 8, 8, 1000, recent.replacements());
    fetcher.turn();
    fetch.deliver(recent, 1);
    assertThat(recent.get(8, 8, 1000)).hasToString("[8@1]");
  }

  @Test
  void whatWasReplacedBySomethingShorterBeforeItWasReadIsNoFailure() throws Exception {
    keepOnDisk();
    fetch.ask(fetcher, 10, 10, 1000, recent.replacements());
    recent.append(List.of(entry(2, 9)), 1);
    log.append(List.of(LogWrite.of(GROUP, Optional.empty(), List.of(entry(2, 9)))), () -> {});
    log.makeAllDurable();
    fetcher.turn();
    assertThat(fetch.deliver(recent, 1)).isTrue();
    assertThat(recent.get(9, 9, 1000)).hasToString("[9@2]");
  }

  @Test
  void whatWasReadBeforeTheLogBeganAnewIsNotDelivered() throws Exception {
    keepOnDisk();
    fetch.ask(fetcher, 8, 10, 1000, recent.replacements());
    fetcher.turn();
    recent.restart(7, 1);
    assertThat(fetch.deliver(recent, 8)).isTrue();
    assertThat(recent.get(8, 10, 1000)).isNull();
  }

  @Test
  void whatWasCutAfterItWasReadIsNotDelivered() throws Exception {
    keepOnDisk();
    fetch.ask(fetcher, 8, 10, 1000, recent.replacements());
    fetcher.turn();
    assertThat(fetch.deliver(recent, 11)).isTrue();
    assertThat(recent.get(8, 10, 1000)).isNull();
  }

  /** A leader's log is cut while what a follower lacks waits for the disk. */
  @Test
  void whatWasCutBeforeItWasReadIsNoFailure() throws Exception {
    keepOnDisk();
    fetch.ask(fetcher, 11, 11, 1000, recent.replacements());
    fetcher.turn();
    assertThat(fetch.deliver(recent, 12)).isTrue();
  }

  @Test
  void whatIsGoneAlthoughNobodyReplacedItStopsTheReplica() throws Exception {
    keepOnDisk();
    fetch.ask(fetcher, 11, 11, 1000, recent.replacements());
    fetcher.turn();
    assertThatThrownBy(() -> fetch.deliver(recent, 1))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("no entry 11");
  }

  @Test
  void whatIsDamagedStopsTheReplicaAndNotTheFetcher() throws Exception {
    keepOnDisk();
    log.damaged().put(GROUP, new LogStore.DamagedLog(new ReplicaId(1), "broken"));
    fetch.ask(fetcher, 8, 10, 1000, recent.replacements());
    assertThat(fetcher.turn()).isEqualTo(1);
    assertThat(told).hasValue(1);
    assertThatThrownBy(() -> fetch.deliver(recent, 1))
        .isInstanceOf(IllegalStateException.class)
        .hasRootCauseInstanceOf(DamagedLogException.class);
  }
}
