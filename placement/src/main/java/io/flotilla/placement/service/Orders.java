package io.flotilla.placement.service;

import io.flotilla.placement.model.ClusterView;
import io.flotilla.placement.model.Job;
import io.flotilla.placement.model.Move;
import io.flotilla.placement.model.Replica;
import io.flotilla.placement.model.Revised;
import io.flotilla.placement.model.Shard;
import io.flotilla.placement.model.Split;
import io.flotilla.placement.model.Transfer;
import io.flotilla.placement.store.MapMessages;
import io.flotilla.proto.placement.MoveOrder;
import io.flotilla.proto.placement.ReportReply;
import io.flotilla.proto.placement.SplitOrder;
import io.flotilla.proto.placement.TransferOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * Tells nodes what they have to do about the jobs under way: as leader of the shards that they
 * lead, or as who gets a replica. Nothing is kept here; whoever leads placement derives the same
 * orders from the same jobs, again and again until the groups say that they are done. Only for the
 * desk's thread.
 */
final class Orders {
  private final ReportTable reports;
  private final Predicate<Job> isRefused;
  private ClusterView learnersOf = ClusterView.EMPTY;
  private List<Shard> withStrayLearners = List.of();

  /**
   * @param isRefused of which jobs a node has said that they cannot be done: they are not ordered
   *     again while they are being given up
   */
  Orders(ReportTable reports, Predicate<Job> isRefused) {
    this.reports = reports;
    this.isRefused = isRefused;
  }

  ReportReply to(long node, ClusterView view) {
    ReportReply.Builder reply = ReportReply.newBuilder();
    for (Job job : view.jobs().values()) {
      Optional<Shard> shard = view.shard(job.shard());
      if (shard.isPresent() && !isRefused.test(job)) {
        boolean unused = job.as(new Writer(reply, shard.get(), node, leads(node, job.shard())));
      }
    }
    for (Shard shard : strays(view)) {
      if (leads(node, shard.id())) {
        dismiss(shard, reply);
      }
    }
    return reply.build();
  }

  private boolean leads(long node, long shard) {
    return reports.leaderOf(shard).getNode() == node;
  }

  /** Shards with learners that no job brings in: what is left of jobs that were given up. */
  private List<Shard> strays(ClusterView view) {
    if (view.revision() != learnersOf.revision()) {
      List<Shard> found = new ArrayList<>();
      for (Revised<Shard> each : view.shards().values()) {
        Shard shard = each.value();
        boolean learns =
            shard.replicas().stream().anyMatch(replica -> replica.role() == Replica.Role.LEARNER);
        if (learns && !view.jobs().containsKey(shard.id())) {
          found.add(shard);
        }
      }
      learnersOf = view;
      withStrayLearners = found;
    }
    return withStrayLearners;
  }

  private static void dismiss(Shard shard, ReportReply.Builder reply) {
    for (Replica replica : shard.replicas()) {
      if (replica.role() == Replica.Role.LEARNER) {
        reply.addOrders(
            MoveOrder.newBuilder()
                .setShard(MapMessages.write(shard))
                .setTo(MapMessages.write(replica)));
      }
    }
  }

  /** Adds what a node has to do about one job. */
  private record Writer(ReportReply.Builder reply, Shard shard, long node, boolean leads)
      implements Job.Kinds<Boolean> {
    @Override
    public Boolean move(Move move) {
      if (leads || move.to().node() == node) {
        reply.addOrders(
            MoveOrder.newBuilder()
                .setJob(move.id())
                .setShard(MapMessages.write(shard))
                .setFrom(move.from())
                .setTo(MapMessages.write(move.to())));
      }
      return true;
    }

    @Override
    public Boolean split(Split split) {
      if (leads) {
        SplitOrder.Builder order =
            SplitOrder.newBuilder()
                .setJob(split.id())
                .setShard(MapMessages.write(shard))
                .setAt(MapMessages.write(split.at()))
                .setNewShard(split.newShard());
        split.newReplicas().forEach(replica -> order.addNewReplicas(MapMessages.write(replica)));
        reply.addSplits(order);
      }
      return true;
    }

    @Override
    public Boolean transfer(Transfer transfer) {
      if (leads && transfer.to().node() != node) {
        reply.addTransfers(
            TransferOrder.newBuilder()
                .setJob(transfer.id())
                .setShard(shard.id())
                .setTo(transfer.to().id()));
      }
      return true;
    }
  }
}
