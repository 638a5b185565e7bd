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
    return FlotillaCommand.commandLine(
        new DemoCommand(),
        new DevCommand(),
        new SimCommand(),
        new LocalCommand(),
        new StartCommand());
  }
}
