package io.flotilla.deploy.local;

import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The noun; its verbs are the subcommands. */
@Command(
    name = "local",
    description = "A cluster of separate processes on this machine.",
    subcommands = {
      LocalUpCommand.class,
      LocalAddCommand.class,
      LocalStatusCommand.class,
      LocalKillCommand.class,
      LocalRestartCommand.class,
      LocalForgetCommand.class,
      LocalDownCommand.class
    })
public final class LocalCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    throw new ParameterException(
        spec.commandLine(), "local needs one of: up, add, status, kill, restart, forget, down");
  }

  /** Runs a verb; what the person can mend is one line on standard error. */
  static int run(CommandSpec spec, Verb verb) throws Exception {
    PrintWriter out = spec.commandLine().getOut();
    try {
      return verb.run(out);
    } catch (LocalException e) {
      spec.commandLine().getErr().println("flotilla: " + e.getMessage());
      return e.exitCode();
    } finally {
      out.flush();
    }
  }

  /** What a verb does. */
  interface Verb {
    int run(PrintWriter out) throws Exception;
  }
}
