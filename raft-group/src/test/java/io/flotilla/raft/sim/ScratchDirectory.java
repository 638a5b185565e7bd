package io.flotilla.raft.sim;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A directory that is there from its first use until it is closed, in memory where there is such a
 * thing. Its name tells the process that made it: the first that a process makes takes with it what
 * those left behind that were killed. One thread.
 */
public final class ScratchDirectory implements AutoCloseable {
  private static final Path IN_MEMORY = Path.of("/dev/shm");
  private static final AtomicBoolean TIDIED = new AtomicBoolean();

  private final String prefix;
  private @Nullable Path path;

  public ScratchDirectory(String prefix) {
    this.prefix = prefix;
  }

  public Path path() {
    Path made = path;
    if (made == null) {
      made = make(parent());
      path = made;
    }
    return made;
  }

  private static Path parent() {
    return Files.isWritable(IN_MEMORY) ? IN_MEMORY : Path.of(System.getProperty("java.io.tmpdir"));
  }

  private Path make(Path parent) {
    if (TIDIED.compareAndSet(false, true)) {
      tidy(parent, prefix);
    }
    try {
      return Files.createTempDirectory(parent, ofThisProcess(prefix));
    } catch (IOException broken) {
      throw new UncheckedIOException(broken);
    }
  }

  /** Deletes such directories of processes that are no more. */
  static void tidy(Path parent, String prefix) {
    Pattern name = Pattern.compile(Pattern.quote(prefix) + "-(\\d+)-.*");
    try (Stream<Path> all = Files.list(parent)) {
      for (Path found : all.toList()) {
        Matcher made = name.matcher(found.getFileName().toString());
        if (made.matches() && !isAlive(Long.parseLong(made.group(1)))) {
          takeOver(found, Files.createTempDirectory(parent, ofThisProcess(prefix)));
        }
      }
    } catch (IOException broken) {
      throw new UncheckedIOException(broken);
    }
  }

  /** Others may be tidying, too: only one of them gets it. */
  private static void takeOver(Path left, Path mine) throws IOException {
    try {
      Files.move(left, mine.resolve(left.getFileName()));
    } catch (NoSuchFileException taken) { // nothing is left to be deleted but what was just made
    }
    delete(mine);
  }

  private static String ofThisProcess(String prefix) {
    return prefix + '-' + ProcessHandle.current().pid() + '-';
  }

  private static boolean isAlive(long pid) {
    return ProcessHandle.of(pid).isPresent();
  }

  @Override
  public void close() {
    if (path != null) {
      delete(path);
      path = null;
    }
  }

  private static void delete(Path directory) {
    try (Stream<Path> all = Files.walk(directory)) {
      for (Path each : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(each);
      }
    } catch (IOException broken) {
      throw new UncheckedIOException(broken);
    }
  }
}
