package io.flotilla.router.gateway;

import io.flotilla.router.gateway.Incoming.Request;
import io.netty.handler.codec.redis.RedisMessage;
import java.util.Map;

/** How a command is carried out. All of these may throw {@link Refused}. */
sealed interface Action {
  /** At once, from what the gateway and the connection know. */
  non-sealed interface Local extends Action {
    RedisMessage answer(Session session, Request request);
  }

  /** By the store. */
  non-sealed interface Stored extends Action {
    Work plan(Session session, Request request);
  }

  /**
   * By the subcommand that the second word names.
   *
   * @param bare what the command does on its own, if it may stand so
   */
  record Container(Map<String, Command> subcommands, Local bare) implements Action {}
}
