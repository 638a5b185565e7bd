package io.flotilla.raft.mutants;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * A unified diff, applied to the letter: context and removed lines must be found, once and in
 * order, wherever they have moved to. No fuzz: a patch that no longer fits must be looked at.
 */
final class Patch {
  private record Hunk(int line, List<String> before, List<String> after) {}

  private final Map<String, List<Hunk>> files = new LinkedHashMap<>();

  private Patch() {}

  /** Lines before the first {@code ---} are not part of the diff. */
  static Patch parse(List<String> lines) {
    Patch patch = new Patch();
    List<Hunk> hunks = new ArrayList<>();
    for (String line : lines) {
      Hunk hunk = hunks.isEmpty() ? null : hunks.get(hunks.size() - 1);
      if (line.startsWith("+++ ")) {
        hunks = new ArrayList<>();
        patch.files.put(line.substring(4).replaceFirst("^[^/]*/", "").strip(), hunks);
      } else if (line.startsWith("--- ") || line.startsWith("diff ")) {
        hunks = new ArrayList<>();
      } else if (line.startsWith("@@ ") && !patch.files.isEmpty()) {
        int start = Integer.parseInt(line.split("[-,+ ]+", -1)[1]);
        hunks.add(new Hunk(start, new ArrayList<>(), new ArrayList<>()));
      } else if (hunk != null) {
        patch.body(hunk, line);
      }
    }
    return patch;
  }

  private void body(Hunk hunk, String line) {
    String text = line.isEmpty() ? "" : line.substring(1);
    char sign = line.isEmpty() ? ' ' : line.charAt(0);
    if (sign == ' ' || sign == '-') {
      hunk.before().add(text);
    }
    if (sign == ' ' || sign == '+') {
      hunk.after().add(text);
    }
  }

  /** Paths below the repository's root, and what they become. */
  Map<String, List<String>> applyTo(Function<String, List<String>> source) {
    Map<String, List<String>> patched = new LinkedHashMap<>();
    files.forEach(
        (path, hunks) -> {
          List<String> lines = new ArrayList<>(source.apply(path));
          int moved = 0;
          for (Hunk hunk : hunks) {
            int at = find(path, lines, hunk, hunk.line() - 1 + moved);
            lines.subList(at, at + hunk.before().size()).clear();
            lines.addAll(at, hunk.after());
            moved = at - (hunk.line() - 1) + hunk.after().size() - hunk.before().size();
          }
          patched.put(path, lines);
        });
    if (patched.isEmpty()) {
      throw new IllegalArgumentException("a patch without a file");
    }
    return patched;
  }

  /** The place nearest to where it was. */
  private static int find(String path, List<String> lines, Hunk hunk, int expected) {
    int last = lines.size() - hunk.before().size();
    for (int away = 0; away <= lines.size(); away++) {
      for (int at : new int[] {expected - away, expected + away}) {
        if (at >= 0
            && at <= last
            && lines.subList(at, at + hunk.before().size()).equals(hunk.before())) {
          return at;
        }
      }
    }
    throw new IllegalArgumentException(
        "does not apply to "
            + path
            + ", near line "
            + hunk.line()
            + ":\n"
            + String.join("\n", hunk.before()));
  }
}
