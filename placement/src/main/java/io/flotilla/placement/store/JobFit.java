package io.flotilla.placement.store;

import io.flotilla.placement.model.FreshIds;
import io.flotilla.placement.model.Job;
import io.flotilla.placement.model.Merge;
import io.flotilla.placement.model.Move;
import io.flotilla.placement.model.Node;
import io.flotilla.placement.model.Recovery;
import io.flotilla.placement.model.Replica;
import io.flotilla.placement.model.Revised;
import io.flotilla.placement.model.Shard;
import io.flotilla.placement.model.Split;
import io.flotilla.placement.model.Transfer;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Whether a planned job fits into the state that it meets.
 *
 * @param misfit why not
 * @param after the ids that are fresh once it has begun
 */
record JobFit(Optional<String> misfit, FreshIds after) {
  static JobFit of(
      Job wish,
      Shard shard,
      Map<Long, Revised<Shard>> shards,
      Map<Long, Revised<Node>> nodes,
      FreshIds freshIds) {
    Optional<String> misfit = wish.misfit(shard);
    return misfit.isPresent()
        ? new JobFit(misfit, freshIds)
        : wish.as(new Check(shard, shards, nodes, freshIds));
  }

  private record Check(
      Shard shard,
      Map<Long, Revised<Shard>> shards,
      Map<Long, Revised<Node>> nodes,
      FreshIds freshIds)
      implements Job.Kinds<JobFit> {
    @Override
    public JobFit merge(Merge merge) {
      Revised<Shard> into = shards.get(merge.into());
      if (into == null) {
        return misfit("there is no shard " + merge.into());
      }
      Optional<String> misfit =
          merge
              .misfit(into.value())
              .or(
                  () ->
                      Merge.misfit(shard, into.value())
                          .map(why -> "shards " + shard.id() + " and " + merge.into() + " " + why));
      return new JobFit(misfit, freshIds);
    }

    @Override
    public JobFit move(Move move) {
      if (move.isLeavingOut()) {
        return new JobFit(Optional.empty(), freshIds);
      }
      long to = move.to().node();
      Revised<Node> node = nodes.get(to);
      if (node == null) {
        return misfit("there is no node " + to);
      }
      return node.value().isDraining()
          ? misfit("node " + to + " is draining")
          : using(freshIds.shard(), List.of(move.to()));
    }

    @Override
    public JobFit recovery(Recovery recovery) {
      return new JobFit(Optional.empty(), freshIds);
    }

    @Override
    public JobFit split(Split split) {
      return split.newShard() < freshIds.shard()
          ? misfit("shard id " + split.newShard() + " was handed out before")
          : using(split.newShard() + 1, split.newReplicas());
    }

    @Override
    public JobFit transfer(Transfer transfer) {
      return new JobFit(Optional.empty(), freshIds);
    }

    private JobFit misfit(String why) {
      return new JobFit(Optional.of(why), freshIds);
    }

    private JobFit using(long nextShard, List<Replica> replicas) {
      long next = freshIds.replica();
      for (Replica replica : replicas) {
        if (replica.id() < next) {
          return misfit("replica id " + replica.id() + " was handed out before");
        }
        next = replica.id() + 1;
      }
      return new JobFit(
          Optional.empty(), new FreshIds(freshIds.node(), nextShard, next, freshIds.keyspace()));
    }
  }
}
