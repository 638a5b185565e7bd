package io.flotilla.raft.tables;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The tests of all modules, as they stand in the sources. */
public final class TestSources {
  private static final Pattern TEST =
      Pattern.compile(
          "@(?:Test|ParameterizedTest|TestFactory|RepeatedTest|FuzzTest)\\b[^;]*?(\\w+)\\([^)]*\\)"
              + "\\s*(?:throws [\\w, ]+)?\\{");

  private final Map<String, Set<String>> tests = new HashMap<>();
  private final Set<String> files = new HashSet<>();

  /**
   * @param root of the repository
   */
  public TestSources(Path root) {
    try (Stream<Path> modules = Files.list(root)) {
      for (Path module : modules.sorted().toList()) {
        Path sources = module.resolve(Path.of("src", "test"));
        if (Files.isDirectory(sources)) {
          read(module.getFileName().toString(), sources);
        }
      }
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  private void read(String module, Path sources) throws IOException {
    List<Path> found;
    try (Stream<Path> all = Files.walk(sources)) {
      found = all.filter(Files::isRegularFile).toList();
    }
    for (Path file : found) {
      String name = file.getFileName().toString();
      if (name.endsWith("Test.java") || name.endsWith("Contract.java")) {
        String type = module + "/" + name.substring(0, name.length() - ".java".length());
        tests.computeIfAbsent(type, t -> new HashSet<>()).addAll(testsIn(Files.readString(file)));
      }
      files.add(name);
    }
  }

  static Set<String> testsIn(String source) {
    Set<String> found = new HashSet<>();
    Matcher matcher = TEST.matcher(source);
    while (matcher.find()) {
      found.add(matcher.group(1));
    }
    return found;
  }

  /**
   * @param reference {@code SomeTest} or {@code SomeTest.someTest}, with {@code module/} before it
   *     if other modules have a class of that name too, or the name of a script or patch.
   *     Contracts, which many tests share, are tests.
   */
  public boolean has(String reference) {
    int dot = reference.lastIndexOf('.');
    if (reference.endsWith(".txt") || reference.endsWith(".patch")) {
      return files.contains(reference);
    }
    return dot < 0
        ? named(reference).size() == 1
        : testsOf(reference.substring(0, dot)).contains(reference.substring(dot + 1));
  }

  /** Names of the tests in a class; none if there is no such class, or more than one. */
  public Set<String> testsOf(String type) {
    List<String> found = named(type);
    return found.size() == 1 ? tests.get(found.get(0)) : Set.of();
  }

  /** The classes that are called so, each with its module. */
  private List<String> named(String type) {
    return types().filter(full -> full.equals(type) || full.endsWith("/" + type)).toList();
  }

  /** All classes with tests, each as {@code module/SomeTest}. */
  public Stream<String> types() {
    return tests.keySet().stream().sorted();
  }
}
