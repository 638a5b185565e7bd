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
import java.util.Optional;

/** Says what changed in the map, as the messages that watchers get. */
final class MapUpdates {
  private MapUpdates() {}

  /** All there is. */
  static MapUpdate complete(ClusterView view, Collection<Leader> leaders) {
    return since(view, 0, leaders).toBuilder().setComplete(true).build();
  }

  /**
   * What changed after {@code revision}; all there is if that is too long ago to know what is no
   * more.
   *
   * @param leaders hints to go with it
   */
  static MapUpdate since(ClusterView view, long revision, Collection<Leader> leaders) {
    Optional<List<Shard>> absorbed =
        revision == 0 ? Optional.empty() : view.shardsAbsorbedSince(revision);
    if (revision != 0 && absorbed.isEmpty()) {
      return complete(view, leaders);
    }
    MapUpdate.Builder update = MapUpdate.newBuilder().setRevision(view.revision());
    leaders.stream()
        .filter(leader -> view.shards().containsKey(leader.getShard()))
        .forEach(update::addLeaders);
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
    absorbed.ifPresent(gone -> gone.forEach(shard -> update.addRemovedShards(shard.id())));
    for (Node node : view.nodesRemovedSince(revision)) {
      update.addRemovedNodes(node.id());
    }
    return update.build();
  }
}
