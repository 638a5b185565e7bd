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
 * @param hasLog whether log and state were made, so that something may be kept in them
 */
record Identity(int format, String cluster, String incarnation, long node, boolean hasLog) {
  /** 1 was that of states without splits; nothing of it was ever released. */
  static final int FORMAT = 2;

  private static final String LOG = "log";
  private static final String MADE = "made";
  private static final String NONE = "none";

  Identity withNode(long id) {
    return new Identity(format, cluster, incarnation, id, hasLog);
  }

  Identity withLog() {
    return new Identity(format, cluster, incarnation, node, true);
  }

  List<String> lines() {
    return List.of(
        "format=" + format,
        "cluster=" + cluster,
        "incarnation=" + incarnation,
        "node=" + node,
        LOG + "=" + (hasLog ? MADE : NONE));
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
    if (format != FORMAT) {
      return new Identity(
          format, "", "", 0, false); // what else it says is for other versions to know
    }
    Identity identity =
        new Identity(
            format,
            value(values, "cluster"),
            value(values, "incarnation"),
            Long.parseLong(value(values, "node")),
            hasLog(values));
    List<String> unknown = new ArrayList<>(values.keySet());
    unknown.removeAll(List.of("format", "cluster", "incarnation", "node", LOG));
    if (!unknown.isEmpty() || identity.node < 0) {
      throw new IllegalArgumentException("unknown " + unknown + ", node " + identity.node);
    }
    return identity;
  }

  private static boolean hasLog(Map<String, String> values) {
    String log = value(values, LOG);
    if (!log.equals(MADE) && !log.equals(NONE)) {
      throw new IllegalArgumentException("log is " + log);
    }
    return log.equals(MADE);
  }

  private static String value(Map<String, String> values, String name) {
    String value = values.get(name);
    if (value == null || value.isEmpty()) {
      throw new IllegalArgumentException("no " + name);
    }
    return value;
  }
}
