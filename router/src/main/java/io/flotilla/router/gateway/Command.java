package io.flotilla.router.gateway;

import io.flotilla.router.client.Bytes;
import io.flotilla.router.gateway.Incoming.Request;
import io.netty.handler.codec.redis.RedisMessage;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * A line of the command table.
 *
 * @param name in lower case; of a subcommand, {@code container|name}
 * @param arity arguments with the name; negative: at least so many
 * @param keys where the keys stand
 * @param group Redis's name for the chapter it belongs to
 */
record Command(
    String name,
    int arity,
    Set<Trait> traits,
    Keys keys,
    String group,
    String since,
    String summary,
    Action action) {

  /**
   * @param first 0: none
   * @param last negative: counted from the end
   */
  record Keys(int first, int last, int step) {
    static final Keys NONE = new Keys(0, 0, 0);
    static final Keys ONE = new Keys(1, 1, 1);
    static final Keys ALL = new Keys(1, -1, 1);
    static final Keys EVERY_OTHER = new Keys(1, -1, 2);
  }

  Command {
    traits = Set.copyOf(traits);
  }

  static Command local(String name, int arity, String group, String since, Action.Local action) {
    return new Command(
        name, arity, EnumSet.of(Trait.FAST, Trait.LOADING), Keys.NONE, group, since, "", action);
  }

  static Command stored(
      String name, int arity, Keys keys, String group, String since, Action.Stored action) {
    return new Command(name, arity, Set.of(), keys, group, since, "", action);
  }

  /** Subcommands are given by their own names alone. */
  static Command container(String name, String group, String since, List<Command> subcommands) {
    Map<String, Command> byName = new LinkedHashMap<>();
    for (Command each : subcommands) {
      byName.put(each.name, each.named(name + "|" + each.name));
    }
    Command help =
        local("help", 2, group, since, (session, request) -> help(name, byName.values()))
            .says("Returns this text.");
    byName.put("help", help.named(name + "|help"));
    Action.Local none =
        (session, request) -> {
          throw Refused.arity(name);
        };
    return local(name, -2, group, since, none).acting(-2, new Action.Container(byName, none));
  }

  private static RedisMessage help(String name, Collection<Command> subcommands) {
    List<String> lines = new ArrayList<>();
    lines.add(
        name.toUpperCase(Locale.ROOT)
            + " <subcommand> [<arg> [value] [opt] ...]. Subcommands are:");
    for (Command each : subcommands) {
      lines.add(each.name.substring(name.length() + 1).toUpperCase(Locale.ROOT));
      lines.add("    " + each.summary);
    }
    return Replies.simples(lines);
  }

  /** A container that may also stand alone. */
  Command orAlone(Action.Local bare) {
    Action.Container container = (Action.Container) action;
    return acting(-1, new Action.Container(container.subcommands(), bare));
  }

  /** Of a container. */
  Collection<Command> subcommands() {
    return action instanceof Action.Container container
        ? container.subcommands().values()
        : List.of();
  }

  Command with(Trait... more) {
    Set<Trait> all = EnumSet.noneOf(Trait.class);
    all.addAll(traits);
    all.addAll(List.of(more));
    return new Command(name, arity, all, keys, group, since, summary, action);
  }

  Command without(Trait trait) {
    Set<Trait> rest = EnumSet.noneOf(Trait.class);
    rest.addAll(traits);
    rest.remove(trait);
    return new Command(name, arity, rest, keys, group, since, summary, action);
  }

  Command says(String text) {
    return new Command(name, arity, traits, keys, group, since, text, action);
  }

  private Command named(String other) {
    return new Command(other, arity, traits, keys, group, since, summary, action);
  }

  private Command acting(int arguments, Action other) {
    return new Command(name, arguments, traits, keys, group, since, summary, other);
  }

  /** What it does at once; of a container, what it does without a subcommand. */
  Action.Local local() {
    if (action instanceof Action.Container container) {
      return container.bare();
    }
    return (Action.Local) action;
  }

  boolean is(Trait trait) {
    return traits.contains(trait);
  }

  boolean takes(int arguments) {
    return arity >= 0 ? arguments == arity : arguments >= -arity;
  }

  /** The keys in a request that this command takes. */
  List<Bytes> keysIn(Request request) {
    List<Bytes> found = new ArrayList<>();
    if (keys.first() > 0) {
      int last = keys.last() < 0 ? request.size() + keys.last() : keys.last();
      for (int i = keys.first(); i <= last; i += keys.step()) {
        found.add(request.at(i));
      }
    }
    return found;
  }
}
