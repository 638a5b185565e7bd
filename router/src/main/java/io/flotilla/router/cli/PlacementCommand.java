package io.flotilla.router.cli;

import io.flotilla.router.client.AdminAnswer;
import io.flotilla.router.client.AdminClient;
import io.flotilla.router.client.ClusterStatus;
import io.flotilla.router.client.FlotillaClient;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "placement",
    description = "The members of placement, which knows the map and is a group of its own.",
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      PlacementCommand.MembersCommand.class,
      PlacementCommand.AddCommand.class,
      PlacementCommand.RemoveCommand.class,
      PlacementCommand.TransferCommand.class
    })
final class PlacementCommand {
  static Table table(List<ClusterStatus.Member> members) {
    Table table = new Table("PLACEMENT", "ADDRESS", "ROLE", "STATE", "APPLIED");
    for (ClusterStatus.Member member : members) {
      table.row(
          member.id(),
          member.address(),
          member.leader() ? "leader" : member.learner() ? "learner" : "follower",
          (member.heard() ? "alive" : "silent") + (member.leaving() ? ", leaving" : ""),
          member.applied());
    }
    return table;
  }

  @Command(
      name = "members",
      description = "Lists them, and says who leads, who learns and who leaves.")
  static final class MembersCommand extends AdminVerb {
    @Override
    int run(FlotillaClient client) {
      List<ClusterStatus.Member> members = FlotillaClient.await(client.admin().status()).members();
      if (output.json()) {
        output.print(members);
      } else {
        output.print(table(members));
      }
      return ExitCodes.OK;
    }
  }

  /** Changes who belongs to it, or says what would come of that. */
  private abstract static class ChangeVerb extends AdminVerb {
    @Option(names = "--dry-run", description = "Says what would come of it, and changes nothing.")
    private boolean dryRun;

    final int print(CompletableFuture<AdminAnswer> answer, String done) {
      AdminAnswer said = FlotillaClient.await(answer);
      boolean plan = dryRun && output.json(); // there is no plan of jobs that people could read
      return AdminOutput.print(output, said, plan, dryRun ? "nothing was changed" : done);
    }

    @Override
    final int run(FlotillaClient client) {
      return change(client.admin(), dryRun);
    }

    abstract int change(AdminClient admin, boolean dry);
  }

  @Command(
      name = "add",
      description = {
        "Adds a member, and says how its process is to be started.",
        "It learns first, and gets its vote by itself when it has the log.",
      })
  static final class AddCommand extends ChangeVerb {
    @Parameters(
        paramLabel = "HOST:PORT",
        description = "Where everybody will reach it. It keeps that address for good.")
    private String address;

    @Override
    int change(AdminClient admin, boolean dry) {
      return print(admin.addMember(address, dry), address + " is a member");
    }
  }

  @Command(
      name = "remove",
      description = {
        "Removes a member for good: its id and its data directory never come back.",
        "Refused if no majority of those that are left is heard. Returns at once.",
      })
  static final class RemoveCommand extends ChangeVerb {
    @Parameters(paramLabel = "MEMBER", description = "Its id, as in placement members.")
    private long member;

    @Override
    int change(AdminClient admin, boolean dry) {
      return print(admin.removeMember(member, dry), "member " + member + " leaves");
    }
  }

  @Command(
      name = "transfer",
      description = "Has another member lead, and returns when it was handed over.")
  static final class TransferCommand extends AdminVerb {
    @Parameters(paramLabel = "MEMBER", description = "Its id, as in placement members.")
    private long member;

    @Override
    int run(FlotillaClient client) {
      return AdminOutput.print(
          output,
          FlotillaClient.await(client.admin().transferPlacement(member)),
          false,
          "member " + member + " leads placement");
    }
  }
}
