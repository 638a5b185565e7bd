package io.flotilla.router.gateway;

import io.flotilla.router.client.Bytes;
import io.flotilla.router.gateway.Incoming.Request;
import io.netty.handler.codec.redis.RedisMessage;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

/** {@code COMMAND}: what the command table says of itself. */
final class CommandCommands {
  private static final String GROUP = "server";
  private static final String SINCE = "2.8.13";

  private CommandCommands() {}

  static Command container() {
    return Command.container(
            "command",
            GROUP,
            SINCE,
            List.of(
                Command.local("count", 2, GROUP, SINCE, CommandCommands::count)
                    .says("Returns the number of commands."),
                Command.local("info", -2, GROUP, SINCE, CommandCommands::info)
                    .says("Describes commands for programs."),
                Command.local("docs", -2, GROUP, "7.0.0", CommandCommands::docs)
                    .says("Describes commands for people."),
                Command.local("list", -2, GROUP, "7.0.0", CommandCommands::list)
                    .says("Returns the names of commands."),
                Command.local("getkeys", -3, GROUP, SINCE, CommandCommands::getKeys)
                    .says("Returns the keys in a command.")))
        .says("Describes commands.")
        .orAlone(CommandCommands::everything);
  }

  private static RedisMessage everything(Session session, Request request) {
    return Replies.array(describe(session.gateway().commands().all()));
  }

  private static RedisMessage count(Session session, Request request) {
    return Replies.integer(session.gateway().commands().all().size());
  }

  private static RedisMessage info(Session session, Request request) {
    if (request.size() == 2) {
      return everything(session, request);
    }
    List<RedisMessage> found = new ArrayList<>();
    for (int i = 2; i < request.size(); i++) {
      found.add(
          session
              .gateway()
              .commands()
              .named(request.word(i))
              .map(CommandCommands::describe)
              .orElse(Replies.NIL_ARRAY));
    }
    return Replies.array(found);
  }

  private static RedisMessage docs(Session session, Request request) {
    Map<String, RedisMessage> docs = new LinkedHashMap<>();
    Stream<Command> wanted =
        request.size() == 2
            ? session.gateway().commands().all().stream()
            : request.every(1, 2).stream()
                .flatMap(name -> session.gateway().commands().named(lower(name)).stream());
    wanted.forEach(command -> docs.put(command.name(), document(command)));
    return Replies.map(docs);
  }

  private static RedisMessage list(Session session, Request request) {
    Stream<Command> all = session.gateway().commands().all().stream();
    if (request.size() == 5 && request.word(2).equals("filterby")) {
      all = all.filter(filter(request.word(3), request.at(4))::matches);
    } else if (request.size() != 2) {
      throw Refused.syntax();
    }
    return Replies.bulks(all.map(Command::name).toList());
  }

  private static Filter filter(String by, Bytes value) {
    return switch (by) {
      case "module" -> command -> false;
      case "aclcat" -> command -> categories(command).contains("@" + lower(value));
      case "pattern" -> {
        Glob pattern = new Glob(value);
        yield command -> pattern.matches(Bytes.utf8(command.name()));
      }
      default -> throw Refused.syntax();
    };
  }

  private interface Filter {
    boolean matches(Command command);
  }

  private static RedisMessage getKeys(Session session, Request request) {
    Request inner = new Request(request.every(1, 2), request.bytes());
    Command command =
        session
            .gateway()
            .commands()
            .named(inner.word(0))
            .orElseThrow(() -> new Refused("ERR Invalid command specified"));
    if (!command.takes(inner.size())) {
      throw new Refused("ERR Invalid number of arguments specified for command");
    }
    List<Bytes> keys = command.keysIn(inner);
    if (keys.isEmpty()) {
      throw new Refused("ERR The command has no key arguments");
    }
    return Replies.array(keys.stream().map(Replies::bulk).toList());
  }

  private static List<RedisMessage> describe(Collection<Command> commands) {
    return commands.stream().map(CommandCommands::describe).toList();
  }

  /** The ten fields that Redis 7 has. */
  private static RedisMessage describe(Command command) {
    return Replies.array(
        List.of(
            Replies.bulk(command.name()),
            Replies.integer(command.arity()),
            Replies.simples(command.traits().stream().map(Trait::flag).sorted().toList()),
            Replies.integer(command.keys().first()),
            Replies.integer(command.keys().last()),
            Replies.integer(command.keys().step()),
            Replies.simples(categories(command)),
            Replies.array(List.of()),
            Replies.array(List.of()),
            Replies.array(describe(command.subcommands()))));
  }

  private static List<String> categories(Command command) {
    String group = command.group().equals("generic") ? "keyspace" : command.group();
    Stream<String> traits =
        command.traits().stream().map(Trait::category).filter(name -> !name.isEmpty());
    String pace = command.is(Trait.FAST) ? "" : "@slow";
    return Stream.concat(traits, Stream.of("@" + group, pace))
        .filter(name -> !name.isEmpty())
        .sorted()
        .toList();
  }

  private static RedisMessage document(Command command) {
    Map<String, RedisMessage> fields = new LinkedHashMap<>();
    fields.put("summary", Replies.bulk(command.summary()));
    fields.put("since", Replies.bulk(command.since()));
    fields.put("group", Replies.bulk(command.group()));
    if (!command.subcommands().isEmpty()) {
      Map<String, RedisMessage> subcommands = new LinkedHashMap<>();
      command.subcommands().forEach(sub -> subcommands.put(sub.name(), document(sub)));
      fields.put("subcommands", Replies.map(subcommands));
    }
    return Replies.map(fields);
  }

  private static String lower(Bytes name) {
    return name.asUtf8().toLowerCase(Locale.ROOT);
  }
}
