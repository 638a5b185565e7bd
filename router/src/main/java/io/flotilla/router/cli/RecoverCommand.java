package io.flotilla.router.cli;

import io.flotilla.router.client.AdminAnswer;
import io.flotilla.router.client.FlotillaClient;
import io.flotilla.router.client.KvException;
import io.flotilla.router.client.Losses;
import io.flotilla.router.client.Losses.LostShard;
import java.io.Console;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "recover",
    description = {
      "Finds shards that have lost the majority of their replicas for good, with nodes that are"
          + " judged dead, and says what is left of them. Changes nothing without --unsafe.",
      "With --unsafe, each goes on with the one replica whose log is the furthest. What only the"
          + " dead had is lost; the dead must not come back: node remove, right after.",
      "Exits with 3 if some without a majority are left as they are, 1 if one that was named is"
          + " not lost, or of those that were tried none was recovered. With --dry-run: as"
          + " --unsafe does if none of them fails.",
    })
final class RecoverCommand extends AdminVerb {
  private static final int AT_ONCE = 100;

  @Parameters(
      paramLabel = "SHARD",
      arity = "0..*",
      description = "Only these. Default: all that have lost their majority.")
  private List<String> shards = new ArrayList<>();

  @Option(names = "--unsafe", description = "Do it, at the price that is told.")
  private boolean unsafe;

  @Option(names = "--dry-run", description = "Tell what --unsafe would do, and change nothing.")
  private boolean dryRun;

  @Option(names = "--yes", description = "Do not ask.")
  private boolean yes;

  @Option(
      names = "--wait",
      paramLabel = "TIME",
      defaultValue = "60s",
      description =
          "Longest wait until all serve again, but for placement's last answer. Default:"
              + " ${DEFAULT-VALUE}.")
  private Duration wait;

  @Override
  int run(FlotillaClient client) throws Exception {
    List<Long> named = Numbers.read(shards, "shard", "shard list");
    Losses losses = FlotillaClient.await(client.admin().losses(named));
    if (output.json()) {
      output.print(LossView.of(losses));
    } else {
      print(losses);
    }
    if (losses.shards().isEmpty() || dryRun) {
      return losses.obstacles().isEmpty() ? ExitCodes.OK : ExitCodes.DEGRADED;
    }
    if (!unsafe) {
      return ExitCodes.DEGRADED;
    }
    if (!isConfirmed(losses.shards().size())) {
      output.err().println("flotilla: nothing was changed");
      return ExitCodes.FAILED;
    }
    List<LostShard> begun = begin(client, losses.shards());
    RecoveryCheck check = new RecoveryCheck(client, line -> output.err().println(line));
    check.await(begun, wait);
    boolean all = losses.obstacles().isEmpty() && check.serving().size() == losses.shards().size();
    SortedSet<Long> dead = new TreeSet<>();
    begun.stream()
        .filter(lost -> !check.givenUp().contains(lost.shard()))
        .flatMap(lost -> lost.replicas().stream())
        .filter(replica -> replica.fate() == Losses.Fate.DEAD)
        .forEach(replica -> dead.add(replica.node()));
    if (!dead.isEmpty()) {
      tellWhatIsLeftToDo(check, dead, all);
    }
    if (check.serving().isEmpty()) {
      return ExitCodes.FAILED;
    }
    return all ? ExitCodes.OK : ExitCodes.DEGRADED;
  }

  /**
   * Has placement begin. What was begun goes on, though others are refused.
   *
   * @return what has begun, or may have
   */
  private List<LostShard> begin(FlotillaClient client, List<LostShard> lost) {
    List<LostShard> begun = new ArrayList<>();
    for (int i = 0; i < lost.size(); i += AT_ONCE) {
      List<LostShard> some = lost.subList(i, Math.min(lost.size(), i + AT_ONCE));
      try {
        AdminAnswer answer = FlotillaClient.await(client.admin().recoverShards(some));
        answer.notes().forEach(note -> forPeople().println("  " + note));
        Set<Long> taken =
            answer.jobs().stream().map(each -> each.job().shard()).collect(Collectors.toSet());
        some.stream().filter(each -> taken.contains(each.shard())).forEach(begun::add);
      } catch (KvException e) {
        if (e.outcomeUnknown()) {
          begun.addAll(some);
        } else if (begun.isEmpty()) {
          throw e;
        }
        output.err().println("flotilla: " + e.getMessage());
      }
    }
    return begun;
  }

  /** Beside what programs read. */
  private PrintWriter forPeople() {
    return output.json() ? output.err() : output.out();
  }

  private boolean isConfirmed(int count) {
    if (yes) {
      return true;
    }
    Console console =
        terminal()
            .orElseThrow(
                () ->
                    new IllegalArgumentException(
                        "standard input is not a terminal that could be asked; with --yes nobody is"
                            + " asked"));
    String typed =
        console.readLine("To give up what is lost, type the number of shards, %d: ", count);
    return typed != null && typed.strip().equals(Integer.toString(count));
  }

  /** Since JDK 22 there is a console also where nobody sits, but then it says so itself. */
  @SuppressWarnings("SystemConsoleNull")
  private static Optional<Console> terminal() {
    Console console = System.console();
    if (console == null) {
      return Optional.empty();
    }
    try {
      Object sits = Console.class.getMethod("isTerminal").invoke(console);
      return Optional.of(console).filter(unused -> Boolean.TRUE.equals(sits));
    } catch (NoSuchMethodException before22) {
      return Optional.of(console);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("a console that does not tell what it is", e);
    }
  }

  private void print(Losses losses) {
    losses.obstacles().forEach(output.out()::println);
    if (losses.shards().isEmpty()) {
      output
          .out()
          .println(
              losses.obstacles().isEmpty()
                  ? "no shard has lost its majority"
                  : "no shard can be recovered");
      return;
    }
    Table table =
        new Table("SHARD", "REPLICA", "NODE", "STATE", "LAST TERM", "INDEX", "BEHIND", "APPLIED");
    losses.shards().forEach(lost -> addRows(table, lost));
    output.print(table);
    losses.shards().forEach(this::tellWhatIsKnownToBeLost);
    output
        .out()
        .println(
            (unsafe ? "Each goes" : "With --unsafe, each would go")
                + " on with the one replica whose log is the furthest; the others are left out."
                + " Lost is what only the dead had: a write that was acknowledged is gone if all"
                + " who had it are dead. A write that was not acknowledged may take effect.");
  }

  private static void addRows(Table table, LostShard lost) {
    long furthest = lost.surviving().log().map(Losses.Log::lastIndex).orElse(0L);
    for (Losses.Replica replica : lost.replicas()) {
      boolean goesOn = replica.id() == lost.survivor();
      Optional<Losses.Log> log = replica.log();
      table.row(
          lost.shard(),
          replica.id(),
          replica.node(),
          goesOn ? "goes on" : state(replica.fate()),
          log.map(Losses.Log::lastTerm).map(Object.class::cast).orElse("-"),
          log.map(Losses.Log::lastIndex).map(Object.class::cast).orElse("-"),
          log.map(known -> (Object) Math.max(0, furthest - known.lastIndex())).orElse("-"),
          log.map(Losses.Log::applied).map(Object.class::cast).orElse("-"));
    }
  }

  private static String state(Losses.Fate fate) {
    return switch (fate) {
      case DEAD -> "dead";
      case ALIVE -> "left out";
      case MISSING -> "has nothing";
      case LOST -> "is lost";
      case UNKNOWN -> "unknown";
    };
  }

  /** By what the dead said last; nothing of what came after that is known. */
  private void tellWhatIsKnownToBeLost(LostShard lost) {
    long kept = lost.surviving().log().map(Losses.Log::lastIndex).orElse(0L);
    for (Losses.Replica replica : lost.replicas()) {
      long had = replica.log().map(Losses.Log::lastIndex).orElse(0L);
      if (replica.fate() == Losses.Fate.DEAD && had > kept) {
        output
            .out()
            .printf(
                "shard %d: replica %d on node %d had at least %,d entries more%n",
                lost.shard(), replica.id(), replica.node(), had - kept);
      }
    }
  }

  private void tellWhatIsLeftToDo(RecoveryCheck check, SortedSet<Long> dead, boolean all) {
    PrintWriter out = forPeople();
    String told =
        (all ? "Each has one replica now." : "Each that was recovered has one replica.")
            + " The dead nodes must not come back with what they had";
    if (check.seen().isEmpty()) {
      out.println(told + "; node why says of each when it can be removed.");
      return;
    }
    AfterRecovery after = new AfterRecovery(check.seen().get(), dead);
    List<String> steps = after.steps();
    if (after.empty().isEmpty()) {
      out.println(told + ".");
    } else {
      out.println(told + "; remove " + (steps.isEmpty() ? "them:" : "those that are empty:"));
    }
    after.empty().forEach(node -> out.println("  flotilla node remove " + node));
    steps.forEach(out::println);
  }
}
