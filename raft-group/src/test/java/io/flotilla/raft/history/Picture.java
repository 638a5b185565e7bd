package io.flotilla.raft.history;

import io.flotilla.raft.history.Verdict.Window;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Draws a window: a line for each operation, in the order in which they began, and in it an
 * interval. What counts is which intervals overlap, so each event is one unit behind the one before
 * it, however long that took.
 */
public final class Picture {
  private static final int UNITS_MAX = 60;
  private static final int LINES_MAX = 100;

  private final Window window;
  private final List<Operation> operations;
  private final TreeMap<Long, Integer> units = new TreeMap<>();

  public Picture(Window window) {
    this.window = window;
    List<Operation> all =
        Stream.of(window.earlier().stream(), window.must().stream(), window.may().stream())
            .flatMap(some -> some)
            .toList();
    this.operations =
        all.stream()
            .skip(Math.max(0, all.size() - LINES_MAX))
            .sorted(Comparator.comparingLong(Operation::invoked))
            .toList();
    for (Operation one : operations) {
      units.put(one.invoked(), 0);
      units.put(one.returned(), 0);
    }
    int unit = 0;
    for (Map.Entry<Long, Integer> time : units.entrySet()) {
      time.setValue(unit++);
    }
  }

  private String title() {
    int count = window.must().size() + window.may().size();
    return String.format(
        Locale.ROOT,
        "no order explains what clients were told by these %d operations; before them the key held"
            + " %s",
        count,
        window.before());
  }

  private String remark(Operation one) {
    if (one.equals(window.culprit())) {
      return "  <-- cannot be placed";
    }
    if (window.earlier().filter(one::equals).isPresent()) {
      return "  (long before: what was seen)";
    }
    boolean optional = one.isKnown() && window.may().contains(one);
    return !optional
        ? ""
        : one.returned() > window.culprit().returned()
            ? "  (ended later)"
            : "  (perhaps done before)";
  }

  /** For a terminal; ends with a line end. */
  public String text() {
    int labels = operations.stream().mapToInt(one -> label(one).length()).max().orElse(0);
    int width = Math.min(UNITS_MAX, units.size()) * 3;
    StringBuilder text = new StringBuilder(title()).append('\n');
    for (Operation one : operations) {
      text.append("  ").append(padded(label(one), labels)).append("  ");
      text.append(padded(interval(one, width), width)).append("  ");
      text.append(one.outcome()).append(remark(one)).append('\n');
    }
    return text.toString();
  }

  private static String label(Operation one) {
    return "client " + one.client() + "  " + one.action();
  }

  private String interval(Operation one, int width) {
    int from = column(one.invoked(), width);
    int to = Math.max(from + 1, column(one.returned(), width));
    String inside = "-".repeat(to - from - 1);
    return " ".repeat(from) + '|' + inside + (one.isKnown() ? '|' : '>');
  }

  private int column(long time, int width) {
    return units.get(time) * (width - 2) / Math.max(1, units.size() - 1);
  }

  private static String padded(String text, int width) {
    return text + " ".repeat(Math.max(0, width - text.length()));
  }

  /** A document of its own. */
  public String svg() {
    int unit = 40;
    int labels = 260;
    int row = 26;
    int width = labels + units.size() * unit + 320;
    int height = (operations.size() + 2) * row;
    StringBuilder svg = new StringBuilder();
    svg.append(
        String.format(
            Locale.ROOT,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\""
                + " font-family=\"monospace\" font-size=\"13\">%n",
            width,
            height));
    svg.append("<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n");
    svg.append(words(8, 18, title()));
    int y = row;
    for (Operation one : operations) {
      y += row;
      int from = labels + units.get(one.invoked()) * unit;
      int to = labels + units.get(one.returned()) * unit;
      svg.append(words(8, y, label(one)));
      svg.append(
          String.format(
              Locale.ROOT,
              "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"16\" rx=\"3\" fill=\"%s\"%s/>%n",
              from,
              y - 13,
              Math.max(4, to - from),
              colour(one),
              one.isKnown() ? "" : " stroke=\"grey\" stroke-dasharray=\"4\""));
      svg.append(words(to + 6, y, one.outcome() + remark(one)));
    }
    return svg.append("</svg>\n").toString();
  }

  private String colour(Operation one) {
    if (one.equals(window.culprit())) {
      return "#e05050";
    }
    return one.isKnown() ? "#80b0e0" : "#e8e8e8";
  }

  private static String words(int x, int y, String text) {
    String escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
    return String.format(Locale.ROOT, "<text x=\"%d\" y=\"%d\">%s</text>%n", x, y, escaped);
  }
}
