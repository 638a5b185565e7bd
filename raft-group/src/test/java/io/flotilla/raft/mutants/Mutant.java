package io.flotilla.raft.mutants;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
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
  record Verdict(Fate fate, String how, Optional<Long> seeds) {}

  /** What became of it. */
  enum Fate {
    KILLED,
    SURVIVED,
    /** It does not apply, does not compile, or the suite did not come to run a test. */
    BROKEN
  }

  private static final Pattern SEED = Pattern.compile("seed (\\d+): (.*)");
  private static final String FAILED = "FAILED ";

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
   * @param root of the repository, absolute
   * @param work a directory of its own, for what is made
   * @param classpath of the suite's module with its tests, and of this package
   */
  Verdict fight(Path root, Path work, String classpath, Duration patience) {
    Path classes = work.resolve(id).resolve("classes").toAbsolutePath();
    try {
      clear(work.resolve(id));
      compile(root, work.resolve(id), classes, classpath);
    } catch (IllegalArgumentException broken) {
      return new Verdict(Fate.BROKEN, broken.getMessage(), Optional.empty());
    }
    String patched = classes + System.getProperty("path.separator") + classpath;
    return run(root, work.resolve(id + ".log"), patched, patience);
  }

  /**
   * Sets the suite on the sources as they are. Whatever it finds there it would find in a mutant
   * too: only {@link Fate#SURVIVED} lets a kill count.
   */
  Verdict control(Path root, Path work, String classpath, Duration patience) {
    return run(root, work.resolve("without-" + suite + ".log"), classpath, patience);
  }

  private Verdict run(Path root, Path log, String classpath, Duration patience) {
    int exit = exitCode(root.resolve(module), log, classpath, patience);
    if (exit == 0) {
      return new Verdict(Fate.SURVIVED, "see " + log, Optional.empty());
    }
    boolean hangs = exit < 0;
    if (!hangs && lines(log).stream().noneMatch(line -> line.startsWith(FAILED))) {
      String how = "no test ran, exit code " + exit + ": see " + log;
      return new Verdict(Fate.BROKEN, how, Optional.empty());
    }
    return killed(log, "hangs for " + patience);
  }

  /** Classes that an earlier version of the patch has left would be mutants, too. */
  private static void clear(Path directory) {
    if (!Files.exists(directory)) {
      return;
    }
    try (Stream<Path> left = Files.walk(directory)) {
      for (Path path : left.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
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
    ByteArrayOutputStream complaints = new ByteArrayOutputStream();
    String[] arguments = options.toArray(String[]::new);
    if (ToolProvider.getSystemJavaCompiler().run(null, null, complaints, arguments) != 0) {
      throw new IllegalArgumentException(
          "does not compile: " + complaints.toString(StandardCharsets.UTF_8));
    }
  }

  /** Of the suite, in its module's directory, as in a build; negative if patience ended first. */
  private int exitCode(Path directory, Path log, String classpath, Duration patience) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    Path leftovers = log.toAbsolutePath().getParent();
    command.addAll(List.of("-ea", "-Xmx1g", "-Djava.io.tmpdir=" + leftovers, "-cp", classpath));
    properties.forEach(property -> command.add("-D" + property));
    command.addAll(List.of(SuiteRun.class.getName(), suite));
    try {
      Files.createDirectories(leftovers);
      Process process =
          new ProcessBuilder(command)
              .directory(directory.toFile())
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

  private static Verdict killed(Path log, String otherwise) {
    for (String line : lines(log)) {
      Matcher seed = SEED.matcher(line);
      if (seed.find()) {
        return new Verdict(Fate.KILLED, seed.group(2), Optional.of(Long.valueOf(seed.group(1))));
      }
    }
    String how =
        lines(log).stream().filter(line -> line.startsWith(FAILED)).findFirst().orElse(otherwise);
    return new Verdict(Fate.KILLED, how, Optional.empty());
  }

  private static List<String> lines(Path file) {
    try {
      return Files.readAllLines(file);
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }
}
