package io.flotilla.router.gateway;

import io.flotilla.router.client.Bytes;
import io.flotilla.router.gateway.GatewayMetrics.Metric;
import io.flotilla.router.gateway.Incoming.Request;
import io.netty.handler.codec.redis.RedisMessage;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** {@code INFO} and {@code CONFIG}, as far as clients and tools ask for them. */
final class ServerCommands {
  /** Whose words and replies the gateway follows. */
  static final String REDIS_VERSION = "7.2.0";

  private static final String GROUP = "server";
  private static final long SECONDS_PER_DAY = 86_400;

  /** What tools look at before they begin. */
  private static final Map<String, String> SETTINGS =
      new TreeMap<>(
          Map.of(
              "save", "",
              "appendonly", "yes",
              "appendfsync", "always",
              "databases", "1",
              "maxmemory", "0",
              "timeout", "0"));

  private ServerCommands() {}

  static List<Command> all() {
    return List.of(
        Command.local("info", -1, GROUP, "1.0.0", ServerCommands::info)
            .says("Describes this gateway."),
        Command.container(
                "config",
                GROUP,
                "2.0.0",
                List.of(
                    Command.local("get", -3, GROUP, "2.0.0", ServerCommands::configGet)
                        .says("Returns settings, as Redis would name them."),
                    Command.local("set", -4, GROUP, "2.0.0", ServerCommands::configSet)
                        .says("Refused: a gateway is configured when it is started.")))
            .says("Returns settings."));
  }

  private static RedisMessage info(Session session, Request request) {
    List<String> wanted = new ArrayList<>();
    for (int i = 1; i < request.size(); i++) {
      wanted.add(request.word(i));
    }
    boolean all =
        wanted.isEmpty()
            || wanted.contains("all")
            || wanted.contains("default")
            || wanted.contains("everything");
    StringBuilder text = new StringBuilder();
    sections(session.gateway())
        .forEach(
            (section, lines) -> {
              if (all || wanted.contains(section)) {
                append(text, section, lines);
              }
            });
    return Replies.bulk(text.toString());
  }

  private static void append(StringBuilder text, String section, Map<String, Object> lines) {
    if (text.length() > 0) {
      text.append("\r\n");
    }
    text.append("# ").append(Character.toUpperCase(section.charAt(0)));
    text.append(section, 1, section.length()).append("\r\n");
    lines.forEach((name, value) -> text.append(name).append(':').append(value).append("\r\n"));
  }

  private static Map<String, Map<String, Object>> sections(GatewayState gateway) {
    Map<String, Map<String, Object>> sections = new LinkedHashMap<>();
    sections.put("server", server(gateway));
    sections.put(
        "clients",
        inOrder(
            "connected_clients", gateway.sessions().size(),
            "maxclients", gateway.limits().connectionsMax(),
            "blocked_clients", 0));
    Runtime runtime = Runtime.getRuntime();
    sections.put(
        "memory",
        inOrder("used_memory", runtime.totalMemory() - runtime.freeMemory(), "maxmemory", 0));
    sections.put("persistence", inOrder("loading", gateway.isReady() ? 0 : 1));
    sections.put(
        "stats",
        inOrder(
            "total_connections_received", gateway.metrics().value(Metric.CONNECTIONS_OPENED),
            "total_commands_processed", gateway.metrics().value(Metric.COMMANDS),
            "total_error_replies", gateway.metrics().value(Metric.ERROR_REPLIES)));
    sections.put("replication", inOrder("role", "master", "connected_slaves", 0));
    sections.put("cluster", inOrder("cluster_enabled", 0));
    sections.put("keyspace", inOrder());
    return sections;
  }

  private static Map<String, Object> server(GatewayState gateway) {
    return inOrder(
        "redis_version",
        REDIS_VERSION,
        "redis_mode",
        "standalone",
        "server_name",
        "flotilla",
        "os",
        System.getProperty("os.name") + " " + System.getProperty("os.arch"),
        "arch_bits",
        64,
        "multiplexing_api",
        gateway.transport(),
        "process_id",
        ProcessHandle.current().pid(),
        "tcp_port",
        gateway.port(),
        "uptime_in_seconds",
        gateway.upSeconds(),
        "uptime_in_days",
        gateway.upSeconds() / SECONDS_PER_DAY,
        "flotilla_keyspace",
        gateway.kv().keyspace());
  }

  /**
   * @param namesAndValues by turns
   */
  private static Map<String, Object> inOrder(Object... namesAndValues) {
    Map<String, Object> lines = new LinkedHashMap<>();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      lines.put(String.valueOf(namesAndValues[i]), namesAndValues[i + 1]);
    }
    return lines;
  }

  private static RedisMessage configGet(Session session, Request request) {
    Map<String, RedisMessage> found = new LinkedHashMap<>();
    for (int i = 2; i < request.size(); i++) {
      Glob pattern = new Glob(Bytes.utf8(request.word(i)));
      SETTINGS.forEach(
          (name, value) -> {
            if (pattern.matches(Bytes.utf8(name))) {
              found.put(name, Replies.bulk(value));
            }
          });
    }
    return Replies.map(found);
  }

  private static RedisMessage configSet(Session session, Request request) {
    throw new Refused("ERR a gateway is configured when it is started, not by CONFIG SET");
  }
}
