package io.flotilla.router.gateway;

import io.flotilla.router.client.Bytes;
import io.flotilla.router.gateway.Incoming.Request;
import io.netty.handler.codec.redis.RedisMessage;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** {@code CLIENT}: names for connections, and a list of them. */
final class ClientCommands {
  private static final String GROUP = "connection";

  private ClientCommands() {}

  static Command container() {
    return Command.container(
            "client",
            GROUP,
            "2.4.0",
            List.of(
                Command.local("id", 2, GROUP, "5.0.0", (s, r) -> Replies.integer(s.id()))
                    .says("Returns the number of this connection."),
                Command.local("getname", 2, GROUP, "2.6.9", ClientCommands::getName)
                    .says("Returns the name of this connection."),
                Command.local("setname", 3, GROUP, "2.6.9", ClientCommands::setName)
                    .says("Names this connection."),
                Command.local("setinfo", 4, GROUP, "7.2.0", ClientCommands::setInfo)
                    .says("Sets the name or version of the client's library."),
                Command.local("info", 2, GROUP, "6.2.0", ClientCommands::info)
                    .says("Describes this connection."),
                Command.local("list", -2, GROUP, "2.4.0", ClientCommands::list)
                    .says("Describes the connections of this gateway."),
                Command.local("no-evict", 3, GROUP, "7.0.0", ClientCommands::onOrOff)
                    .says("Without effect: no connection is evicted."),
                Command.local("no-touch", 3, GROUP, "7.2.0", ClientCommands::onOrOff)
                    .says("Without effect: no key has an access time.")))
        .says("Names connections and lists them.");
  }

  private static RedisMessage getName(Session session, Request request) {
    return session.name().isEmpty() ? Replies.NIL : Replies.bulk(session.name());
  }

  private static RedisMessage setName(Session session, Request request) {
    session.name(request.at(2));
    return Replies.OK;
  }

  private static RedisMessage setInfo(Session session, Request request) {
    switch (request.word(2)) {
      case "lib-name" -> session.library(request.at(3));
      case "lib-ver" -> session.libraryVersion(request.at(3));
      default -> throw new Refused("ERR Unrecognized option '" + request.text(2) + "'");
    }
    return Replies.OK;
  }

  private static RedisMessage info(Session session, Request request) {
    return Replies.bulk(session.describe() + "\n");
  }

  private static RedisMessage list(Session session, Request request) {
    Set<Long> wanted = new HashSet<>();
    boolean byId = request.size() >= 4 && request.word(2).equals("id");
    boolean none = false;
    if (byId) {
      for (int i = 3; i < request.size(); i++) {
        wanted.add(request.number(i, "ERR Invalid client ID"));
      }
    } else if (request.size() == 4 && request.word(2).equals("type")) {
      none = !isNormal(request.word(3));
    } else if (request.size() != 2) {
      throw Refused.syntax();
    }
    boolean nobody = none;
    String lines =
        session.gateway().sessions().stream()
            .filter(other -> !nobody && (!byId || wanted.contains(other.id())))
            .map(other -> other.describe() + "\n")
            .collect(Collectors.joining());
    return Replies.bulk(Bytes.utf8(lines));
  }

  private static boolean isNormal(String type) {
    return switch (type) {
      case "normal" -> true;
      case "master", "replica", "slave", "pubsub" -> false;
      default -> throw new Refused("ERR Unknown client type '" + type + "'");
    };
  }

  private static RedisMessage onOrOff(Session session, Request request) {
    return switch (request.word(2)) {
      case "on", "off" -> Replies.OK;
      default -> throw Refused.syntax();
    };
  }
}
