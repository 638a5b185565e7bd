package io.flotilla.raft.port;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.raft.core.Entry;
import io.flotilla.raft.port.StateMachine.UnknownCommandException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What each {@link StateMachine} must do. A maker's test extends this and says how to open one.
 *
 * @param <R> the kind of round that the machine's store makes
 */
public abstract class StateMachineContract<R extends ApplyRound> {
  /** Applied to {@link #source} before its image is taken. */
  private static final int IMAGE = 12;

  /** Applied to {@link #target} before it is given the image. */
  private static final int BEHIND = 5;

  /** A store with one group's state machine. */
  protected interface Replica<R extends ApplyRound> {
    StateMachine<R> machine();

    R newRound();

    /** Makes all that was committed durable. */
    void flush() throws Exception;

    /** The present state: all of it, in a form that is equal for equal states. */
    String state() throws Exception;

    /** What the log would name after the group's creation. */
    long firstGeneration();

    /** All of which there is something left. */
    Set<Long> generations() throws Exception;

    /** Deletes what was retired. */
    void sweep() throws Exception;

    /** Ends in order and starts on what was left; the log names {@code generation}. */
    void restart(long generation) throws Exception;

    /** Loses what was not durable and starts on the rest; the log names {@code generation}. */
    void crash(long generation) throws Exception;

    void close() throws Exception;
  }

  @TempDir protected Path directory;
  private final List<Replica<R>> opened = new ArrayList<>();

  /** A new replica of the one group, with a disk of its own. */
  protected abstract Replica<R> open(Path directory) throws Exception;

  /** A new replica of another group, with a disk of its own. */
  protected abstract Replica<R> openForeign(Path directory) throws Exception;

  /**
   * A command that changes the state; neighbours overwrite each other's effects. A repetition is
   * answered as the first was, and has no effect.
   */
  protected abstract byte[] command(int number);

  /** One that members of the other group apply. */
  protected byte[] foreignCommand(int number) {
    return command(number);
  }

  /** What the client learns from a command's result, beside where in the log it was. */
  protected abstract Object answer(byte[] result) throws Exception;

  @AfterEach
  void closeAll() throws Exception {
    for (Replica<R> replica : opened) {
      replica.close();
    }
  }

  private Replica<R> replica(String name) throws Exception {
    Replica<R> replica = open(Files.createDirectory(directory.resolve(name)));
    opened.add(replica);
    return replica;
  }

  private Replica<R> source(int applied) throws Exception {
    Replica<R> source = replica("source-" + applied);
    apply(source, 1, applied);
    return source;
  }

  private Replica<R> target() throws Exception {
    Replica<R> target = replica("target");
    apply(target, 1, BEHIND);
    target.flush();
    return target;
  }

  private Entry entry(int index) {
    return new Entry(index, 1, Entry.Kind.COMMAND, command(index));
  }

  private List<byte[]> apply(Replica<R> to, int first, int last)
      throws StorageException, UnknownCommandException {
    List<Entry> entries = new ArrayList<>();
    for (int index = first; index <= last; index++) {
      entries.add(entry(index));
    }
    return applyRounds(to, entries);
  }

  private List<byte[]> applyRounds(Replica<R> to, List<Entry> entries)
      throws StorageException, UnknownCommandException {
    List<byte[]> results = new ArrayList<>();
    try (R round = to.newRound()) {
      while (results.size() < entries.size()) {
        List<Entry> left = entries.subList(results.size(), entries.size());
        List<byte[]> some = to.machine().apply(left, round);
        assertThat(some).as("at least one is taken").isNotEmpty();
        results.addAll(some);
        round.commit();
      }
    }
    return results;
  }

  /** The image's files, of a machine that goes on meanwhile and then is as if nothing was. */
  private List<SnapshotFile> write(Replica<R> of, Path to) throws Exception {
    Files.createDirectory(to);
    try (StateImage image = of.machine().image()) {
      return image.writeTo(to);
    }
  }

  private record Written(Path directory, List<SnapshotFile> files) {}

  private Written imageOf(Replica<R> of) throws Exception {
    Path to = directory.resolve("image-" + of.machine().appliedIndex() + "-" + opened.indexOf(of));
    return new Written(to, write(of, to));
  }

  private long load(Replica<R> into, Written image) throws Exception {
    return into.machine().load(image.directory(), image.files());
  }

  /** What the first entries make of a state. */
  private String stateAt(int index) throws Exception {
    Replica<R> reference = replica("reference-" + index + "-" + opened.size());
    apply(reference, 1, index);
    return reference.state();
  }

  /** The replica has exactly the effects of the first {@code index} entries and can go on. */
  private void assertIsAt(Replica<R> replica, int index) throws Exception {
    assertThat(replica.machine().appliedIndex()).isEqualTo(index);
    assertThat(replica.state()).isEqualTo(stateAt(index));
    apply(replica, index + 1, index + 3);
    assertThat(replica.state()).isEqualTo(stateAt(index + 3));
  }

  @Test
  void theAppliedIndexIsOfTheSameBatchAsTheEffects() throws Exception {
    Replica<R> replica = replica("replica");
    long generation = replica.firstGeneration();
    apply(replica, 1, 4);
    replica.flush();
    try (R round = replica.newRound()) {
      replica.machine().apply(List.of(entry(5)), round);
      replica.flush(); // comes when it will
    }
    replica.crash(generation);
    assertThat(replica.machine().appliedIndex()).isEqualTo(4);
    assertThat(replica.state()).isEqualTo(stateAt(4));
    apply(replica, 5, 7);
    replica.crash(generation);
    int recovered = (int) replica.machine().appliedIndex();
    assertThat(recovered).isBetween(4, 7);
    assertThat(replica.state()).isEqualTo(stateAt(recovered));
    apply(replica, recovered + 1, 9);
    replica.restart(generation);
    assertIsAt(replica, 9);
  }

  @Test
  void entriesThatWereAppliedOrWouldLeaveAGapAreRefused() throws Exception {
    Replica<R> replica = replica("replica");
    apply(replica, 1, 4);
    for (int index : new int[] {3, 4, 6}) {
      assertThatThrownBy(() -> apply(replica, index, index)).isInstanceOf(Throwable.class);
    }
    assertIsAt(replica, 4);
  }

  @Test
  void whatIsNotCommittedIsNeitherInTheStateNorInAnImageNorAfterARestart() throws Exception {
    Replica<R> replica = replica("replica");
    apply(replica, 1, 4);
    try (R round = replica.newRound()) {
      replica.machine().apply(List.of(entry(5)), round);
    }
    replica.restart(replica.firstGeneration());
    assertIsAt(replica, 4);
  }

  @Test
  void theDurableIndexIsWhatACrashKeeps() throws Exception {
    Replica<R> replica = replica("replica");
    assertThat(replica.machine().durableIndex()).isZero();
    apply(replica, 1, 4);
    replica.flush();
    assertThat(replica.machine().durableIndex()).isEqualTo(4);
    apply(replica, 5, 9);
    long promised = replica.machine().durableIndex();
    assertThat(promised).isBetween(4L, 9L);
    replica.crash(replica.firstGeneration());
    assertThat(replica.machine().appliedIndex()).isEqualTo(promised);
    assertThat(replica.machine().durableIndex()).isEqualTo(promised);
  }

  @Test
  void anImageIsOfItsMomentWhateverIsAppliedBeforeItIsWritten() throws Exception {
    Replica<R> source = source(IMAGE);
    Path to = Files.createDirectory(directory.resolve("image"));
    List<SnapshotFile> files;
    try (StateImage image = source.machine().image()) {
      apply(source, IMAGE + 1, IMAGE + 4);
      source.flush();
      apply(source, IMAGE + 5, IMAGE + 8);
      assertThat(image.applied()).isEqualTo(IMAGE);
      files = image.writeTo(to);
    }
    Replica<R> target = replica("target");
    target.machine().adopt(target.machine().load(to, files));
    assertIsAt(target, IMAGE);
    assertIsAt(source, IMAGE + 8);
  }

  @Test
  void filesAreDescribedAsTheyAre() throws Exception {
    Written image = imageOf(source(IMAGE));
    List<SnapshotFile> found = new ArrayList<>();
    try (Stream<Path> files = Files.list(image.directory())) {
      for (Path file : files.sorted().toList()) {
        found.add(describe(file));
      }
    }
    assertThat(found).isNotEmpty().containsExactlyInAnyOrderElementsOf(image.files());
  }

  @Test
  void anImageIsLoadedBesideAStateThatGoesOn() throws Exception {
    Replica<R> target = target();
    Set<Long> before = target.generations();
    String stateBefore = target.state();
    long loaded = load(target, imageOf(source(IMAGE)));
    assertThat(before).doesNotContain(loaded);
    assertThat(target.generations()).contains(loaded).containsAll(before);
    assertThat(target.state()).isEqualTo(stateBefore);
    assertThat(target.machine().appliedIndex()).isEqualTo(BEHIND);
    apply(target, BEHIND + 1, BEHIND + 2);
    assertThat(target.state()).isEqualTo(stateAt(BEHIND + 2));
    target.machine().adopt(loaded);
    assertThat(target.machine().durableIndex()).isEqualTo(IMAGE);
    assertIsAt(target, IMAGE);
    target.sweep();
    assertThat(target.generations()).containsExactly(loaded);
  }

  @Test
  void aStateMayBeReplacedAgainAndAgain() throws Exception {
    Replica<R> target = target();
    for (int applied : new int[] {IMAGE, IMAGE + 5, IMAGE + 7}) {
      long loaded = load(target, imageOf(source(applied)));
      target.machine().adopt(loaded);
      target.sweep();
      assertThat(target.generations()).containsExactly(loaded);
      assertIsAt(target, applied);
      target.crash(loaded);
      assertIsAt(target, applied);
    }
  }

  @Test
  void whatIsNotWantedGoes() throws Exception {
    Replica<R> target = target();
    Set<Long> before = target.generations();
    Written image = imageOf(source(IMAGE));
    long first = load(target, image);
    long second = load(target, image);
    assertThat(second).isNotEqualTo(first);
    target.machine().discard(first);
    target.sweep();
    assertThat(target.generations()).doesNotContain(first).contains(second).containsAll(before);
    assertThatThrownBy(() -> target.machine().adopt(first))
        .isInstanceOf(IllegalStateException.class);
    target.machine().discard(second);
    target.sweep();
    assertThat(target.generations()).isEqualTo(before);
    assertIsAt(target, BEHIND);
  }

  @Test
  void aRetryAfterAnInstallIsAnsweredAsBeforeAndHasNoEffect() throws Exception {
    Replica<R> source = replica("source");
    List<byte[]> first = apply(source, 1, IMAGE);
    Replica<R> target = replica("target");
    target.machine().adopt(load(target, imageOf(source)));
    for (int number = IMAGE - 1; number <= IMAGE; number++) {
      int index = (int) target.machine().appliedIndex() + 1;
      Entry retry = new Entry(index, 2, Entry.Kind.COMMAND, command(number));
      byte[] again = applyRounds(source, List.of(retry)).get(0);
      assertThat(applyRounds(target, List.of(retry))).containsExactly(again);
      assertThat(answer(again)).isEqualTo(answer(first.get(number - 1)));
    }
    assertThat(target.state()).isEqualTo(source.state());
  }

  /** A crash at each step leaves the old state or the new one, and nothing beside it. */
  @Test
  void acrossACrashBeforeTheLogNamesTheNewStateTheOldOneIsWhole() throws Exception {
    Replica<R> target = target();
    Written image = imageOf(source(IMAGE));
    long old = target.firstGeneration();
    long loaded = load(target, image);
    target.crash(old);
    assertThat(target.generations()).doesNotContain(loaded);
    assertIsAt(target, BEHIND);

    target.flush();
    loaded = load(target, image);
    target.restart(old);
    assertThat(target.generations()).doesNotContain(loaded);
    assertIsAt(target, BEHIND + 3);

    target.flush();
    loaded = load(target, image);
    target.machine().discard(loaded);
    target.crash(old);
    assertThat(target.generations()).doesNotContain(loaded);
    assertIsAt(target, BEHIND + 6);
  }

  @Test
  void acrossACrashOnceTheLogNamesTheNewStateItIsWhole() throws Exception {
    Replica<R> target = target();
    Written image = imageOf(source(IMAGE));
    long old = target.firstGeneration();
    long loaded = load(target, image);
    target.crash(loaded); // before it was adopted
    assertThat(target.generations()).containsExactly(loaded).doesNotContain(old);
    assertIsAt(target, IMAGE);

    long next = load(target, image);
    target.machine().adopt(next);
    target.crash(next);
    assertThat(target.generations()).containsExactly(next);
    assertIsAt(target, IMAGE);

    next = load(target, image);
    target.machine().adopt(next);
    apply(target, IMAGE + 1, IMAGE + 2);
    target.sweep();
    target.crash(next);
    int recovered = (int) target.machine().appliedIndex();
    assertThat(recovered).isBetween(IMAGE, IMAGE + 2);
    assertThat(target.generations()).containsExactly(next);
    assertIsAt(target, recovered);
  }

  @Test
  void aStateThatIsNotHereCannotBeOpened() throws Exception {
    Replica<R> target = target();
    long loaded = load(target, imageOf(source(IMAGE)));
    assertThatThrownBy(() -> target.crash(loaded + 1)).isInstanceOf(Exception.class);
  }

  @Test
  void aDamagedImageIsRefused() throws Exception {
    Replica<R> target = target();
    Set<Long> before = target.generations();
    Written image = imageOf(source(IMAGE));
    for (SnapshotFile file : image.files()) {
      Path path = image.directory().resolve(file.name());
      byte[] good = Files.readAllBytes(path);
      for (int at = 0; at < good.length; at += 1 + good.length / 8) {
        byte[] bad = good.clone();
        bad[at] ^= 0x10;
        Files.write(path, bad);
        assertRefused(target, image.directory(), image.files());
      }
      Files.write(path, Arrays.copyOf(good, good.length - 1));
      assertRefused(target, image.directory(), image.files());
      Files.write(path, Arrays.copyOf(good, good.length + 1));
      assertRefused(target, image.directory(), image.files());
      Files.delete(path);
      assertRefused(target, image.directory(), image.files());
      Files.write(path, good);
      List<SnapshotFile> described = new ArrayList<>(image.files());
      described.remove(file);
      described.add(new SnapshotFile(file.name(), file.bytes(), file.crc32c() ^ 1));
      assertRefused(target, image.directory(), described);
      described.set(described.size() - 1, new SnapshotFile(file.name(), 1, file.crc32c()));
      assertRefused(target, image.directory(), described);
    }
    assertThat(target.generations()).isEqualTo(before);
    target.machine().adopt(load(target, image));
    assertIsAt(target, IMAGE);
  }

  /** Whoever damaged it may have described what it made. */
  @Test
  void anIncompleteImageIsRefusedThoughItsFilesAreWhatTheyAreSaidToBe() throws Exception {
    Replica<R> target = target();
    Written image = imageOf(source(IMAGE));
    assertRefused(target, image.directory(), List.of());
    for (SnapshotFile file : image.files()) {
      List<SnapshotFile> others = new ArrayList<>(image.files());
      others.remove(file);
      assertRefused(target, image.directory(), others);
      others.add(file);
      others.add(file);
      assertRefused(target, image.directory(), others);
      Path path = image.directory().resolve(file.name());
      byte[] good = Files.readAllBytes(path);
      Files.write(path, Arrays.copyOf(good, good.length / 2));
      List<SnapshotFile> half = new ArrayList<>(image.files());
      half.set(half.indexOf(file), describe(path));
      assertRefused(target, image.directory(), half);
      Files.write(path, good);
    }
    assertIsAt(target, BEHIND);
  }

  @Test
  void anImageOfAnotherGroupIsRefused() throws Exception {
    Replica<R> foreign = openForeign(Files.createDirectory(directory.resolve("foreign")));
    opened.add(foreign);
    List<Entry> entries = new ArrayList<>();
    for (int i = 1; i <= IMAGE; i++) {
      entries.add(new Entry(i, 1, Entry.Kind.COMMAND, foreignCommand(i)));
    }
    applyRounds(foreign, entries);
    Replica<R> target = target();
    Set<Long> before = target.generations();
    Written image = imageOf(foreign);
    assertRefused(target, image.directory(), image.files());
    assertThat(target.generations()).isEqualTo(before);
    assertIsAt(target, BEHIND);
  }

  private void assertRefused(Replica<R> target, Path from, List<SnapshotFile> files) {
    assertThatThrownBy(() -> target.machine().load(from, files)).isInstanceOf(ImageException.class);
  }

  private static SnapshotFile describe(Path file) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    CRC32C crc = new CRC32C();
    crc.update(bytes);
    return new SnapshotFile(file.getFileName().toString(), bytes.length, (int) crc.getValue());
  }
}
