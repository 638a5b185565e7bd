package io.flotilla.deploy;

import io.flotilla.deploy.demo.DemoCommand;
import io.flotilla.deploy.dev.DevCommand;
import io.flotilla.deploy.local.LocalCommand;
import io.flotilla.deploy.start.StartCommand;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The one program: the router's commands, and those that need every room. */
@Command(name = "flotilla")
public final class Main {
  private Main() {}

  public static void main(String[] arguments) {
    System.exit(commandLine().execute(arguments));
  }

  static CommandLine commandLine() {
    return new CommandLine(new Main())
        .addSubcommand(new DemoCommand())
        .addSubcommand(new DevCommand())
        .addSubcommand(new LocalCommand())
        .addSubcommand(new StartCommand());
  }
}
