package io.flotilla.raft.tables;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/**
 * A table in a Markdown document with a column {@code shown by}. A cell of that column names, in
 * backticks, what {@link TestSources#has} knows; or it begins with {@code none:} and says why. What
 * a row is about stands in its first cell.
 */
public final class ShownByTable {
  /**
   * A row.
   *
   * @param shownBy names in backticks
   */
  public record Row(String about, List<String> shownBy, String cell) {}

  private static final String COLUMN = "shown by";
  private static final String NONE = "none:";
  private static final int WORDS_OF_A_REASON = 3;
  private static final Pattern NAME = Pattern.compile("`([^`]+)`");

  private final List<Row> rows = new ArrayList<>();

  private ShownByTable() {}

  /**
   * All such tables of a chapter, as one.
   *
   * @param heading of the second rank, without its mark
   * @throws IllegalArgumentException if the document has no such chapter
   */
  public static ShownByTable in(Path document, String heading) {
    return parse(Chapter.of(document, heading).lines());
  }

  static ShownByTable parse(List<String> lines) {
    ShownByTable table = new ShownByTable();
    int column = -1;
    for (String line : lines) {
      List<String> cells = cells(line);
      if (cells.isEmpty()) {
        column = -1;
      } else if (column < 0) {
        column = cells.indexOf(COLUMN);
      } else if (!cells.get(0).matches(":?-+:?")) {
        table.add(cells, column);
      }
    }
    return table;
  }

  private static List<String> cells(String line) {
    String row = line.strip();
    return row.startsWith("|")
        ? Arrays.stream(row.substring(1).split("\\|")).map(String::strip).toList()
        : List.of();
  }

  private void add(List<String> cells, int column) {
    String cell = column < cells.size() ? cells.get(column) : "";
    List<String> names = NAME.matcher(cell).results().map(ShownByTable::name).toList();
    rows.add(new Row(cells.get(0), names, cell));
  }

  private static String name(MatchResult found) {
    return found.group(1);
  }

  public List<Row> rows() {
    return rows;
  }

  /** What is wrong with it, a line for each; empty if nothing is. */
  public List<String> complaints(TestSources sources) {
    List<String> complaints = new ArrayList<>();
    for (Row row : rows) {
      row.shownBy().stream()
          .filter(name -> !sources.has(name))
          .forEach(name -> complaints.add(row.about() + ": there is no " + name));
      if (row.shownBy().isEmpty() && !hasReason(row.cell())) {
        complaints.add(row.about() + ": shown by nothing, and no reason (none: ...)");
      }
    }
    return complaints;
  }

  private static boolean hasReason(String cell) {
    return cell.startsWith(NONE)
        && cell.substring(NONE.length()).strip().split("\\s+").length >= WORDS_OF_A_REASON;
  }
}
