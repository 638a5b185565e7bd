package io.flotilla.shard.kv;

import static io.flotilla.shard.kv.Operations.increment;
import static io.flotilla.shard.kv.ShardUnderTest.entry;
import static io.flotilla.shard.kv.ShardUnderTest.write;
import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.proto.kv.Result;
import io.flotilla.proto.kv.Result.Status;
import io.flotilla.proto.kv.WriteEntry;
import io.flotilla.session.Session;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** More clients than a shard remembers, each of which writes once and goes. */
class ManyClientsTest {
  private static final long NOW = 1_000_000_000;
  private static final long MINUTE = 60_000;
  private static final int MAX = Sessions.CLIENTS_MAX;

  @TempDir Path directory;
  private ShardUnderTest shard;

  @BeforeEach
  void open() throws Exception {
    shard = new ShardUnderTest(directory);
  }

  @AfterEach
  void close() throws Exception {
    shard.close();
  }

  private static WriteEntry.Builder by(long client, long sentMillis, long nowMillis) {
    return entry(client, 0)
        .setLogTimeMillis(nowMillis)
        .setNotAfterMillis(Session.notAfterMillis(sentMillis))
        .addWrites(write(1, increment("n", 1)));
  }

  private Result run(long client, long sentMillis, long nowMillis) throws Exception {
    return shard.run(by(client, sentMillis, nowMillis)).get(0);
  }

  /** Clients from 1 on, the first half of them an hour before the others. */
  private void fill() throws Exception {
    fill(NOW + 60 * MINUTE);
  }

  private void fill(long second) throws Exception {
    for (int from = 1; from <= MAX; from += 1024) {
      long at = from <= MAX / 2 ? NOW : second;
      List<WriteEntry> some = new ArrayList<>();
      for (int client = from; client < from + 1024; client++) {
        some.add(by(client, at, at).build());
      }
      shard.runTogether(some);
    }
    assertThat(clients()).isEqualTo(MAX);
  }

  private long clients() throws Exception {
    return shard.dump().keySet().stream().filter(key -> key.startsWith("44")).count();
  }

  @Test
  void theOneThatHasWrittenLeastRecentlyEndsForOneMore() throws Exception {
    fill();
    long now = NOW + 61 * MINUTE;
    assertThat(run(1, NOW, now).getNumber()).as("all are remembered").isEqualTo(1);
    assertThat(run(MAX + 1, now, now).getNumber()).isEqualTo(MAX + 1);
    for (boolean restarted : new boolean[] {false, true}) {
      assertThat(clients()).isLessThanOrEqualTo(MAX);
      assertThat(run(1, NOW, now).getStatus())
          .as("restarted: %s", restarted)
          .isEqualTo(Status.SESSION_EXPIRED);
      assertThat(run(MAX / 2, NOW, now).getStatus())
          .as("its record may still be there")
          .isEqualTo(Status.SESSION_EXPIRED);
      assertThat(run(MAX, NOW + 60 * MINUTE, now).getNumber()).isEqualTo(MAX);
      assertThat(run(MAX + 1, now, now).getNumber()).isEqualTo(MAX + 1);
      shard.restart();
    }
    assertThat(run(1, now, now).getNumber()).as("another write of it").isEqualTo(MAX + 2);
  }

  @Test
  void nobodyEndsWithinMinutesAndWhoIsKnownGoesOn() throws Exception {
    fill();
    long soon = NOW + 65 * MINUTE;
    int client = MAX + 1;
    long number = MAX;
    for (int i = 0; i < MAX; i++) { // until all of an hour ago have gone
      if (clientsAfter(client, soon).getStatus() == Status.OVERLOADED) {
        break;
      }
      number++;
      client++;
    }
    assertThat(number).isEqualTo(MAX + MAX / 2);
    assertThat(clients()).isEqualTo(MAX);
    Result known = shard.run(later(MAX, soon)).get(0);
    assertThat(known.getNumber()).isEqualTo(number + 1);
    assertThat(run(client, soon, soon).getStatus()).isEqualTo(Status.OVERLOADED);
    assertThat(run(MAX - 1, NOW + 60 * MINUTE, soon).getNumber()).isEqualTo(MAX - 1);
    long later = NOW + 72 * MINUTE;
    assertThat(run(client, later, later).getNumber()).isEqualTo(number + 2);
  }

  private Result clientsAfter(int client, long now) throws Exception {
    return shard.runTogether(List.of(by(client, now, now).build())).get(0).getResults(0);
  }

  private static WriteEntry.Builder later(long client, long now) {
    return entry(client, 0)
        .setLogTimeMillis(now)
        .setNotAfterMillis(Session.notAfterMillis(now))
        .addWrites(write(2, increment("n", 1)));
  }

  @Test
  void oneWhoseClockIsAheadTakesNobodyAlong() throws Exception {
    fill(NOW);
    long ahead = NOW + 20 * 60 * MINUTE;
    assertThat(run(MAX + 1, ahead, NOW).getStatus()).as("client").isEqualTo(Status.OVERLOADED);
    assertThat(run(1, NOW, NOW).getNumber()).isEqualTo(1);
    assertThat(run(MAX + 1, NOW, ahead).getStatus()).as("leader").isEqualTo(Status.OVERLOADED);
    assertThat(run(1, NOW, NOW).getNumber()).isEqualTo(1);
    assertThat(run(MAX, NOW, ahead).getNumber()).isEqualTo(MAX);
  }

  @Test
  void whoHasEndedMakesRoom() throws Exception {
    fill();
    long now = NOW + 61 * MINUTE;
    for (int i = 1; i <= 3; i++) {
      assertThat(run(MAX + i, now, now).getStatus()).isEqualTo(Status.OK);
    }
  }

  @Test
  void whoReplaysEndsTheSame() throws Exception {
    fill();
    shard.store.flush();
    long now = NOW + 61 * MINUTE;
    for (int client = MAX + 1; client <= MAX + 100; client++) {
      run(client, now, now);
    }
    Map<String, String> before = shard.dump();
    assertThat(shard.crashAndReplay()).isEqualTo(100);
    assertThat(shard.dump()).isEqualTo(before);
  }
}
