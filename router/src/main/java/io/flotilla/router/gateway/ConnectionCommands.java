package io.flotilla.router.gateway;

import io.flotilla.router.gateway.Incoming.Request;
import io.netty.handler.codec.redis.RedisMessage;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Commands on the connection itself. */
final class ConnectionCommands {
  private static final String GROUP = "connection";
  private static final int RESP2 = 2;

  private ConnectionCommands() {}

  static List<Command> all() {
    return List.of(
        Command.local("ping", -1, GROUP, "1.0.0", ConnectionCommands::ping)
            .without(Trait.LOADING)
            .says("Returns PONG, or the argument."),
        Command.local("echo", 2, GROUP, "1.0.0", (session, r) -> Replies.bulk(r.at(1)))
            .says("Returns the argument."),
        Command.local("hello", -1, GROUP, "6.0.0", ConnectionCommands::hello)
            .says("Shakes hands; the protocol is RESP2."),
        Command.local("auth", -2, GROUP, "1.0.0", ConnectionCommands::auth)
            .says("There are no passwords: refused, but for the user default."),
        Command.local("select", 2, GROUP, "1.0.0", ConnectionCommands::select)
            .says("There is one database, 0."),
        Command.local("quit", -1, GROUP, "1.0.0", ConnectionCommands::quit)
            .says("Closes the connection after the replies."),
        Command.local("reset", 1, GROUP, "6.2.0", ConnectionCommands::reset)
            .says("Makes the connection as it was at first."));
  }

  private static RedisMessage ping(Session session, Request request) {
    if (request.size() > 2) {
      throw Refused.arity("ping");
    }
    return request.size() == 2 ? Replies.bulk(request.at(1)) : Replies.PONG;
  }

  private static RedisMessage hello(Session session, Request request) {
    int at = 1;
    if (request.size() > 1) {
      long version = request.number(1, "ERR Protocol version is not an integer or out of range");
      if (version != RESP2) {
        throw new Refused("NOPROTO unsupported protocol version");
      }
      at = 2;
    }
    while (at < request.size()) {
      int left = request.size() - at - 1;
      String option = request.word(at);
      if (option.equals("auth") && left >= 2) {
        authenticate(request.text(at + 1));
        at += 3;
      } else if (option.equals("setname") && left >= 1) {
        session.name(request.at(at + 1));
        at += 2;
      } else {
        throw new Refused("ERR Syntax error in HELLO option '" + request.text(at) + "'");
      }
    }
    return greeting(session);
  }

  private static RedisMessage greeting(Session session) {
    Map<String, RedisMessage> fields = new LinkedHashMap<>();
    fields.put("server", Replies.bulk("redis"));
    fields.put("version", Replies.bulk(ServerCommands.REDIS_VERSION));
    fields.put("proto", Replies.integer(RESP2));
    fields.put("id", Replies.integer(session.id()));
    fields.put("mode", Replies.bulk("standalone"));
    fields.put("role", Replies.bulk("master"));
    fields.put("modules", Replies.array(List.of()));
    return Replies.map(fields);
  }

  private static RedisMessage auth(Session session, Request request) {
    if (request.size() > 3) {
      throw Refused.syntax();
    }
    if (request.size() == 2) {
      throw new Refused(
          "ERR AUTH <password> called without any password configured for the default user. Are"
              + " you sure your configuration is correct?");
    }
    authenticate(request.text(1));
    return Replies.OK;
  }

  /** As Redis without passwords: any will do for the one user there is. */
  private static void authenticate(String user) {
    if (!user.equals("default")) {
      throw new Refused("WRONGPASS invalid username-password pair or user is disabled.");
    }
  }

  private static RedisMessage select(Session session, Request request) {
    if (request.number(1) != 0) {
      throw new Refused("ERR DB index is out of range");
    }
    return Replies.OK;
  }

  private static RedisMessage quit(Session session, Request request) {
    session.end();
    return Replies.OK;
  }

  private static RedisMessage reset(Session session, Request request) {
    session.reset();
    return Replies.simple("RESET");
  }
}
