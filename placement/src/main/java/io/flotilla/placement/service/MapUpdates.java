package io.flotilla.placement.service;

import io.flotilla.placement.model.ClusterView;
import io.flotilla.placement.model.Keyspace;
import io.flotilla.placement.model.Node;
import io.flotilla.placement.model.Shard;
import io.flotilla.placement.store.MapMessages;
import io.flotilla.proto.placement.Leader;
import io.flotilla.proto.placement.MapUpdate;
import java.util.Collection;
import java.util.List;

/** Says what changed in the map, as the messages that watchers get. */
final class MapUpdates {
  private MapUpdates() {}

  /** All there is. */
  static MapUpdate complete(ClusterView view, Collection<Leader> leaders) {
    return since(view, 0, leaders).toBuilder().setComplete(true).build();
  }

  /**
   * What changed after {@code revision}.
   *
   * @param leaders hints to go with it
   */
  static MapUpdate since(ClusterView view, long revision, Collection<Leader> leaders) {
    MapUpdate.Builder update = MapUpdate.newBuilder().setRevision(view.revision());
    update.addAllLeaders(List.copyOf(leaders));
    if (revision == view.revision()) {
      return update.build();
    }
    update.addAllMembers(MapMessages.writeMembers(view.settings().members().values()));
    for (Keyspace keyspace : view.keyspacesSince(revision)) {
      update.addKeyspaces(MapMessages.write(keyspace));
    }
    for (Node node : view.nodesSince(revision)) {
      update.addNodes(MapMessages.write(node));
    }
    for (Shard shard : view.shardsSince(revision)) {
      update.addShards(MapMessages.write(shard));
    }
    for (Node node : view.nodesRemovedSince(revision)) {
      update.addRemovedNodes(node.id());
    }
    return update.build();
  }
}
