package io.flotilla.placement.model;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The whole map at one revision. Each object remembers the revision that changed it last, so that
 * what changed since any earlier revision can be told from this view alone.
 *
 * @param cluster id of the cluster; empty until adopted
 * @param revision rises by one with each change
 * @param moves by shard; at most one at a time
 * @param layoutRevision the last revision that changed the set of nodes or of keyspaces
 */
public record ClusterView(
    String cluster,
    long revision,
    long layoutRevision,
    FreshIds freshIds,
    SortedMap<Long, Revised<Node>> nodes,
    SortedMap<Integer, Revised<Keyspace>> keyspaces,
    SortedMap<Long, Revised<Shard>> shards,
    SortedMap<Long, Move> moves) {
  public static final ClusterView EMPTY =
      new ClusterView(
          "",
          0,
          0,
          FreshIds.FIRST,
          new TreeMap<>(),
          new TreeMap<>(),
          new TreeMap<>(),
          new TreeMap<>());

  public ClusterView {
    nodes = Collections.unmodifiableSortedMap(new TreeMap<>(nodes));
    keyspaces = Collections.unmodifiableSortedMap(new TreeMap<>(keyspaces));
    shards = Collections.unmodifiableSortedMap(new TreeMap<>(shards));
    moves = Collections.unmodifiableSortedMap(new TreeMap<>(moves));
  }

  public boolean hasKeyspaceNamed(String name) {
    return keyspaces.values().stream().anyMatch(each -> each.value().name().equals(name));
  }

  /** Nodes changed after {@code revision}, by id. */
  public List<Node> nodesSince(long revision) {
    return since(nodes.values(), revision);
  }

  /** Keyspaces changed after {@code revision}, by id. */
  public List<Keyspace> keyspacesSince(long revision) {
    return since(keyspaces.values(), revision);
  }

  /** Shards changed after {@code revision}, by id. */
  public List<Shard> shardsSince(long revision) {
    return since(shards.values(), revision);
  }

  private static <T> List<T> since(Collection<Revised<T>> all, long revision) {
    List<T> changed = new ArrayList<>();
    for (Revised<T> each : all) {
      if (each.revision() > revision) {
        changed.add(each.value());
      }
    }
    return changed;
  }
}
