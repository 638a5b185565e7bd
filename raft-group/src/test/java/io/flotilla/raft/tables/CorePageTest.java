package io.flotilla.raft.tables;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.raft.core.RaftCore;
import java.io.IOException;
import java.lang.reflect.Constructor;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.RecordComponent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * All that {@code raft.core} shows to others, as this room's README has it: one page. {@code
 * -Drewrite} makes it anew.
 */
class CorePageTest {
  private static final Path SOURCES = Path.of("src/main/java/io/flotilla/raft/core");
  private static final Path README = Path.of("README.md");
  private static final int LINES_MAX = 50;
  private static final int CHARACTERS_MAX = 6_000;

  @Test
  void thePageIsTrueAndOneOnly() throws Exception {
    Chapter chapter = Chapter.of(README, "The core on one page");
    List<String> table = new ArrayList<>(List.of("| type | what it offers |", "| --- | --- |"));
    for (Class<?> type : publicTypes()) {
      table.add("| `" + type.getSimpleName() + "` | " + offers(type) + " |");
    }
    if (System.getProperty("rewrite") != null) {
      chapter.rewrite(table);
    } else {
      assertThat(chapter.table()).as("-Drewrite makes it anew").isEqualTo(table);
    }
    assertThat(table).hasSizeLessThanOrEqualTo(LINES_MAX);
    assertThat(String.join("\n", table)).hasSizeLessThanOrEqualTo(CHARACTERS_MAX);
  }

  private static List<Class<?>> publicTypes() throws IOException, ClassNotFoundException {
    List<Class<?>> types = new ArrayList<>();
    try (Stream<Path> files = Files.list(SOURCES)) {
      for (Path file : files.sorted().toList()) {
        String name = file.getFileName().toString().replace(".java", "");
        if (!name.equals("package-info")) {
          Class<?> type = Class.forName(RaftCore.class.getPackageName() + "." + name);
          if (Modifier.isPublic(type.getModifiers())) {
            types.add(type);
          }
        }
      }
    }
    return types;
  }

  private static String offers(Class<?> type) {
    String nested = nested(type);
    return nested.isEmpty() ? itself(type) : itself(type) + "; with " + nested;
  }

  /** Public types within it that are no choice of it. */
  private static String nested(Class<?> type) {
    return Arrays.stream(type.getDeclaredClasses())
        .filter(inner -> Modifier.isPublic(inner.getModifiers()))
        .filter(inner -> !type.isSealed() || !type.isAssignableFrom(inner))
        .sorted(Comparator.comparing(Class::getSimpleName))
        .map(CorePageTest::shape)
        .collect(Collectors.joining(", "));
  }

  private static String itself(Class<?> type) {
    if (type.isSealed()) {
      return "one of "
          + Arrays.stream(type.getPermittedSubclasses()) // in an order that differs among compilers
              .sorted(Comparator.comparing(Class::getSimpleName))
              .map(CorePageTest::shape)
              .collect(Collectors.joining(", "));
    }
    List<String> parts = new ArrayList<>();
    if (type.isRecord()) {
      parts.add("of " + shape(type));
    }
    Arrays.stream(type.getConstructors())
        .filter(made -> !type.isRecord())
        .map(CorePageTest::parameters)
        .forEach(made -> parts.add("`new" + made + "`"));
    Set<String> methods = new TreeSet<>();
    for (Method method : type.getDeclaredMethods()) {
      if (Modifier.isPublic(method.getModifiers()) && !isImplied(type, method)) {
        methods.add("`" + method.getName() + "`");
      }
    }
    parts.addAll(methods);
    return String.join(", ", parts);
  }

  private static boolean isImplied(Class<?> type, Method method) {
    boolean accessor =
        type.isRecord()
            && Arrays.stream(type.getRecordComponents())
                .map(RecordComponent::getName)
                .anyMatch(method.getName()::equals);
    return accessor
        || method.isSynthetic()
        || Set.of("equals", "hashCode", "toString", "compareTo").contains(method.getName());
  }

  private static String shape(Class<?> type) {
    if (!type.isRecord()) {
      return "`" + type.getSimpleName() + "`";
    }
    String components =
        Arrays.stream(type.getRecordComponents())
            .map(RecordComponent::getName)
            .collect(Collectors.joining(", "));
    return "`" + type.getSimpleName() + "(" + components + ")`";
  }

  private static String parameters(Constructor<?> constructor) {
    return Arrays.stream(constructor.getParameterTypes())
        .map(Class::getSimpleName)
        .collect(Collectors.joining(", ", "(", ")"));
  }
}
