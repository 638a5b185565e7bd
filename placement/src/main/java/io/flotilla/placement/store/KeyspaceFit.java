package io.flotilla.placement.store;

import io.flotilla.placement.model.FreshIds;
import io.flotilla.placement.model.KeyBytes;
import io.flotilla.placement.model.Keyspace;
import io.flotilla.placement.model.KeyspacePlan;
import io.flotilla.placement.model.Node;
import io.flotilla.placement.model.Replica;
import io.flotilla.placement.model.Revised;
import io.flotilla.placement.model.Shard;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Whether a planned keyspace fits into the state that it meets. */
final class KeyspaceFit {
  private KeyspaceFit() {}

  /** What in a plan uses an id that was handed out before, or names what does not exist. */
  static Optional<String> whatIsWrong(
      KeyspacePlan plan,
      FreshIds freshIds,
      Map<Integer, Revised<Keyspace>> keyspaces,
      Map<Long, Revised<Node>> nodes) {
    Keyspace keyspace = plan.keyspace();
    boolean ownId =
        Keyspace.builtIn(keyspace.name())
            .map(keyspace.withReplicas(0)::equals)
            .orElse(keyspace.id() >= freshIds.keyspace());
    if (!ownId || keyspaces.containsKey(keyspace.id())) {
      return Optional.of("keyspace id " + keyspace.id() + " is not for '" + keyspace.name() + "'");
    }
    long nextShard = freshIds.shard();
    long nextReplica = freshIds.replica();
    for (Shard shard : plan.shards()) {
      if (shard.id() < nextShard || shard.keyspace() != keyspace.id()) {
        return Optional.of("shard id " + shard.id() + " is not fresh, or of another keyspace");
      }
      nextShard = shard.id() + 1;
      for (Replica replica : shard.replicas()) {
        if (replica.id() < nextReplica || !nodes.containsKey(replica.node())) {
          return Optional.of(replica + " of shard " + shard.id() + " is not fresh, or has no node");
        }
        nextReplica = replica.id() + 1;
      }
    }
    return coversKeyspace(keyspace, plan.shards())
        ? Optional.empty()
        : Optional.of("the shards do not cover keyspace '" + keyspace.name() + "' exactly");
  }

  private static boolean coversKeyspace(Keyspace keyspace, List<Shard> shards) {
    KeyBytes end = keyspace.range().start();
    for (Shard shard : shards) {
      if (!shard.range().start().equals(end)) {
        return false;
      }
      end = shard.range().end();
    }
    return end.equals(keyspace.range().end());
  }

  /** The ids that are fresh once the plan is taken. */
  static FreshIds beyond(KeyspacePlan plan, FreshIds before) {
    Shard last = plan.shards().get(plan.shards().size() - 1);
    return new FreshIds(
        before.node(),
        last.id() + 1,
        last.replicas().get(last.replicas().size() - 1).id() + 1,
        Math.max(before.keyspace(), plan.keyspace().id() + 1));
  }
}
