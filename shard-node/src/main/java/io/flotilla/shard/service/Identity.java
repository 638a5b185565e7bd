package io.flotilla.shard.service;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Whose a data directory is.
 *
 * @param format of the whole directory
 * @param cluster id of the cluster
 * @param incarnation made with the directory, never changed
 * @param node the id that placement has handed out; 0 before it has
 */
record Identity(int format, String cluster, String incarnation, long node) {
  static final int FORMAT = 1;

  Identity withNode(long id) {
    return new Identity(format, cluster, incarnation, id);
  }

  List<String> lines() {
    return List.of(
        "format=" + format, "cluster=" + cluster, "incarnation=" + incarnation, "node=" + node);
  }

  /**
   * @throws IllegalArgumentException if these are not the lines of an identity
   */
  static Identity parse(List<String> lines) {
    Map<String, String> values = new TreeMap<>();
    for (String line : lines) {
      int equals = line.indexOf('=');
      if (equals < 1 || values.put(line.substring(0, equals), line.substring(equals + 1)) != null) {
        throw new IllegalArgumentException("line \"" + line + "\"");
      }
    }
    int format = Integer.parseInt(value(values, "format"));
    if (format > FORMAT) {
      return new Identity(format, "", "", 0); // what else it says is for newer versions to know
    }
    Identity identity =
        new Identity(
            format,
            value(values, "cluster"),
            value(values, "incarnation"),
            Long.parseLong(value(values, "node")));
    List<String> unknown = new ArrayList<>(values.keySet());
    unknown.removeAll(List.of("format", "cluster", "incarnation", "node"));
    if (!unknown.isEmpty() || identity.node < 0) {
      throw new IllegalArgumentException("unknown " + unknown + ", node " + identity.node);
    }
    return identity;
  }

  private static String value(Map<String, String> values, String name) {
    String value = values.get(name);
    if (value == null || value.isEmpty()) {
      throw new IllegalArgumentException("no " + name);
    }
    return value;
  }
}
