package io.flotilla.raft.tables;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** What stands below a heading {@code ## ...} of a Markdown document, up to the next one. */
final class Chapter {
  private static final String MARK = "## ";

  private final Path document;
  private final List<String> before;
  private final List<String> lines;
  private final List<String> after;

  private Chapter(Path document, List<String> all, int first, int end) {
    this.document = document;
    this.before = all.subList(0, first);
    this.lines = all.subList(first, end);
    this.after = all.subList(end, all.size());
  }

  /**
   * @throws IllegalArgumentException if there is no such heading
   */
  static Chapter of(Path document, String heading) {
    try {
      List<String> all = Files.readAllLines(document);
      int first = all.indexOf(MARK + heading) + 1;
      if (first == 0) {
        throw new IllegalArgumentException(document + " has no chapter " + heading);
      }
      int end = first;
      while (end < all.size() && !all.get(end).startsWith(MARK)) {
        end++;
      }
      return new Chapter(document, all, first, end);
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  List<String> lines() {
    return lines;
  }

  /** The lines of its tables. */
  List<String> table() {
    return lines.stream().filter(Chapter::isOfTable).toList();
  }

  private static boolean isOfTable(String line) {
    return line.startsWith("|");
  }

  /** Writes the document with this table in place of what stands there from the first table on. */
  void rewrite(List<String> table) {
    List<String> all = new ArrayList<>(before);
    lines.stream().takeWhile(line -> !isOfTable(line)).forEach(all::add);
    all.addAll(table);
    if (!after.isEmpty()) {
      all.add("");
    }
    all.addAll(after);
    try {
      Files.write(document, all);
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }
}
