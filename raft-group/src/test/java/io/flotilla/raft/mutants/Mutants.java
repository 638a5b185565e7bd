package io.flotilla.raft.mutants;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The command behind {@code raft-group/mutants}; see there. */
public final class Mutants {
  private static final Duration PATIENCE = Duration.ofMinutes(5);
  private static final Path PATCHES = Path.of("raft-group", "src", "test", "mutants");

  private Mutants() {}

  /** Arguments: the repository's root, then ids (none: all) or {@code --list}. */
  public static void main(String[] args) throws IOException {
    Path root = Path.of(args[0]);
    List<String> wanted = List.of(args).subList(1, args.length);
    List<Mutant> all = Mutant.all(root.resolve(PATCHES));
    if (wanted.contains("--list")) {
      all.forEach(
          m -> System.out.println(m.id() + "\t" + m.module() + " " + m.suite() + "\t" + m.what()));
      return;
    }
    try {
      System.exit(run(root, all, chosen(all, wanted)) ? 0 : 1);
    } catch (IllegalArgumentException wrong) {
      System.err.println(wrong.getMessage());
      System.exit(2);
    }
  }

  private static List<Mutant> chosen(List<Mutant> all, List<String> wanted) {
    List<Mutant> chosen =
        all.stream().filter(m -> wanted.isEmpty() || wanted.contains(m.id())).toList();
    if (chosen.size() < Set.copyOf(wanted).size() || chosen.isEmpty()) {
      throw new IllegalArgumentException(
          "unknown id among " + wanted + "; known: " + all.stream().map(Mutant::id).toList());
    }
    return chosen;
  }

  /** Writes what it knows after each, so that nothing is lost when it is ended. */
  private static boolean run(Path root, List<Mutant> all, List<Mutant> mutants) throws IOException {
    Path work = root.resolve(Path.of("raft-group", "target", "mutants"));
    Path page = root.resolve(PATCHES).resolve("README.md");
    boolean allKilled = true;
    Map<String, Mutant.Verdict> controls = new HashMap<>();
    for (Mutant mutant : mutants) {
      Mutant.Verdict verdict = verdict(root, work, mutant, controls);
      allKilled &= verdict.fate() == Mutant.Fate.KILLED;
      MutantTable table = MutantTable.read(page);
      table.put(mutant, verdict);
      table.write(all);
      System.out.println(table.row(mutant));
    }
    System.out.println((allKilled ? "all killed; " : "NOT ALL KILLED; ") + page);
    return allKilled;
  }

  /** A suite that fails anyway kills nothing; so each is first run without a mutant, once. */
  private static Mutant.Verdict verdict(
      Path root, Path work, Mutant mutant, Map<String, Mutant.Verdict> controls)
      throws IOException {
    String classpath = classpath(root, mutant.module());
    String suite = mutant.module() + mutant.suite() + mutant.properties();
    Mutant.Verdict control = controls.get(suite);
    if (control == null) {
      control = mutant.control(root, work, classpath, PATIENCE);
      controls.put(suite, control);
    }
    if (control.fate() != Mutant.Fate.SURVIVED) {
      String how = "the suite does not pass without it: " + control.how();
      return new Mutant.Verdict(Mutant.Fate.BROKEN, how, Optional.empty());
    }
    return mutant.fight(root, work, classpath, PATIENCE);
  }

  /** The module's own, as the build left it in a file, and behind it that of this package. */
  private static String classpath(Path root, String module) throws IOException {
    Path target = root.resolve(module).resolve(Path.of("target", "quick"));
    return String.join(
        System.getProperty("path.separator"),
        target.resolve("classes").toString(),
        target.resolve("test-classes").toString(),
        Files.readString(target.resolve("test.classpath")).strip(),
        System.getProperty("java.class.path"));
  }
}
