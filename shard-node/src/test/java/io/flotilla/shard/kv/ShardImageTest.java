package io.flotilla.shard.kv;

import static io.flotilla.shard.kv.Operations.increment;
import static io.flotilla.shard.kv.Operations.put;
import static io.flotilla.shard.kv.ShardUnderTest.entry;
import static io.flotilla.shard.kv.ShardUnderTest.key;
import static io.flotilla.shard.kv.ShardUnderTest.write;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.flotilla.proto.kv.Result;
import io.flotilla.proto.map.Shard;
import io.flotilla.raft.core.Entry;
import io.flotilla.raft.port.ImageException;
import io.flotilla.raft.port.SnapshotFile;
import io.flotilla.raft.port.StateImage;
import io.flotilla.raft.port.StorageException;
import io.flotilla.raft.state.Generation;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What an image has to be to become a shard, and what it brings along. */
class ShardImageTest {
  @TempDir Path directory;
  private ShardUnderTest source;
  private ShardUnderTest target;

  @BeforeEach
  void open() throws Exception {
    source = new ShardUnderTest(directory.resolve("source"));
    target = new ShardUnderTest(directory.resolve("target"));
  }

  @AfterEach
  void close() throws Exception {
    source.close();
    target.close();
  }

  /** Loads what the source is now, as the target's next state. */
  private long load() throws Exception {
    return load(source.machine.image());
  }

  private long load(StateImage image) throws Exception {
    Path to = Files.createTempDirectory(directory, "image");
    try (image) {
      List<SnapshotFile> files = image.writeTo(to);
      return target.machine.load(to, files);
    }
  }

  private void install() throws Exception {
    long generation = load();
    target.machine.adopt(generation);
    target.generation = generation;
    target.log().clear();
    target.log().addAll(source.log());
  }

  private void plant(byte[] key, byte[] value) throws StorageException {
    try (KvRound round = source.store.newRound()) {
      round.put(key, value);
      round.commit();
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aRetryAfterAnInstallIsNotExecuted(boolean afterACrash) throws Exception {
    Result first = source.run(1, increment("n", 1));
    source.run(2, increment("n", 1));
    Result acked = source.run(entry(2, 0).addWrites(write(1, increment("n", 1)))).get(0);
    source.run(entry(2, 2).addWrites(write(2, increment("n", 1))));
    target.run(1, put("other", "state"));
    install();
    if (afterACrash) {
      target.store.kill();
      target.reopen();
    }
    assertThat(target.run(1, increment("n", 1))).isEqualTo(first);
    assertThat(target.run(entry(2, 0).addWrites(write(1, increment("n", 1)))).get(0).getStatus())
        .as("acknowledged as " + acked)
        .isEqualTo(Result.Status.SESSION_EXPIRED);
    assertThat(target.run(3, increment("n", 1)).getNumber()).isEqualTo(5);
  }

  @Test
  void logTimeDoesNotGoBackAtAnInstall() throws Exception {
    source.run(entry(1, 0).setLogTimeMillis(500).addWrites(write(1, increment("n", 1))));
    install();
    assertThat(
            target
                .run(entry(2, 0).setNotAfterMillis(499).addWrites(write(1, increment("n", 1))))
                .get(0)
                .getStatus())
        .isEqualTo(Result.Status.SESSION_EXPIRED);
  }

  @Test
  void keysOfTheOldStateDoNotComeBack() throws Exception {
    target.run(1, put("old", "1"));
    source.append(Entry.Kind.NO_OP, new byte[0]);
    install();
    assertThat(
            target
                .machine
                .reads(ShardUnderTest.VERSION)
                .get(List.of(key("old")), 100)
                .getValues(0)
                .hasValue())
        .isFalse();
    target.store.sweep();
    target.store.flush();
    target.restart();
    assertThat(
            target
                .machine
                .reads(ShardUnderTest.VERSION)
                .get(List.of(key("old")), 100)
                .getValues(0)
                .hasValue())
        .isFalse();
  }

  /** The source takes its range for larger than its descriptor on disk says: "f" up to "p". */
  private void narrow() throws StorageException {
    Shard narrower =
        ShardUnderTest.descriptor().toBuilder().setStart(key("f")).setEnd(key("p")).build();
    byte[] descriptor = KvKeys.descriptor(source.generation, ShardUnderTest.ID);
    plant(descriptor, narrower.toByteArray());
  }

  @ParameterizedTest
  @ValueSource(strings = {"e", "p", "q"})
  void keysOfAnotherRangeAreRefused(String stray) throws Exception {
    source.run(1, put("k", "1"));
    byte[] bytes = key(stray).toByteArray();
    plant(KvKeys.data(source.generation, bytes), new byte[1]);
    narrow();
    assertRefused("a key is outside of the shard's range");
  }

  @ParameterizedTest
  @ValueSource(strings = {"e", "p"})
  void completionsOfAnotherRangeAreRefused(String stray) throws Exception {
    source.run(1, put("k", "1"));
    byte[] record = new Completion(1, 0, 1, ByteString.EMPTY).encode();
    byte[] bytes = key(stray).toByteArray();
    plant(KvKeys.completion(source.generation, bytes, new ClientId(0, 1), 1), record);
    narrow();
    assertRefused("a key is outside of the shard's range");
  }

  @Test
  void recordsThatNoShardHasAreRefused() throws Exception {
    source.run(1, put("k", "1"));
    byte[] unknown = KvKeys.descriptor(source.generation, ShardUnderTest.ID);
    unknown[unknown.length - 1] = 99;
    plant(unknown, new byte[1]);
    assertRefused("a record of kind 77");
  }

  /** Whoever shares the generation: what is said of it would go on beside the shard, for ever. */
  @Test
  void recordsOfAnotherShardAreRefused() throws Exception {
    source.run(1, put("k", "1"));
    long other = ShardUnderTest.ID - 1; // before the shard's own, which would be the last word
    plant(KvKeys.progress(source.generation, other), new Progress(1, 0).encode());
    Generation shared = source.machine.state().generation();
    StateImage whole = source.store.generations().image(shared, view -> 1);
    assertThatThrownBy(() -> load(whole))
        .isInstanceOf(ImageException.class)
        .hasMessageEndingWith("it is of shard 6, not of 7");
    assertThat(target.machine.appliedIndex()).isZero();
  }

  @Test
  void theDescriptorOfAnotherShardIsRefused() throws Exception {
    source.run(1, put("k", "1"));
    byte[] descriptor = KvKeys.descriptor(source.generation, ShardUnderTest.ID);
    plant(descriptor, ShardUnderTest.descriptor().toBuilder().setId(8).build().toByteArray());
    assertRefused("it is of shard 8, not of 7");
  }

  @Test
  void aShardThatHasAppliedNothingHasNoImage() {
    assertRefused("it is no image of a shard that has applied anything");
  }

  private void assertRefused(String why) {
    assertThatThrownBy(this::load).isInstanceOf(ImageException.class).hasMessageContaining(why);
    assertThat(target.machine.appliedIndex()).isZero();
  }

  /** Between finding the state and viewing it, it may have been replaced. */
  @Test
  void aReadThatFindsAReplacedStateLooksAgain() throws Exception {
    source.run(1, put("k", "new"));
    target.run(1, put("k", "old"));
    ShardState old = target.machine.state();
    install();
    ArrayDeque<ShardState> found = new ArrayDeque<>(List.of(old, target.machine.state()));
    KvReads reads =
        new KvReads(
            () -> found.size() > 1 ? found.remove() : found.getFirst(), ShardUnderTest.VERSION);
    assertThat(reads.get(List.of(key("k")), 100).getValues(0).getValue().toStringUtf8())
        .isEqualTo("new");
  }

  @Test
  void aShardThatIsNoMoreCannotBeReadAndGoes() throws Exception {
    target.run(1, put("k", "old"));
    target.machine.retire();
    assertThatThrownBy(
            () -> target.machine.reads(ShardUnderTest.VERSION).get(List.of(key("k")), 100))
        .isInstanceOf(ShardGoneException.class)
        .hasMessage("shard 7 is no longer here");
    target.store.sweep();
    assertThat(target.store.found()).isEmpty();
  }

  /** It was about to become the state, and the log that may have named it is gone. */
  @Test
  void whatWasLoadedForAShardThatIsNoMoreGoesWithIt() throws Exception {
    source.run(1, put("k", "new"));
    target.run(1, put("k", "old"));
    long loaded = load();
    target.machine.retire();
    target.store.sweep();
    assertThat(target.store.found()).isEmpty();
    target.machine.discard(loaded); // whoever held it may say so as well
  }
}
