package io.flotilla.deploy.config;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.flotilla.rpc.Address;
import io.flotilla.rpc.Hello;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The values of a role's keys: overrides before environment before file before fallbacks. */
public final class Settings {
  private static final YAMLMapper YAML =
      new YAMLMapper(
          YAMLFactory.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build());

  /** A value and where it was found, for messages. */
  private record Found(String value, String where) {}

  private final Map<String, Setting> known = new LinkedHashMap<>();
  private final Map<String, Found> values = new HashMap<>();

  Settings(List<Setting> known) {
    known.forEach(setting -> this.known.put(setting.key(), setting));
  }

  /**
   * @param overrides each {@code key=value}
   * @throws ConfigException if the file cannot be read, or a key is not known
   */
  public static Settings load(
      List<Setting> known,
      Optional<Path> file,
      Map<String, String> environment,
      List<String> overrides) {
    Settings settings = new Settings(known);
    file.ifPresent(settings::takeFile);
    for (Setting setting : known) {
      String value = environment.get(setting.environmentName());
      if (value != null) {
        settings.values.put(setting.key(), new Found(value, setting.environmentName()));
      }
    }
    overrides.forEach(settings::takeOverride);
    return settings;
  }

  private void takeOverride(String override) {
    int equals = override.indexOf('=');
    if (equals < 1) {
      throw new ConfigException("--set " + override + ": expected key=value");
    }
    take(override.substring(0, equals).strip(), override.substring(equals + 1).strip(), "--set");
  }

  private void takeFile(Path file) {
    JsonNode root;
    try {
      if (!Files.isRegularFile(file)) {
        throw new ConfigException(file + ": no such file");
      }
      root = YAML.readTree(Files.readString(file));
    } catch (JsonProcessingException e) {
      throw new ConfigException(
          file + place(e.getLocation()) + ": not YAML: " + firstLine(e.getOriginalMessage()));
    } catch (IOException e) {
      throw new ConfigException(file + ": cannot be read: " + e.getMessage());
    }
    if (root.isMissingNode() || root.isNull()) {
      return;
    }
    if (!root.isObject()) {
      throw new ConfigException(file + ": expected keys and values, found " + root.getNodeType());
    }
    flatten("", root, file.toString());
  }

  private void flatten(String prefix, JsonNode node, String where) {
    node.properties()
        .forEach(
            field -> {
              String key = prefix + field.getKey();
              JsonNode value = field.getValue();
              if (value.isObject() && !known.containsKey(key)) {
                flatten(key + ".", value, where);
              } else {
                take(key, text(value), where);
              }
            });
  }

  /**
   * Lists become comma-separated; maps become {@code name=value} lists: as they are written in an
   * override.
   */
  private static String text(JsonNode value) {
    StringBuilder text = new StringBuilder();
    if (value.isObject()) {
      value
          .properties()
          .forEach(
              e -> text.append(',').append(e.getKey()).append('=').append(e.getValue().asText()));
    } else if (value.isArray()) {
      value.forEach(element -> text.append(',').append(element.asText()));
    } else {
      return value.asText("");
    }
    return text.isEmpty() ? "" : text.substring(1);
  }

  private void take(String key, String value, String where) {
    if (!known.containsKey(key)) {
      String nearest =
          known.keySet().stream()
              .min(Comparator.comparingInt(name -> Distance.between(name, key)))
              .orElse("none");
      throw new ConfigException(
          where + ": unknown key '" + key + "'; the nearest known one is '" + nearest + "'");
    }
    values.put(key, new Found(value, where));
  }

  /** What was given, by key, and not what is left at its fallback. */
  public Map<String, String> given() {
    Map<String, String> given = new LinkedHashMap<>();
    for (String key : known.keySet()) {
      Found found = values.get(key);
      if (found != null) {
        given.put(key, found.value());
      }
    }
    return given;
  }

  private Found found(String key) {
    Setting setting = known.get(key);
    if (setting == null) {
      throw new IllegalArgumentException(key);
    }
    Found found = values.get(key);
    boolean needed = setting.fallback().isEmpty();
    if (found != null && !(needed && found.value().isBlank())) {
      return found;
    }
    String fallback =
        setting
            .fallback()
            .orElseThrow(
                () ->
                    new ConfigException(
                        (found == null ? "'" : found.where() + " leaves it empty: '")
                            + key
                            + "' must be given (in the file, as "
                            + setting.environmentName()
                            + ", or with --set "
                            + key
                            + "=...): "
                            + setting.meaning()));
    return new Found(fallback, "default");
  }

  public String text(String key) {
    return found(key).value();
  }

  public String cluster(String key) {
    Found found = found(key);
    if (!Hello.isClusterId(found.value())) {
      throw bad(key, found, "1 to 64 letters, digits, '-' or '_'");
    }
    return found.value();
  }

  public Path path(String key) {
    return Path.of(text(key)).toAbsolutePath().normalize();
  }

  public long number(String key, long min, long max) {
    Found found = found(key);
    try {
      long number = Long.parseLong(found.value().replace("_", ""));
      if (number >= min && number <= max) {
        return number;
      }
    } catch (NumberFormatException e) {
      throw bad(key, found, "a number from " + min + " to " + max);
    }
    throw bad(key, found, "a number from " + min + " to " + max);
  }

  public int integer(String key, int min, int max) {
    return (int) number(key, min, max);
  }

  public boolean flag(String key) {
    Found found = found(key);
    return switch (found.value().strip()) {
      case "true" -> true;
      case "false" -> false;
      default -> throw bad(key, found, "true or false");
    };
  }

  public int port(String key) {
    return integer(key, 0, 65_535);
  }

  /** host:port, or nothing. */
  public Optional<String> address(String key) {
    Found found = found(key);
    String address = found.value().strip();
    if (address.isEmpty()) {
      return Optional.empty();
    }
    checkAddress(key, found, address);
    return Optional.of(address);
  }

  /** host:port,host:port,... */
  public List<String> addresses(String key) {
    Found found = found(key);
    List<String> addresses =
        List.of(found.value().split(",", -1)).stream()
            .map(String::strip)
            .filter(a -> !a.isEmpty())
            .toList();
    if (addresses.isEmpty()) {
      throw bad(key, found, "host:port, one or more, separated by commas");
    }
    addresses.forEach(address -> checkAddress(key, found, address));
    return addresses;
  }

  /** name=value,name=value,... in the order given. */
  public Map<String, String> pairs(String key) {
    Found found = found(key);
    Map<String, String> pairs = new LinkedHashMap<>();
    for (String pair : found.value().split(",", -1)) {
      if (pair.isBlank()) {
        continue;
      }
      int equals = pair.indexOf('=');
      if (equals < 1) {
        throw bad(key, found, "name=value, separated by commas");
      }
      pairs.put(pair.substring(0, equals).strip(), pair.substring(equals + 1).strip());
    }
    return pairs;
  }

  /** id=host:port,... with positive ids. */
  public Map<Long, String> members(String key) {
    Map<Long, String> members = new LinkedHashMap<>();
    Found found = found(key);
    pairs(key)
        .forEach(
            (id, address) -> {
              if (!id.matches("[1-9][0-9]{0,8}")) {
                throw bad(key, found, "id=host:port with ids from 1 on");
              }
              checkAddress(key, found, address);
              members.put(Long.parseLong(id), address);
            });
    if (members.isEmpty()) {
      throw bad(key, found, "at least one id=host:port");
    }
    return members;
  }

  private void checkAddress(String key, Found found, String address) {
    if (!Address.is(address)) {
      throw bad(key, found, "host:port, not '" + address + "'");
    }
  }

  private static ConfigException bad(String key, Found found, String allowed) {
    return new ConfigException(
        found.where() + ": '" + key + "' is '" + found.value() + "'; allowed: " + allowed);
  }

  private static String place(JsonLocation location) {
    return location == null || location.getLineNr() < 1 ? "" : ":" + location.getLineNr();
  }

  private static String firstLine(String message) {
    return message.lines().findFirst().orElse("");
  }
}
