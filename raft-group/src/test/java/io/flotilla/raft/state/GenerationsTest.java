package io.flotilla.raft.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.raft.port.ImageException;
import io.flotilla.raft.port.SnapshotFile;
import io.flotilla.raft.port.StateImage;
import io.flotilla.raft.port.StorageException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rocksdb.Options;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksIterator;
import org.rocksdb.WriteBatch;

/** What no state machine shows: many files, views of what is retired, closing, numbers. */
class GenerationsTest {
  private static final long FILE_BYTES = 16 << 10;
  private static final int RECORDS = 200;

  /** Takes whatever comes, as long as it is told to. */
  private static class Anything implements Generations.Records {
    @Override
    public void next(byte[] key, byte[] value) throws ImageException {}

    @Override
    public void end() throws ImageException {}
  }

  private record Defaults(Options options) implements StateOptions {
    @Override
    public void close() {
      options.close();
    }
  }

  @TempDir Path directory;
  private StateDb db;
  private Generations generations;

  @BeforeEach
  void open() throws StorageException {
    RocksDB.loadLibrary();
    db =
        StateDb.open(directory.resolve("db"), new Defaults(new Options().setCreateIfMissing(true)));
    generations = Generations.of(db, FILE_BYTES);
  }

  @AfterEach
  void close() throws StorageException {
    db.close();
  }

  private void reopen() throws StorageException {
    db.close();
    open();
  }

  private void crash() throws StorageException {
    db.kill();
    open();
  }

  /** A generation of records that do not compress. */
  private Generation filled(long seed) throws Exception {
    Generation generation = generations.allot();
    Random random = new Random(seed);
    try (WriteBatch batch = new WriteBatch()) {
      for (int i = 0; i < RECORDS; i++) {
        byte[] value = new byte[1000];
        random.nextBytes(value);
        batch.put(key(generation, i), value);
      }
      db.write(batch);
    }
    return generation;
  }

  private static byte[] key(Generation generation, int i) {
    return ByteBuffer.allocate(13).putLong(generation.number()).put((byte) 'K').putInt(i).array();
  }

  private static Map<Integer, Integer> read(StateView view) throws Exception {
    Map<Integer, Integer> all = new TreeMap<>();
    try (RocksIterator at = view.all(KeySpan.of(view.generation()))) {
      for (at.seekToFirst(); at.isValid(); at.next()) {
        all.put(ByteBuffer.wrap(at.key()).getInt(9), Arrays.hashCode(at.value()));
      }
      at.status();
    }
    return all;
  }

  private static Map<Integer, Integer> read(Generation generation) throws Exception {
    try (StateView view = generation.view()) {
      return read(view);
    }
  }

  /** Closes what it should not find: nobody closes the database under a view. */
  private static void assertRetired(Generation generation) throws StorageException {
    try (StateView later = generation.view()) {
      assertThat(later).isNull();
    }
  }

  private List<SnapshotFile> write(Generation generation, Path to) throws Exception {
    Files.createDirectory(to);
    try (StateImage image = generations.image(generation, view -> 1)) {
      return image.writeTo(to);
    }
  }

  private Generation load(Path from, List<SnapshotFile> files) throws Exception {
    Generation fresh = generations.allot();
    generations.load(fresh, from, files, new Anything());
    return fresh;
  }

  /** In files below level 0, which can be deleted though a snapshot wants them. */
  private Generation loaded(long seed) throws Exception {
    Generation from = filled(seed);
    Path image = directory.resolve("first-image");
    Generation loaded = load(image, write(from, image));
    from.retire();
    generations.sweep();
    return loaded;
  }

  private static List<String> names(Path directory) throws Exception {
    try (Stream<Path> files = Files.list(directory)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  @Test
  void aLargeStateIsARowOfFiles() throws Exception {
    Generation generation = filled(1);
    Path image = directory.resolve("image");
    List<SnapshotFile> files = write(generation, image);
    assertThat(files).hasSizeGreaterThan(RECORDS * 1000 / (int) FILE_BYTES / 2);
    for (SnapshotFile file : files.subList(0, files.size() - 1)) {
      assertThat(file.bytes()).isBetween(FILE_BYTES, 2 * FILE_BYTES);
    }
    assertThat(read(load(image, files))).hasSize(RECORDS).isEqualTo(read(generation));
    assertThat(names(image)).isEqualTo(files.stream().map(SnapshotFile::name).toList());
    long bytes = files.stream().mapToLong(SnapshotFile::bytes).sum();
    for (Generation of : List.of(generation, load(image, files))) {
      try (StateImage now = generations.image(of, view -> 1)) {
        assertThat(now.approximateBytes()).isBetween(bytes / 2, bytes * 2);
      }
    }
  }

  @Test
  void filesThatAreLeftOutOrComeInAnotherOrderAreRefused() throws Exception {
    Generation generation = filled(1);
    Path image = directory.resolve("image");
    List<SnapshotFile> files = write(generation, image);
    for (int i = 0; i < files.size(); i++) {
      List<SnapshotFile> others = new ArrayList<>(files);
      others.remove(i);
      assertRefused(image, others);
      List<SnapshotFile> twice = new ArrayList<>(files);
      twice.add(i, files.get(i));
      assertRefused(image, twice);
      List<SnapshotFile> swapped = new ArrayList<>(files);
      Collections.swap(swapped, i, (i + 1) % files.size());
      assertRefused(image, swapped);
    }
    assertThat(generations.all()).containsExactly(generation.number());
    assertThat(names(image)).hasSameSizeAs(files);
  }

  private void assertRefused(Path image, List<SnapshotFile> files) {
    assertThatThrownBy(() -> load(image, files)).isInstanceOf(ImageException.class);
  }

  @Test
  void whatItsOwnerDoesNotTakeLeavesNothing() throws Exception {
    Generation generation = filled(1);
    Path image = directory.resolve("image");
    List<SnapshotFile> files = write(generation, image);
    Generations.Records refusing =
        new Anything() {
          @Override
          public void end() throws ImageException {
            throw new ImageException("not mine");
          }
        };
    assertThatThrownBy(() -> generations.load(generations.allot(), image, files, refusing))
        .isInstanceOf(ImageException.class)
        .hasMessage("not mine");
    assertThat(generations.all()).containsExactly(generation.number());
    assertThat(names(image)).hasSameSizeAs(files);
  }

  @Test
  void anImageOfAnotherFormIsRefused() throws Exception {
    byte[] first = ByteBuffer.allocate(9).array();
    Path image = Files.createDirectory(directory.resolve("image"));
    List<SnapshotFile> files = new ArrayList<>();
    try (SstFiles to = new SstFiles(image, FILE_BYTES, db.options())) {
      to.put(first, ByteBuffer.allocate(4).putInt(2).array());
      ImageForm.writeLast(to, 0);
      files.add(GenerationImage.describe(to.finish().get(0)));
    }
    assertThatThrownBy(() -> load(image, files))
        .isInstanceOf(ImageException.class)
        .hasMessageContaining("it has format 2; this version reads 1");
  }

  @Test
  void whatACrashLeftOfALoadIsInNobodysWay() throws Exception {
    Generation generation = filled(1);
    Path image = directory.resolve("image");
    List<SnapshotFile> files = write(generation, image);
    Path left = Files.createDirectory(image.resolve("loading-" + (generation.number() + 1)));
    Files.write(left.resolve("000001.sst"), new byte[10]);
    assertThat(read(load(image, files))).isEqualTo(read(generation));
    assertThat(names(image)).hasSameSizeAs(files);
  }

  @Test
  void whoViewsARetiredGenerationSeesAllOfIt() throws Exception {
    Generation generation = loaded(1);
    Map<Integer, Integer> all = read(generation);
    try (StateView view = generation.view()) {
      generation.retire();
      generation.retire();
      generations.sweep();
      assertThat(read(view)).hasSize(RECORDS).isEqualTo(all);
      assertRetired(generation);
    }
    generations.sweep();
    assertThat(generations.all()).isEmpty();
  }

  @Test
  void anImageKeepsARetiredGenerationUntilItIsClosed() throws Exception {
    Generation generation = loaded(1);
    Map<Integer, Integer> all = read(generation);
    Path to = Files.createDirectory(directory.resolve("image"));
    List<SnapshotFile> files;
    try (StateImage image = generations.image(generation, view -> 1)) {
      generation.retire();
      generations.sweep();
      files = image.writeTo(to);
      image.close();
    }
    generations.sweep();
    assertThat(generations.all()).isEmpty();
    assertThat(read(load(to, files))).isEqualTo(all);
    assertThatThrownBy(() -> generations.image(generation, view -> 1))
        .isInstanceOf(IllegalStateException.class);
  }

  /** Of several owners of one generation. */
  @Test
  void whoLeavesAGenerationTakesHisKeysAlone() throws Exception {
    Generation one = loaded(1);
    Map<Integer, Integer> all = read(one);
    Generation other = generations.use(one.number());
    List<KeySpan> leaving = List.of(new KeySpan(key(one, 50), key(one, 150)));
    List<KeySpan> staying =
        List.of(
            new KeySpan(Generations.beginOf(one.number()), key(one, 50)),
            new KeySpan(key(one, 150), Generations.beginOf(one.number() + 1)));
    Path to = Files.createDirectory(directory.resolve("whole"));
    List<SnapshotFile> files;
    try (StateImage whole = generations.image(one, view -> 1);
        StateView view = one.view()) {
      other.retire(leaving);
      generations.sweep();
      assertRetired(other);
      assertThat(read(one)).as("from now on").hasSize(RECORDS - 100);
      assertThat(read(view)).as("to who had it in view").isEqualTo(all);
      files = whole.writeTo(to);
    }
    assertThat(read(load(to, files))).isEqualTo(all);
    generations.sweep();
    Path rest = Files.createDirectory(directory.resolve("rest"));
    try (StateImage image = generations.image(one, staying, view -> 1)) {
      files = image.writeTo(rest);
      assertThat(image.approximateBytes()).isLessThan(RECORDS * 1000 * 2 / 3);
    }
    assertThat(read(load(rest, files))).hasSize(RECORDS - 100).isEqualTo(read(one));
  }

  @Test
  void whatIsDeletedGivesItsSpaceBackOnceNobodyHasItInView() throws Exception {
    Generation one = loaded(1);
    long before = filesBytes();
    try (StateView view = one.view()) {
      one.retire();
      generations.sweep();
      assertThat(filesBytes()).isGreaterThanOrEqualTo(before);
      assertThat(read(view)).hasSize(RECORDS);
    }
    generations.sweep();
    assertThat(filesBytes()).isLessThan(before / 2);
  }

  private long filesBytes() throws Exception {
    try (Stream<Path> files = Files.list(directory.resolve("db"))) {
      return files
          .filter(file -> file.toString().endsWith(".sst"))
          .mapToLong(file -> file.toFile().length())
          .sum();
    }
  }

  @Test
  void manyMaySweepAtOnce() throws Exception {
    int sweepers = 4;
    ExecutorService threads = Executors.newFixedThreadPool(sweepers);
    try {
      for (int round = 0; round < 300; round++) {
        for (int i = 0; i < 20; i++) {
          generations.allot().retire();
        }
        List<Callable<Boolean>> sweeps =
            Collections.nCopies(
                sweepers,
                () -> {
                  generations.sweep();
                  return true;
                });
        for (Future<Boolean> sweep : threads.invokeAll(sweeps)) {
          assertThat(sweep.get()).isTrue();
        }
      }
    } finally {
      threads.shutdownNow();
    }
  }

  @Test
  void atAStartWhatIsInNoSpanIsDeletedForGood() throws Exception {
    Generation shared = filled(1);
    Generation orphan = filled(2);
    Generation whole = filled(3);
    List<KeySpan> kept =
        List.of(
            KeySpan.of(whole.number()),
            new KeySpan(key(shared, 20), key(shared, 40)),
            new KeySpan(key(shared, 5), key(shared, 20)));
    reopen();
    generations.deleteAllBut(kept);
    crash();
    assertThat(read(generations.use(shared.number())).keySet())
        .hasSize(35)
        .allMatch(i -> i >= 5 && i < 40);
    assertThat(generations.all()).doesNotContain(orphan.number());
    assertThat(read(generations.use(whole.number()))).hasSize(RECORDS);
  }

  @Test
  void anOpenImageDoesNotKeepTheDatabaseFromBeingClosed() throws Exception {
    StateImage image = generations.image(filled(1), view -> 1);
    db.close();
    Path to = Files.createDirectory(directory.resolve("image"));
    assertThatThrownBy(() -> image.writeTo(to))
        .isInstanceOf(StorageException.class)
        .hasMessage("the state is closed");
    image.close();
  }

  @Test
  void closingWaitsForALoadAndEndsIt() throws Exception {
    Path image = directory.resolve("image");
    List<SnapshotFile> files = write(filled(1), image);
    CompletableFuture<?>[] closing = {null};
    Generations.Records closer =
        new Anything() {
          @Override
          public void next(byte[] key, byte[] value) {
            if (closing[0] == null) {
              closing[0] = CompletableFuture.runAsync(GenerationsTest.this::closeUnchecked);
              while (!db.isClosing()) {
                Thread.onSpinWait();
              }
            }
          }
        };
    assertThatThrownBy(() -> generations.load(generations.allot(), image, files, closer))
        .isInstanceOf(ImageException.class)
        .hasMessageContaining("the state is closed");
    closing[0].join();
    assertThat(names(image)).hasSameSizeAs(files);
  }

  private void closeUnchecked() {
    try {
      db.close();
    } catch (StorageException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void atAStartAllThatNoLogNamesIsDeletedForGood() throws Exception {
    List<Generation> made = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      made.add(filled(i));
    }
    List<Map<Integer, Integer>> before = new ArrayList<>();
    for (Generation each : made) {
      before.add(read(each));
    }
    Set<Long> named = Set.of(made.get(1).number(), made.get(4).number());
    reopen();
    generations.deleteAllBut(named);
    assertThat(generations.all()).containsExactlyInAnyOrderElementsOf(named);
    crash();
    assertThat(generations.all()).containsExactlyInAnyOrderElementsOf(named);
    for (int i : new int[] {1, 4}) {
      assertThat(read(generations.use(made.get(i).number()))).isEqualTo(before.get(i));
    }
  }

  @Test
  void aGenerationThatIsNamedButNotHereIsNoGoodStart() throws Exception {
    Generation generation = filled(1);
    reopen();
    assertThatThrownBy(
            () -> generations.deleteAllBut(Set.of(generation.number(), generation.number() + 1)))
        .isInstanceOf(StorageException.class)
        .hasMessageContaining("that is not here");
    assertThat(generations.all()).containsExactly(generation.number());
  }

  /** Else what a crash brings back of the old one would be mixed with the new one. */
  @Test
  void aNumberOfWhichSomethingMayBeLeftIsNotGivenOutAgain() throws Exception {
    Generation kept = filled(1);
    Generation retired = filled(2);
    db.flush();
    retired.retire();
    generations.sweep();
    assertThat(generations.allot().number()).isGreaterThan(retired.number());
    crash(); // which loses the tombstone
    generations.deleteAllBut(Set.of(kept.number()));
    assertThat(generations.allot().number()).isGreaterThan(retired.number());
  }
}
