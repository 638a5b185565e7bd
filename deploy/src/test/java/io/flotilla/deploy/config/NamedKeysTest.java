package io.flotilla.deploy.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What an error calls a key can be set: it would send people looking for nothing. */
class NamedKeysTest {
  private static final List<String> ROOMS =
      List.of(
          "shard-node/src/main/java/io/flotilla/shard",
          "placement/src/main/java/io/flotilla/placement/service",
          "router/src/main/java/io/flotilla/router/gateway",
          "deploy/src/main/java/io/flotilla/deploy/start");

  private static final Pattern CHECKS_CONFIGURATION =
      Pattern.compile("(.*(Config|Limits|Policy)|RedisGateway|Roles).java");
  private static final Pattern STRING = Pattern.compile("\"((?:[^\"\\\\]|\\\\.)*)\"");
  private static final Pattern KEY = Pattern.compile("[a-z]+(?:-[a-z]+)*\\.[a-z-]*");

  @Test
  void everyKeyInAMessageIsAKnownOne() throws IOException {
    Map<String, Set<String>> named = new TreeMap<>();
    for (String room : ROOMS) {
      try (Stream<Path> files = Files.walk(Path.of("..", room))) {
        for (Path file : files.filter(NamedKeysTest::checksConfiguration).toList()) {
          keys(Files.readString(file))
              .forEach(key -> named.computeIfAbsent(key, k -> new TreeSet<>()).add("" + file));
        }
      }
    }
    assertThat(named).containsKeys("listen.host", "limits.key-bytes-max", "redis.port");
    named.keySet().removeAll(known());
    assertThat(named).as("keys that nobody can set").isEmpty();
  }

  private static boolean checksConfiguration(Path file) {
    return CHECKS_CONFIGURATION.matcher("" + file.getFileName()).matches();
  }

  private static Set<String> keys(String source) {
    Set<String> keys = new TreeSet<>();
    for (Matcher string = STRING.matcher(source); string.find(); ) {
      for (Matcher key = KEY.matcher(string.group(1)); key.find(); ) {
        keys.add(key.group());
      }
    }
    return keys;
  }

  private static Set<String> known() {
    Set<String> known = new TreeSet<>();
    Stream.of(RoleKeys.placement(), RoleKeys.node(), RoleKeys.gateway())
        .forEach(role -> role.forEach(setting -> known.add(setting.key())));
    return known;
  }
}
