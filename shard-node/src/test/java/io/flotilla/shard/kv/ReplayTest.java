package io.flotilla.shard.kv;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.flotilla.proto.kv.KeyValue;
import io.flotilla.proto.kv.Result;
import io.flotilla.proto.kv.ScanReply;
import io.flotilla.proto.kv.WriteEntry;
import io.flotilla.proto.kv.WriteReply;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A restart at any point replays to the same state, and each write takes effect at most once. */
class ReplayTest {
  @TempDir Path directory;

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void answersAndStateAreTheModelsWhateverCrashes(long seed) throws Exception {
    RandomEntries entries = new RandomEntries(seed);
    Random random = new Random(seed);
    KvModel model = new KvModel();
    Path undisturbedAt = directory.resolve("undisturbed");
    try (ShardUnderTest crashing = new ShardUnderTest(directory.resolve("crashing"));
        ShardUnderTest undisturbed = new ShardUnderTest(undisturbedAt)) {
      long replayed = 0;
      for (int step = 0; step < 300; step++) {
        List<WriteEntry> round = new ArrayList<>();
        for (int i = random.nextInt(4); i >= 0; i--) {
          round.add(entries.next());
        }
        List<WriteReply> replies = crashing.runTogether(round);
        assertThat(undisturbed.runTogether(round)).isEqualTo(replies);
        for (int i = 0; i < round.size(); i++) {
          assertThat(essence(replies.get(i).getResultsList()))
              .as("seed %d, step %d, entry %s", seed, step, round.get(i))
              .isEqualTo(essence(model.apply(round.get(i))));
        }
        replayed += disturb(crashing, random);
      }
      assertThat(replayed).isPositive();
      assertThat(crashing.dump()).isEqualTo(undisturbed.dump());
      assertThat(data(crashing)).isEqualTo(model.data);
    }
  }

  @Test
  void aCopyOfTheLiveFilesIsAPrefixAndTheLogHoldsTheRest() throws Exception {
    RandomEntries entries = new RandomEntries(99);
    try (ShardUnderTest shard = new ShardUnderTest(directory.resolve("live"))) {
      for (int i = 0; i < 500; i++) {
        shard.runTogether(List.of(entries.next()));
        if (i == 200) {
          shard.store.flush();
        }
      }
      Path copy = directory.resolve("copy");
      copyFiles(directory.resolve("live"), copy);
      try (KvStore crashed = KvStore.open(copy, KvStoreConfig.DEFAULT)) {
        KvStateMachine machine = KvStateMachine.open(crashed, ShardUnderTest.ID, shard.generation);
        assertThat(machine.appliedIndex()).isEqualTo(201);
        try (KvRound round = crashed.newRound()) {
          machine.apply(shard.log().subList(201, 500), round);
          round.commit();
        }
        assertThat(ShardUnderTest.dump(crashed, shard.generation)).isEqualTo(shard.dump());
      }
    }
  }

  @Test
  void aKilledStoreKeepsWhatWasFlushedAndGivesItsLockBack() throws Exception {
    try (ShardUnderTest shard = new ShardUnderTest(directory)) {
      shard.run(1, Operations.put("k", "1"));
      shard.store.flush();
      shard.run(2, Operations.put("k", "2"));
      assertThat(shard.crashAndReplay()).isEqualTo(1);
      shard.restart();
      assertThat(shard.machine.appliedIndex()).isEqualTo(2); // an orderly end flushes
    }
  }

  private static long disturb(ShardUnderTest shard, Random random) throws Exception {
    switch (random.nextInt(25)) {
      case 0 -> shard.store.flush();
      case 1 -> {
        return shard.crashAndReplay();
      }
      case 2 -> shard.restart();
      default -> {}
    }
    return 0;
  }

  /** Results without the wording of refusals. */
  private static List<Result> essence(List<Result> results) {
    List<Result> essence = new ArrayList<>();
    for (Result result : results) {
      Result.Builder one = result.toBuilder().clearMessage();
      if (result.getStatus() == Result.Status.OK) {
        essence.add(one.build());
      } else {
        essence.add(one.clearResults().build());
      }
    }
    return essence;
  }

  private static Map<ByteString, ByteString> data(ShardUnderTest shard) throws Exception {
    ScanReply all =
        shard
            .machine
            .reads(ShardUnderTest.VERSION)
            .scan(
                new KvReads.Scan(
                    KeyRange.of(shard.machine.shard()), false, 1000, 1 << 20, false, false, 0));
    assertThat(all.getMore()).isFalse();
    Map<ByteString, ByteString> data = new HashMap<>();
    for (KeyValue pair : all.getPairsList()) {
      data.put(pair.getKey(), pair.getValue());
    }
    return data;
  }

  private static void copyFiles(Path from, Path to) throws IOException {
    Files.createDirectory(to);
    try (Stream<Path> files = Files.list(from)) {
      for (Path file : files.toList()) {
        Files.copy(file, to.resolve(file.getFileName()));
      }
    }
  }
}
