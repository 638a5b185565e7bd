package io.flotilla.router.gateway;

import io.flotilla.router.gateway.Action.Container;
import io.flotilla.router.gateway.Incoming.Request;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** All commands there are. */
final class CommandTable {
  private static final int QUOTED_MAX = 128;

  private final Map<String, Command> commands;

  CommandTable() {
    Map<String, Command> byName = new LinkedHashMap<>();
    add(byName, ConnectionCommands.all());
    add(byName, List.of(ClientCommands.container(), CommandCommands.container()));
    add(byName, ServerCommands.all());
    add(byName, StringCommands.all());
    add(byName, KeyCommands.all());
    commands = Collections.unmodifiableMap(byName);
  }

  private static void add(Map<String, Command> byName, List<Command> more) {
    more.forEach(command -> byName.put(command.name(), command));
  }

  Collection<Command> all() {
    return commands.values();
  }

  Optional<Command> named(String name) {
    return Optional.ofNullable(commands.get(name));
  }

  /**
   * The command, or subcommand, that a request asks for.
   *
   * @throws Refused if there is none, or not with so many arguments
   */
  Command find(Request request) {
    Command command = commands.get(request.word(0));
    if (command == null) {
      throw new Refused(unknown(request));
    }
    if (command.action() instanceof Container container && request.size() > 1) {
      Command sub = container.subcommands().get(request.word(1));
      if (sub == null) {
        throw unknownSubcommand(command, request);
      }
      command = sub;
    }
    if (!command.takes(request.size())) {
      throw Refused.arity(command.name());
    }
    return command;
  }

  private static Refused unknownSubcommand(Command command, Request request) {
    return new Refused(
        "ERR unknown subcommand '%s'. Try %s HELP."
            .formatted(shortened(request.text(1)), command.name().toUpperCase(Locale.ROOT)));
  }

  private static String unknown(Request request) {
    StringBuilder arguments = new StringBuilder();
    for (int i = 1; i < request.size() && arguments.length() < QUOTED_MAX; i++) {
      String argument = request.text(i);
      int room = Math.min(argument.length(), QUOTED_MAX - arguments.length());
      arguments.append('\'').append(argument, 0, room).append("' ");
    }
    return "ERR unknown command '%s', with args beginning with: %s"
        .formatted(shortened(request.text(0)), arguments);
  }

  private static String shortened(String text) {
    return text.length() <= QUOTED_MAX ? text : text.substring(0, QUOTED_MAX);
  }
}
