package io.flotilla.raft.mutants;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.tools.ToolProvider;

/**
 * One bug to be found. Its file begins with the lines {@code Mutant:} (an id), {@code What:} (the
 * bug), {@code Suite:} (module and test class that must fail; a system property may follow as
 * {@code name=value}); then comes the diff.
 */
record Mutant(
    String id, String what, String module, String suite, List<String> properties, Path file) {
  /** How a suite did against a mutant; {@code seeds}: how many a simulation needed. */
  record Verdict(Fate fate, String how, Optional<Long> seeds, Duration took) {}

  /** What became of it. */
  enum Fate {
    KILLED,
    SURVIVED,
    /** It does not apply, does not compile, or the suite has no test. */
    BROKEN
  }

  private static final Pattern SEED = Pattern.compile("seed (\\d+): (.*)");
  private static final int NO_TESTS = 3;

  static List<Mutant> all(Path directory) {
    try (Stream<Path> files = Files.list(directory)) {
      return files.filter(f -> f.toString().endsWith(".patch")).sorted().map(Mutant::read).toList();
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  static Mutant read(Path file) {
    List<String> lines = lines(file);
    List<String> suite = List.of(header(file, lines, "Suite: ").split(" ", -1));
    if (suite.size() < 2) {
      throw new IllegalArgumentException(file + ": Suite: needs a module and a class");
    }
    return new Mutant(
        header(file, lines, "Mutant: "),
        header(file, lines, "What: "),
        suite.get(0),
        suite.get(1),
        suite.subList(2, suite.size()),
        file);
  }

  private static String header(Path file, List<String> lines, String name) {
    return lines.stream()
        .filter(line -> line.startsWith(name))
        .findFirst()
        .map(line -> line.substring(name.length()).strip())
        .orElseThrow(() -> new IllegalArgumentException(file + ": no line " + name));
  }

  /**
   * Makes the mutant and sets the suite on it, in a Java machine of its own.
   *
   * @param root of the repository
   * @param work a directory of its own, for what is made
   * @param classpath of the suite's module with its tests, and of this package
   */
  Verdict fight(Path root, Path work, String classpath, Duration patience) {
    long startNanos = System.nanoTime();
    Path log = work.resolve(id + ".log");
    Path classes = work.resolve(id).resolve("classes");
    try {
      compile(root, work.resolve(id), classes, classpath);
    } catch (IllegalArgumentException broken) {
      return new Verdict(Fate.BROKEN, broken.getMessage(), Optional.empty(), since(startNanos));
    }
    int exit = run(classes + System.getProperty("path.separator") + classpath, log, patience);
    if (exit == 0 || exit == NO_TESTS) {
      Fate fate = exit == 0 ? Fate.SURVIVED : Fate.BROKEN;
      return new Verdict(fate, "see " + log, Optional.empty(), since(startNanos));
    }
    return killed(log, exit < 0 ? "hangs for " + patience : "fails", since(startNanos));
  }

  private void compile(Path root, Path work, Path classes, String classpath) {
    List<String> options =
        new ArrayList<>(
            List.of("-proc:none", "-nowarn", "-parameters", "--release", "17", "-cp", classpath));
    options.addAll(List.of("-d", classes.toString()));
    try {
      Files.createDirectories(classes);
      for (var patched :
          Patch.parse(lines(file)).applyTo(path -> lines(root.resolve(path))).entrySet()) {
        Path source = work.resolve("src").resolve(patched.getKey());
        Files.createDirectories(source.getParent());
        options.add(Files.write(source, patched.getValue()).toString());
      }
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
    if (ToolProvider.getSystemJavaCompiler().run(null, null, null, options.toArray(String[]::new))
        != 0) {
      throw new IllegalArgumentException("does not compile");
    }
  }

  /** The exit code; negative if patience ended first. */
  private int run(String classpath, Path log, Duration patience) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-ea", "-Xmx1g", "-cp", classpath));
    properties.forEach(property -> command.add("-D" + property));
    command.addAll(List.of(SuiteRun.class.getName(), suite));
    try {
      Process process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(log.toFile())
              .start();
      if (process.waitFor(patience.toMillis(), TimeUnit.MILLISECONDS)) {
        return process.exitValue();
      }
      process.destroyForcibly().waitFor();
      return -1;
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", interrupted);
    }
  }

  private static Verdict killed(Path log, String otherwise, Duration took) {
    for (String line : lines(log)) {
      Matcher seed = SEED.matcher(line);
      if (seed.find()) {
        return new Verdict(
            Fate.KILLED, seed.group(2), Optional.of(Long.valueOf(seed.group(1))), took);
      }
    }
    String how =
        lines(log).stream()
            .filter(line -> line.startsWith("FAILED "))
            .findFirst()
            .orElse(otherwise);
    return new Verdict(Fate.KILLED, how, Optional.empty(), took);
  }

  private static List<String> lines(Path file) {
    try {
      return Files.readAllLines(file);
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  private static Duration since(long startNanos) {
    return Duration.ofNanos(System.nanoTime() - startNanos);
  }
}
