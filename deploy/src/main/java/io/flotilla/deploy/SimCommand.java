package io.flotilla.deploy;

import io.flotilla.router.cli.ExitCodes;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/**
 * What is left of {@code flotilla sim} where there is no source tree; there, the launcher runs it.
 */
@Command(
    name = "sim",
    description = "Simulates groups and nodes with everything going wrong; in a source tree only.")
final class SimCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    spec.commandLine()
        .getErr()
        .println(
            "flotilla: the simulator is part of the tests: use deploy/flotilla sim of a source"
                + " tree, not of an installed distribution");
    return ExitCodes.USAGE;
  }
}
