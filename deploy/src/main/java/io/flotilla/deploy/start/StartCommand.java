package io.flotilla.deploy.start;

import io.flotilla.deploy.config.ConfigException;
import io.flotilla.deploy.config.Setting;
import io.flotilla.deploy.config.Settings;
import io.flotilla.router.cli.ExitCodes;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Starts one role in the foreground. */
@Command(
    name = "start",
    description = "Starts one role in the foreground, until SIGTERM or SIGINT.")
public final class StartCommand implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(StartCommand.class);

  /** The cluster has removed this node: to start it again is of no use. EX_CONFIG in sysexits.h. */
  static final int REMOVED = 78;

  @Spec private CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(
        spec.commandLine(), "start needs one of: placement, node, gateway");
  }

  @Command(name = "placement", description = "A member of the placement service.")
  int placement(@picocli.CommandLine.Mixin Options options) throws Exception {
    return options.run(Roles.placement());
  }

  @Command(name = "node", description = "A storage node.")
  int node(@picocli.CommandLine.Mixin Options options) throws Exception {
    return options.run(Roles.node());
  }

  @Command(name = "gateway", description = "A Redis gateway.")
  int gateway(@picocli.CommandLine.Mixin Options options) throws Exception {
    return options.run(Roles.gateway());
  }

  /** What every role can be told. */
  static final class Options {
    @Spec(Spec.Target.MIXEE)
    private CommandSpec spec;

    @Option(names = "--config", paramLabel = "FILE", description = "YAML file.")
    private @Nullable Path config;

    @Option(
        names = "--set",
        paramLabel = "KEY=VALUE",
        description = "Overrides one key; repeatable.")
    private List<String> overrides = new ArrayList<>();

    @Option(
        names = "--pidfile",
        paramLabel = "FILE",
        description = "Where to write the process id; nothing starts if its process runs.")
    private @Nullable Path pidfile;

    @Option(names = "--help-config", description = "Prints the keys of this role and ends.")
    private boolean helpConfig;

    int run(Role role) throws Exception {
      if (helpConfig) {
        role.keys().forEach(this::explain);
        return ExitCodes.OK;
      }
      try {
        Settings settings =
            Settings.load(role.keys(), Optional.ofNullable(config), System.getenv(), overrides);
        if (pidfile == null) {
          return serve(role, settings);
        }
        Pidfile held = Pidfile.hold(pidfile);
        try {
          return serve(role, settings);
        } finally {
          held.close();
        }
      } catch (ConfigException e) {
        spec.commandLine().getErr().println("flotilla: " + e.getMessage());
        return ExitCodes.USAGE;
      }
    }

    private void explain(Setting setting) {
      spec.commandLine()
          .getOut()
          .printf(
              "%-28s %-12s %s%n",
              setting.key(), setting.fallback().orElse("(required)"), setting.meaning());
    }

    private static int serve(Role role, Settings settings) throws Exception {
      CompletableFuture<Integer> ended = new CompletableFuture<>();
      AutoCloseable server = role.start(settings, why -> removed(why, ended));
      Thread shutdown =
          new Thread(
              () -> {
                stop(server);
                ended.complete(ExitCodes.OK);
              },
              "shutdown");
      Runtime.getRuntime().addShutdownHook(shutdown);
      int code = ended.get();
      if (code == REMOVED) {
        stop(server); // before the pidfile says that nothing runs
      }
      return code;
    }

    private static void stop(AutoCloseable server) {
      try {
        server.close();
      } catch (Exception e) {
        LOG.error("could not stop in good order", e);
      }
    }

    private static void removed(String why, CompletableFuture<Integer> ended) {
      if (ended.complete(REMOVED)) {
        LOG.error("{}; this process ends", why);
      }
    }
  }

  /** A role: the keys it knows, and how it starts. */
  record Role(List<Setting> keys, Starter starter) {
    AutoCloseable start(Settings settings, Consumer<String> removed) throws Exception {
      return starter.start(settings, removed);
    }

    /** Returns when it listens. */
    interface Starter {
      /**
       * @param removed told in words, by any thread and more than once, that the cluster has
       *     removed what was started, and that it is to be closed
       */
      AutoCloseable start(Settings settings, Consumer<String> removed) throws Exception;
    }
  }
}
