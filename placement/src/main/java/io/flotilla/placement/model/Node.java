package io.flotilla.placement.model;

import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A storage process and its data directory.
 *
 * @param address host:port of its one listener
 * @param incarnation random identity made with the data directory; decides which node this is
 * @param labels where it stands, as {@link #ZONE} and {@link #RACK}; by name
 */
public record Node(
    long id, String address, String incarnation, SortedMap<String, String> labels, State state) {
  /** What an operator has said about it. */
  public enum State {
    ACTIVE,
    /** It gets nothing new, and what it holds goes elsewhere. */
    DRAINING
  }

  /** Label under which replicas of one shard are kept apart. */
  public static final String ZONE = "zone";

  /** Label under which those are kept apart that have to share a zone. */
  public static final String RACK = "rack";

  private static final int LABELS_MAX = 32;
  private static final String INCARNATION = "[A-Za-z0-9_-]{1,64}";
  private static final String ADDRESS =
      "[^\\s:/]{1,253}:\\d{1,5}|\\[[0-9a-fA-F:.%]{2,60}]:\\d{1,5}";
  private static final String LABEL_NAME = "[A-Za-z0-9._/-]{1,63}";
  private static final String LABEL_VALUE = "[A-Za-z0-9._/-]{0,63}";

  public Node {
    labels = Collections.unmodifiableSortedMap(new TreeMap<>(labels));
    require(id >= 1, "node id", Long.toString(id), "a positive number");
    require(incarnation.matches(INCARNATION), "incarnation", incarnation, INCARNATION);
    requireAddress(address);
    require(
        labels.size() <= LABELS_MAX,
        "number of labels",
        Integer.toString(labels.size()),
        "at most " + LABELS_MAX);
    for (Map.Entry<String, String> label : labels.entrySet()) {
      require(label.getKey().matches(LABEL_NAME), "label name", label.getKey(), LABEL_NAME);
      require(label.getValue().matches(LABEL_VALUE), "label value", label.getValue(), LABEL_VALUE);
    }
  }

  /** One that nobody has said anything about. */
  public Node(long id, String address, String incarnation, SortedMap<String, String> labels) {
    this(id, address, incarnation, labels, State.ACTIVE);
  }

  public Node in(State other) {
    return new Node(id, address, incarnation, labels, other);
  }

  public boolean isDraining() {
    return state == State.DRAINING;
  }

  /** Its zone; empty if it has no such label. */
  public String zone() {
    return labels.getOrDefault(ZONE, "");
  }

  /** Its rack within its zone; empty if it has no such label. */
  public String rack() {
    return labels.getOrDefault(RACK, "");
  }

  private static void requireAddress(String address) {
    boolean holds = address.matches(ADDRESS);
    if (holds) {
      int port = Integer.parseInt(address.substring(address.lastIndexOf(':') + 1));
      holds = port >= 1 && port <= 65535;
    }
    require(holds, "address", address, "host:port with a port from 1 to 65535");
  }

  private static void require(boolean holds, String what, String value, String allowed) {
    if (!holds) {
      String shown = value.length() <= 80 ? value : value.substring(0, 80) + "...";
      throw new IllegalArgumentException(
          what + " '" + shown + "' is not allowed; allowed: " + allowed);
    }
  }
}
