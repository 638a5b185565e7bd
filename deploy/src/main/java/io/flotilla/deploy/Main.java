package io.flotilla.deploy;

import io.flotilla.deploy.demo.DemoCommand;
import io.flotilla.deploy.dev.DevCommand;
import io.flotilla.deploy.local.LocalCommand;
import io.flotilla.deploy.start.StartCommand;
import io.flotilla.router.cli.FlotillaCommand;
import picocli.CommandLine;

/** The one program: the router's commands, and those that need every room. */
public final class Main {
  private Main() {}

  public static void main(String[] arguments) {
    System.exit(commandLine().execute(arguments));
  }

  static CommandLine commandLine() {
    CommandLine line =
        FlotillaCommand.commandLine()
            .addSubcommand(new DemoCommand())
            .addSubcommand(new DevCommand())
            .addSubcommand(new SimCommand())
            .addSubcommand(new LocalCommand())
            .addSubcommand(new StartCommand());
    // What was set holds for the commands of that moment; the new ones are to answer alike.
    return line.setUsageHelpAutoWidth(true)
        .setParameterExceptionHandler(line.getParameterExceptionHandler())
        .setExecutionExceptionHandler(line.getExecutionExceptionHandler());
  }
}
