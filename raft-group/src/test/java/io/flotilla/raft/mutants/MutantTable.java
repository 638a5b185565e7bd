package io.flotilla.raft.mutants;

import io.flotilla.raft.mutants.Mutant.Verdict;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * What became of each mutant when its suite was last set on it: a page beside the patches, whose
 * text above the table is written by hand. One thread.
 */
final class MutantTable {
  private static final int HOW_CHARS_MAX = 90;
  private static final String HEAD =
      "| mutant | what | fate | killed by | how | seeds |\n| --- | --- | --- | --- | --- | --- |\n";

  private final Path file;
  private final String above;
  private final Map<String, String> rows = new TreeMap<>();

  private MutantTable(Path file, String above) {
    this.file = file;
    this.above = above;
  }

  /** A page without a table has none yet. */
  static MutantTable read(Path file) throws IOException {
    String page = Files.readString(file);
    int table = page.indexOf(HEAD);
    MutantTable read = new MutantTable(file, table < 0 ? page : page.substring(0, table));
    if (table >= 0) {
      page.substring(table + HEAD.length()).lines().forEach(row -> read.rows.put(id(row), row));
    }
    return read;
  }

  private static String id(String row) {
    return row.split("\\|", -1)[1].strip();
  }

  /** Takes the place of what became of it before. */
  void put(Mutant mutant, Verdict verdict) {
    String how = verdict.how().lines().findFirst().orElse("").replace('|', '/');
    rows.put(
        mutant.id(),
        "%s %s | %s | %s | %s |"
            .formatted(
                beginning(mutant),
                verdict.fate().name().toLowerCase(Locale.ROOT),
                mutant.suite().replaceFirst(".*\\.", ""),
                how.length() > HOW_CHARS_MAX ? how.substring(0, HOW_CHARS_MAX) + "…" : how,
                verdict.seeds().map(String::valueOf).orElse("")));
  }

  private static String beginning(Mutant mutant) {
    return "| %s | %s |".formatted(mutant.id(), mutant.what());
  }

  /** Without those of whom there is no file any more. */
  void write(List<Mutant> all) throws IOException {
    rows.keySet().retainAll(all.stream().map(Mutant::id).collect(Collectors.toSet()));
    Files.writeString(
        file, above + HEAD + rows.values().stream().collect(Collectors.joining("\n", "", "\n")));
  }

  /** What it does not say, or says otherwise; nothing if it holds each of these, killed. */
  List<String> errors(List<Mutant> all) {
    Set<String> gone = new TreeSet<>(rows.keySet());
    List<String> errors = new ArrayList<>();
    for (Mutant mutant : all) {
      String row = rows.get(mutant.id());
      gone.remove(mutant.id());
      if (row == null || !row.startsWith(beginning(mutant) + " killed |")) {
        errors.add(mutant.id() + " is not killed: " + row);
      }
    }
    gone.forEach(id -> errors.add(id + " has a row, but no patch"));
    return errors;
  }

  /** The text above the table. */
  String above() {
    return above;
  }

  String row(Mutant mutant) {
    return rows.get(mutant.id());
  }
}
