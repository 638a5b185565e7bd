package io.flotilla.deploy.config;

import java.util.Locale;
import java.util.Optional;

/**
 * One key that a role knows.
 *
 * @param key dotted, as in the YAML file and after {@code --set}
 * @param fallback what holds if it is given nowhere; empty: it must be given
 * @param meaning for {@code flotilla start ROLE --help-config}
 */
public record Setting(String key, Optional<String> fallback, String meaning) {
  static Setting required(String key, String meaning) {
    return new Setting(key, Optional.empty(), meaning);
  }

  static Setting of(String key, Object fallback, String meaning) {
    return new Setting(key, Optional.of(fallback.toString()), meaning);
  }

  /** {@code raft.tick-millis} is {@code FLOTILLA_RAFT_TICK_MILLIS}. */
  String environmentName() {
    return "FLOTILLA_" + key.toUpperCase(Locale.ROOT).replace('.', '_').replace('-', '_');
  }
}
