package io.flotilla.raft.history;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Decides. Linearizability is local (Herlihy and Wing, theorem 1): a history is linearizable if and
 * only if the part of it that belongs to each key is.
 */
public final class Linearizability {
  /** Far more than a history of thousands of operations on one key has ever needed. */
  public static final long STEPS_MAX = 20_000_000;

  private static final Path PICTURES =
      Path.of(System.getProperty("flotilla.histories", "target/histories"));

  private Linearizability() {}

  public static Verdict check(List<Operation> history) {
    return check(history, STEPS_MAX);
  }

  /**
   * The worst that is found: a violation of any key before an undecided one.
   *
   * @param stepsMax for each key, and once more for making a violation's window small
   */
  public static Verdict check(List<Operation> history, long stepsMax) {
    Map<String, List<Operation>> keys = new TreeMap<>();
    history.forEach(one -> keys.computeIfAbsent(one.key(), k -> new ArrayList<>()).add(one));
    Verdict undecided = null;
    for (Map.Entry<String, List<Operation>> key : keys.entrySet()) {
      Steps steps = new Steps(stepsMax);
      switch (Search.of(key.getValue(), Value.ABSENT, steps).run()) {
        case FOUND -> {}
        case NONE -> {
          return new Verdict.Violation(
              key.getKey(), new BadWindow(key.getValue(), new Steps(stepsMax)).smallest());
        }
        case GIVEN_UP -> undecided = new Verdict.Undecided(key.getKey(), steps.taken());
      }
    }
    return undecided == null ? new Verdict.Linearizable() : undecided;
  }

  /**
   * For tests: returns if the history is linearizable.
   *
   * @param name of the picture that is left in {@link #PICTURES} if it is not
   * @throws AssertionError with a picture of what is wrong; and if it cannot be decided
   */
  public static void require(List<Operation> history, String name) {
    Verdict verdict = check(history);
    if (verdict instanceof Verdict.Violation violation) {
      Path file = PICTURES.resolve(name + ".svg");
      write(file, new Picture(violation.window()).svg());
      throw new AssertionError("LINEARIZABILITY: " + violation + "picture: " + file);
    }
    if (verdict instanceof Verdict.Undecided) {
      throw new AssertionError("UNDECIDED, which is no success: " + verdict);
    }
  }

  private static void write(Path file, String text) {
    try {
      Files.createDirectories(file.toAbsolutePath().getParent());
      Files.writeString(file, text);
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }
}
