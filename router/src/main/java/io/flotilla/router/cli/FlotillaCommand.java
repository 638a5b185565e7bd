package io.flotilla.router.cli;

import io.flotilla.router.client.KvException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * The root of the command line. {@link #commandLine} has the administrator's commands, and whatever
 * else the launcher gives it.
 */
@Command(
    name = "flotilla",
    description = "A sharded key-value store in which every shard is a Raft group.",
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      StatusCommand.class,
      NodeCommand.class,
      ShardCommand.class,
      KeyspaceCommand.class,
      JobCommand.class,
      PlacementCommand.class,
      BalanceCommand.class,
      GetCommand.class,
      PutCommand.class,
      DeleteCommand.class,
      ScanCommand.class,
      LoadCommand.class,
    },
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:ok",
      "1:failed, or a condition was not met",
      "2:the command line was wrong",
      "3:degraded: the cluster serves, but something is missing",
      "4:nobody answered in time, or it cannot be served now",
      "5:not found",
    })
public final class FlotillaCommand implements Runnable {
  @Spec private CommandSpec spec;

  private FlotillaCommand() {}

  /**
   * A command line with the administrator's commands and more. All of them answer alike: to {@code
   * --help} and {@code --version}, to what is wrong, and with their exit codes.
   *
   * @param more commands beside the administrator's
   */
  public static CommandLine commandLine(Object... more) {
    CommandLine line = new CommandLine(new FlotillaCommand());
    for (Object command : more) {
      line.addSubcommand(command);
    }
    addStandardOptions(line);
    return line.registerConverter(Duration.class, Durations::parse)
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setUsageHelpAutoWidth(true)
        .setParameterExceptionHandler(FlotillaCommand::onUsage)
        .setExecutionExceptionHandler(FlotillaCommand::onFailure);
  }

  private static void addStandardOptions(CommandLine line) {
    line.getCommandSpec().mixinStandardHelpOptions(true).versionProvider(new Version());
    line.getSubcommands().values().forEach(FlotillaCommand::addStandardOptions);
  }

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "a command is missing");
  }

  private static int onUsage(ParameterException e, String[] args) {
    CommandLine command = e.getCommandLine();
    error(command, firstLine(e) + " (see " + command.getCommandSpec().qualifiedName() + " --help)");
    return ExitCodes.USAGE;
  }

  private static int onFailure(
      Exception e, CommandLine command, CommandLine.@Nullable ParseResult parsed) {
    if (e instanceof KvException failure) {
      error(command, failure.getMessage());
      if (failure.isNotFound()) {
        return ExitCodes.NOT_FOUND;
      }
      return failure.isPassing() ? ExitCodes.UNAVAILABLE : ExitCodes.FAILED;
    }
    if (e instanceof IllegalArgumentException) {
      error(command, firstLine(e));
      return ExitCodes.USAGE;
    }
    error(command, e.getClass().getSimpleName() + ": " + firstLine(e));
    return ExitCodes.FAILED;
  }

  private static void error(CommandLine command, String message) {
    command.getErr().println("flotilla: " + message);
  }

  private static String firstLine(Exception e) {
    String message = e.getMessage();
    return message == null ? "no message" : message.lines().findFirst().orElse("");
  }

  /** The version that the jar was built as. */
  static final class Version implements CommandLine.IVersionProvider {
    @Override
    public String[] getVersion() {
      String built = FlotillaCommand.class.getPackage().getImplementationVersion();
      return new String[] {"flotilla " + (built == null ? "(unpackaged)" : built)};
    }
  }
}
