package io.flotilla.raft.mutants;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
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
      System.exit(run(root, chosen(all, wanted)) ? 0 : 1);
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

  private static boolean run(Path root, List<Mutant> mutants) throws IOException {
    Path work = root.resolve(Path.of("raft-group", "target", "mutants"));
    List<String> table = new ArrayList<>();
    table.add("| mutant | what | fate | killed by | how | seeds | seconds |");
    table.add("| --- | --- | --- | --- | --- | --- | --- |");
    boolean allKilled = true;
    Map<String, Mutant.Verdict> controls = new HashMap<>();
    for (Mutant mutant : mutants) {
      Mutant.Verdict verdict = verdict(root, work, mutant, controls);
      allKilled &= verdict.fate() == Mutant.Fate.KILLED;
      String row = row(mutant, verdict);
      System.out.println(row);
      table.add(row);
    }
    Path report = Files.write(root.resolve("raft-group/target/mutants.md"), table);
    System.out.println((allKilled ? "all killed; " : "NOT ALL KILLED; ") + report);
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
      return new Mutant.Verdict(Mutant.Fate.BROKEN, how, Optional.empty(), control.took());
    }
    return mutant.fight(root, work, classpath, PATIENCE);
  }

  private static String row(Mutant mutant, Mutant.Verdict verdict) {
    String how = verdict.how().lines().findFirst().orElse("").replace('|', '/');
    return String.format(
        Locale.ROOT,
        "| %s | %s | %s | %s | %s | %s | %.1f |",
        mutant.id(),
        mutant.what(),
        verdict.fate().name().toLowerCase(Locale.ROOT),
        mutant.suite().replaceFirst(".*\\.", ""),
        how.length() > 90 ? how.substring(0, 90) + "…" : how,
        verdict.seeds().map(String::valueOf).orElse(""),
        verdict.took().toMillis() / 1000.0);
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
