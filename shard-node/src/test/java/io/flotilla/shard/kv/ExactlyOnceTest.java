package io.flotilla.shard.kv;

import static io.flotilla.shard.kv.Operations.increment;
import static io.flotilla.shard.kv.Operations.put;
import static io.flotilla.shard.kv.ShardUnderTest.entry;
import static io.flotilla.shard.kv.ShardUnderTest.write;
import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.proto.kv.Put;
import io.flotilla.proto.kv.Result;
import io.flotilla.proto.kv.WriteEntry;
import io.flotilla.proto.kv.WriteReply;
import io.flotilla.raft.port.StorageException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ExactlyOnceTest {
  @TempDir Path directory;
  private ShardUnderTest shard;

  @BeforeEach
  void open() throws StorageException {
    shard = new ShardUnderTest(directory);
  }

  @AfterEach
  void close() throws StorageException {
    shard.close();
  }

  @Test
  void aRetryIsAnsweredFromTheRecordAlsoAfterARestart() throws Exception {
    Result first = shard.run(1, increment("n", 1));
    shard.run(2, increment("n", 1));
    assertThat(shard.run(1, increment("n", 1))).isEqualTo(first); // not the latest one's answer
    shard.restart();
    assertThat(shard.run(1, increment("n", 1))).isEqualTo(first);
    assertThat(shard.run(3, increment("n", 1)).getNumber()).isEqualTo(3);
  }

  /**
   * A retry may come together with what it repeats: nothing of it is on disk yet, nor in the state.
   */
  @Test
  void aRetryInTheSameRoundOrEntryIsAnsweredFromTheRecordToo() throws Exception {
    WriteEntry twice =
        entry(1, 0)
            .addWrites(write(1, increment("n", 1)))
            .addWrites(write(1, increment("n", 1)))
            .build();
    assertThat(shard.runTogether(List.of(twice, twice)))
        .flatExtracting(WriteReply::getResultsList)
        .extracting(Result::getNumber)
        .containsExactly(1L, 1L, 1L, 1L);
    assertThat(shard.run(2, increment("n", 1)).getNumber()).isEqualTo(2);
  }

  @Test
  void clientsThatShareHalfOfTheirNumberAreNotOne() throws Exception {
    long[][] clients = {{1, 1}, {0, 1}, {1, 0}, {2, 1}};
    for (int round = 0; round < 2; round++) {
      for (int i = 0; i < clients.length; i++) {
        WriteEntry.Builder entry = entry(clients[i][1], 0).setClientHigh(clients[i][0]);
        Result result = shard.run(entry.addWrites(write(1, increment("n", 1)))).get(0);
        assertThat(result.getNumber()).isEqualTo(i + 1L);
      }
      shard.restart();
    }
  }

  @Test
  void aNumberThatNeverRanIsNoDuplicate() throws Exception {
    shard.run(5, increment("n", 1));
    assertThat(shard.run(3, increment("n", 1)).getNumber()).isEqualTo(2);
  }

  @Test
  void aFailedConditionIsAnAnswerToo() throws Exception {
    assertThat(shard.run(1, put("k", "v", Put.Condition.IF_PRESENT, false)).getStatus())
        .isEqualTo(Result.Status.CONDITION_FAILED);
    shard.run(2, put("k", "v"));
    assertThat(shard.run(1, put("k", "v", Put.Condition.IF_PRESENT, false)).getStatus())
        .isEqualTo(Result.Status.CONDITION_FAILED);
  }

  @Test
  void acknowledgedRecordsGoAndTheirRetriesStayRefused() throws Exception {
    for (int seq = 1; seq <= 5; seq++) {
      shard.run(seq, increment("n", 1));
    }
    assertThat(records()).isEqualTo(5);
    shard.run(entry(1, 6).addWrites(write(6, increment("n", 1))));
    assertThat(records()).isEqualTo(1);
    for (int round = 0; round < 2; round++) {
      // A copy that lingered in the network says what was true when it was sent.
      assertThat(shard.run(4, increment("n", 1)).getStatus())
          .isEqualTo(Result.Status.SESSION_EXPIRED);
      shard.restart();
    }
    assertThat(shard.run(7, increment("n", 1)).getNumber()).isEqualTo(7);
  }

  @Test
  void aRetryAfterItsLastMomentIsRefused() throws Exception {
    shard.run(entry(1, 0).setNotAfterMillis(100).addWrites(write(1, increment("n", 1))));
    shard.run(
        entry(2, 0).setLogTimeMillis(101).addWrites(write(1, increment("n", 1)))); // log time moves
    // The next leader's clock is behind: log time is not.
    Result late =
        shard
            .run(
                entry(1, 0)
                    .setLogTimeMillis(50)
                    .setNotAfterMillis(100)
                    .addWrites(write(1, increment("n", 1))))
            .get(0);
    assertThat(late.getStatus()).isEqualTo(Result.Status.SESSION_EXPIRED);
    assertThat(records()).isEqualTo(1); // client 2's
    shard.restart();
    assertThat(shard.run(entry(2, 0).addWrites(write(2, increment("n", 1)))).get(0).getNumber())
        .isEqualTo(3);
  }

  @Test
  void aLeaderWhoseClockIsYearsAheadTakesNobodyThere() throws Exception {
    long farAhead = ShardUnderTest.LATER * 1000;
    Result first = shard.run(1, increment("n", 1));
    WriteEntry.Builder stamped = entry(2, 0).setLogTimeMillis(farAhead);
    assertThat(shard.run(stamped.addWrites(write(1, increment("n", 1)))).get(0).getStatus())
        .isEqualTo(Result.Status.SESSION_EXPIRED);
    shard.restart();
    assertThat(shard.run(1, increment("n", 1))).as("its record is there").isEqualTo(first);
    assertThat(shard.run(2, increment("n", 1)).getNumber()).isEqualTo(2);
  }

  @Test
  void aForgottenNumberOutlivesTheRecordThatForgotIt() throws Exception {
    shard.run(entry(1, 0).setNotAfterMillis(1000).addWrites(write(1, increment("n", 1))));
    // Shorter-lived, it deletes the record of 1 and must be remembered as long as a copy of 1 may
    // come.
    shard.run(entry(1, 2).setNotAfterMillis(500).addWrites(write(2, increment("n", 1))));
    shard.run(entry(2, 0).setLogTimeMillis(600).addWrites(write(1, increment("n", 1))));
    shard.restart();
    Result copy =
        shard
            .run(
                entry(1, 0)
                    .setLogTimeMillis(700)
                    .setNotAfterMillis(1000)
                    .addWrites(write(1, increment("n", 1))))
            .get(0);
    assertThat(copy.getStatus()).isEqualTo(Result.Status.SESSION_EXPIRED);
  }

  @Test
  void expiryIsBoundedPerEntryAndComplete() throws Exception {
    for (int client = 10; client < 210; client++) {
      shard.run(entry(client, 0).setNotAfterMillis(100).addWrites(write(1, put("k", "v"))));
    }
    assertThat(records()).isEqualTo(200);
    shard.run(entry(1, 0).setLogTimeMillis(101).addWrites(write(1, put("k", "v"))));
    assertThat(records()).isEqualTo(200 - 64 + 1);
    shard.restart();
    for (int seq = 2; seq < 5; seq++) {
      shard.run(entry(1, seq).setLogTimeMillis(101).addWrites(write(seq, put("k", "v"))));
    }
    assertThat(records()).isEqualTo(1);
  }

  private long records() throws Exception {
    return shard.dump().keySet().stream().filter(key -> key.startsWith("44")).count();
  }
}
