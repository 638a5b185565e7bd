package io.flotilla.raft.mutants;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * The two lists of bugs that others have made, and what a page says of those of their items for
 * which no patch is named: which ones stand for it, or why none can. Pure.
 */
final class KnownBugs {
  private static final Pattern ID = Pattern.compile("\\b[A-Z]\\d+[a-z]?\\b");

  private final Map<String, String> said = new TreeMap<>();

  private KnownBugs() {}

  /**
   * Of the rows of the tables in this text: first the items, with commas between them, then what is
   * said of them.
   */
  static KnownBugs read(String text) {
    KnownBugs read = new KnownBugs();
    text.lines()
        .filter(line -> line.startsWith("| ") && !line.startsWith("| ---"))
        .map(line -> line.split("\\|", -1))
        .filter(cells -> !cells[1].strip().equals("item"))
        .forEach(cells -> read.add(cells[1].strip().split(", "), cells[2].strip()));
    return read;
  }

  private void add(String[] items, String what) {
    for (String item : items) {
      said.put(item, what);
    }
  }

  /**
   * By the names that patches have. Not so those of splits, merges and snapshots, which are called
   * "MR" and their number: patches that begin with D have numbers of their own.
   */
  static List<String> items() {
    return Stream.of(
            numbers("A", 1, 15),
            numbers("C", 33, 40),
            Stream.of("C39a"),
            numbers("MR ", 41, 57),
            numbers("E", 58, 64),
            numbers("M", 1, 72))
        .flatMap(items -> items)
        .toList();
  }

  private static Stream<String> numbers(String list, int first, int last) {
    return IntStream.rangeClosed(first, last).mapToObj(number -> list + number);
  }

  /**
   * Items for which there is nothing, patches that are named and do not exist, and whatever else is
   * named; nothing if each item has a patch of its name, or of that and a letter, or is spoken of.
   */
  List<String> errors(Set<String> patches) {
    List<String> items = items();
    List<String> errors = new ArrayList<>();
    for (String item : items) {
      if (!said.containsKey(item) && patches.stream().noneMatch(isOf(item))) {
        errors.add(item + " has no patch, and nothing says why");
      }
    }
    said.forEach(
        (item, what) -> {
          if (!items.contains(item) || what.isEmpty()) {
            errors.add(item + " is no item of the lists, or nothing is said of it");
          }
          ID.matcher(what)
              .results()
              .map(MatchResult::group)
              .filter(id -> !patches.contains(id))
              .forEach(id -> errors.add(item + ": there is no patch " + id));
        });
    return errors;
  }

  private static Predicate<String> isOf(String item) {
    return Pattern.compile(Pattern.quote(item) + "[a-z]?").asMatchPredicate();
  }
}
