package io.flotilla.router.map;

import com.google.protobuf.ByteString;
import io.flotilla.proto.map.Keyspace;
import io.flotilla.proto.map.Node;
import io.flotilla.proto.map.Shard;
import io.flotilla.proto.placement.MapUpdate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An immutable picture of the cluster: what placement last said, and what nodes have said since.
 * Each change makes a new one.
 *
 * <p>Ranges may overlap for a while, when a node told of a split or a merge before placement did. A
 * key then belongs to the shard with the nearest start, unless that one lies within a shard of
 * higher version, which has absorbed it. Either guess is checked by the node that is asked.
 */
public final class ShardMap {
  /** Knows nothing. */
  public static final ShardMap EMPTY = new ShardMap(0, false, Map.of(), Map.of(), Map.of());

  private static final Comparator<Route> BY_START =
      Comparator.<Route, ByteString>comparing(Route::start, Route::compare)
          .thenComparing(route -> route.epoch().getVersion());

  private final long revision;
  private final boolean complete;
  private final Map<Integer, Keyspace> keyspaces;
  private final Map<String, Keyspace> keyspacesByName;
  private final Map<Long, Node> nodes;
  private final Map<Long, Route> routes;
  private final Route[] sorted;

  private ShardMap(
      long revision,
      boolean complete,
      Map<Integer, Keyspace> keyspaces,
      Map<Long, Node> nodes,
      Map<Long, Route> routes) {
    this.revision = revision;
    this.complete = complete;
    this.keyspaces = keyspaces;
    this.keyspacesByName = new HashMap<>();
    keyspaces.values().forEach(keyspace -> keyspacesByName.put(keyspace.getName(), keyspace));
    this.nodes = nodes;
    this.routes = routes;
    this.sorted = sort(routes.values());
  }

  /** Placement's revision that this picture has reached. */
  public long revision() {
    return revision;
  }

  /** Whether placement has been heard of at all. */
  public boolean isKnown() {
    return complete;
  }

  public @Nullable Keyspace keyspace(String name) {
    return keyspacesByName.get(name);
  }

  public Collection<Keyspace> keyspaces() {
    return keyspaces.values();
  }

  /** The node's {@code host:port}. */
  public @Nullable String address(long node) {
    Node known = nodes.get(node);
    return known == null ? null : known.getAddress();
  }

  public @Nullable Route route(long shard) {
    return routes.get(shard);
  }

  /** The shard that holds an encoded key. */
  public @Nullable Route routeOf(ByteString encodedKey) {
    int found = lastStartingAtOrBefore(encodedKey, sorted);
    return found >= 0 && sorted[found].contains(encodedKey) ? sorted[found] : null;
  }

  /**
   * The shard that holds the keys just before a bound.
   *
   * @param end encoded; empty: no bound
   */
  public @Nullable Route routeBefore(ByteString end) {
    int found = end.isEmpty() ? sorted.length - 1 : lastStartingAtOrBefore(end, sorted);
    if (found >= 0 && sorted[found].start().equals(end)) {
      found--;
    }
    if (found < 0) {
      return null;
    }
    Route route = sorted[found];
    boolean reaches =
        route.end().isEmpty() || (!end.isEmpty() && Route.compare(end, route.end()) <= 0);
    return reaches ? route : null;
  }

  /** Shards in the order of keys. */
  public List<Route> routes() {
    return List.of(sorted);
  }

  /** This picture and what placement says has changed. An update of the past changes nothing. */
  ShardMap updatedBy(MapUpdate update) {
    boolean usable = update.getComplete() || complete;
    if (!usable || (complete && update.getRevision() < revision) || saysNothing(update)) {
      return this;
    }
    Map<Integer, Keyspace> newKeyspaces = new HashMap<>();
    Map<Long, Node> newNodes = new HashMap<>();
    Map<Long, Route> newRoutes = new HashMap<>();
    if (!update.getComplete()) {
      newKeyspaces.putAll(keyspaces);
      newNodes.putAll(nodes);
      newRoutes.putAll(routes);
    }
    update.getKeyspacesList().forEach(keyspace -> newKeyspaces.put(keyspace.getId(), keyspace));
    update.getNodesList().forEach(node -> newNodes.put(node.getId(), node));
    update.getShardsList().forEach(shard -> newRoutes.put(shard.getId(), newest(shard)));
    if (update.getComplete()) {
      Route[] said = sort(update.getShardsList().stream().map(Route::new).toList());
      routes.values().stream()
          .filter(route -> !newRoutes.containsKey(route.id()))
          .filter(route -> isAhead(route, said))
          .forEach(route -> newRoutes.put(route.id(), route));
    }
    update.getRemovedNodesList().forEach(newNodes::remove);
    update.getRemovedShardsList().forEach(newRoutes::remove);
    return new ShardMap(update.getRevision(), true, newKeyspaces, newNodes, newRoutes);
  }

  /** This picture and descriptors that a node knows to be current. Older ones change nothing. */
  ShardMap taught(List<Shard> shards) {
    Map<Long, Route> newRoutes = new HashMap<>(routes);
    boolean changed = false;
    for (Shard shard : shards) {
      Route newest = newest(shard);
      changed |= newRoutes.put(shard.getId(), newest) != newest;
    }
    return changed ? new ShardMap(revision, complete, keyspaces, nodes, newRoutes) : this;
  }

  /**
   * Whether a node told of this shard, cut off from one that placement knows as it was before.
   *
   * @param said by placement, in the order of keys
   */
  private static boolean isAhead(Route route, Route[] said) {
    boolean any = false;
    int first = Math.max(0, lastStartingAtOrBefore(route.start(), said));
    for (int i = first; i < said.length && said[i].beginsBefore(route.end()); i++) {
      if (said[i].overlaps(route)) {
        any = true;
        if (!route.isOfLaterVersionThan(said[i])) {
          return false;
        }
      }
    }
    return any;
  }

  private Route newest(Shard shard) {
    Route said = new Route(shard);
    Route known = routes.get(shard.getId());
    return known == null || said.isNewerThan(known) ? said : known;
  }

  private boolean saysNothing(MapUpdate update) {
    return !update.getComplete()
        && update.getRevision() == revision
        && update.getKeyspacesCount() == 0
        && update.getNodesCount() == 0
        && update.getShardsCount() == 0
        && update.getRemovedShardsCount() == 0
        && update.getRemovedNodesCount() == 0;
  }

  private static int lastStartingAtOrBefore(ByteString key, Route[] sorted) {
    int low = 0;
    int high = sorted.length - 1;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      if (Route.compare(sorted[middle].start(), key) <= 0) {
        low = middle + 1;
      } else {
        high = middle - 1;
      }
    }
    return high;
  }

  private static Route[] sort(Collection<Route> routes) {
    List<Route> byStart = new ArrayList<>(routes);
    byStart.sort(BY_START);
    List<Route> kept = new ArrayList<>(byStart.size());
    for (Route route : byStart) {
      Route before = kept.isEmpty() ? null : kept.get(kept.size() - 1);
      if (before != null && before.start().equals(route.start())) {
        kept.set(kept.size() - 1, route);
      } else if (before == null || !hasAbsorbed(before, route)) {
        kept.add(route);
      }
    }
    return kept.toArray(Route[]::new);
  }

  private static boolean hasAbsorbed(Route before, Route route) {
    return before.contains(route.start())
        && before.epoch().getVersion() > route.epoch().getVersion();
  }
}
