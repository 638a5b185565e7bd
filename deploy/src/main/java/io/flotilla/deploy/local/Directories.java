package io.flotilla.deploy.local;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;

/** Directories that a command makes, takes or removes. */
public final class Directories {
  private Directories() {}

  /**
   * Makes the directory if it is not there.
   *
   * @throws LocalException if it holds anything already
   */
  public static Path empty(Path directory) throws IOException {
    Path home = directory.toAbsolutePath().normalize();
    if (Files.exists(home) && !Files.isDirectory(home)) {
      throw new LocalException(home + " is not a directory");
    }
    Files.createDirectories(home);
    try (Stream<Path> files = Files.list(home)) {
      if (files.findAny().isPresent()) {
        throw new LocalException(home + " is not empty; choose another directory");
      }
    }
    return home;
  }

  /** Deletes it with all that is in it. */
  public static void delete(Path directory) throws IOException {
    try (Stream<Path> all = Files.walk(directory)) {
      for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }
}
