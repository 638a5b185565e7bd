package io.flotilla.placement.service;

import io.flotilla.placement.model.ClusterView;
import io.flotilla.placement.model.Frozen;
import io.flotilla.placement.model.Job;
import io.flotilla.placement.model.Merge;
import io.flotilla.placement.model.Move;
import io.flotilla.placement.model.Recovery;
import io.flotilla.placement.model.Replica;
import io.flotilla.placement.model.Revised;
import io.flotilla.placement.model.Shard;
import io.flotilla.placement.model.Split;
import io.flotilla.placement.model.Transfer;
import io.flotilla.placement.store.MapMessages;
import io.flotilla.proto.placement.MergeOrder;
import io.flotilla.proto.placement.MoveOrder;
import io.flotilla.proto.placement.RecoverOrder;
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
  private ClusterView leftoversOf = ClusterView.EMPTY;
  private List<Shard> withStrayLearners = List.of();
  private List<Shard> frozen = List.of();

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
        boolean unused = job.as(new Writer(reply, view, shard.get(), node));
      }
    }
    findLeftovers(view);
    for (Shard shard : withStrayLearners) {
      if (leads(node, shard.id())) {
        dismiss(shard, reply);
      }
    }
    for (Shard shard : frozen) {
      takeBack(shard, view, node, reply);
    }
    return reply.build();
  }

  private boolean leads(long node, long shard) {
    return reports.leaderOf(shard).getNode() == node;
  }

  /** What is left of jobs that were given up. */
  private void findLeftovers(ClusterView view) {
    if (view.revision() == leftoversOf.revision()) {
      return;
    }
    List<Shard> learning = new ArrayList<>();
    List<Shard> notServing = new ArrayList<>();
    for (Revised<Shard> each : view.shards().values()) {
      Shard shard = each.value();
      boolean learns =
          shard.replicas().stream().anyMatch(replica -> replica.role() == Replica.Role.LEARNER);
      if (learns && view.jobOf(shard.id()).isEmpty()) {
        learning.add(shard);
      }
      if (shard.frozen().isPresent() && view.jobOf(shard.id()).filter(merges(shard)).isEmpty()) {
        notServing.add(shard);
      }
    }
    leftoversOf = view;
    withStrayLearners = learning;
    frozen = notServing;
  }

  private static Predicate<Job> merges(Shard frozen) {
    return job -> job instanceof Merge merge && merge.hasFrozen(frozen);
  }

  /**
   * A frozen shard that no job merges serves again, but only once its neighbour's log can take it
   * in no more: the neighbour's epoch, as its group itself has told it, is past the one at which
   * alone it could. As long as it is not, whether the neighbour has taken it in is not known.
   */
  private void takeBack(Shard shard, ClusterView view, long node, ReportReply.Builder reply) {
    Frozen how = shard.frozen().orElseThrow();
    Optional<Shard> mayAbsorb = view.shard(how.into()).filter(how::mayBeAbsorbedBy);
    Shard next = mayAbsorb.orElse(shard);
    if (leads(node, next.id())) {
      reply.addMerges(
          MergeOrder.newBuilder()
              .setStep(mayAbsorb.isPresent() ? MergeOrder.Step.FENCE : MergeOrder.Step.THAW)
              .setShard(MapMessages.write(next)));
    }
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
  private final class Writer implements Job.Kinds<Boolean> {
    private final ReportReply.Builder reply;
    private final ClusterView view;
    private final Shard shard;
    private final long node;
    private final boolean leads;

    Writer(ReportReply.Builder reply, ClusterView view, Shard shard, long node) {
      this.reply = reply;
      this.view = view;
      this.shard = shard;
      this.node = node;
      this.leads = leads(node, shard.id());
    }

    /**
     * First the one freezes, and then the other takes it in: not before all replicas have what
     * froze it on their disks, for each takes in what is on its own.
     */
    @Override
    public Boolean merge(Merge merge) {
      Optional<Shard> into = view.shard(merge.into());
      if (into.isEmpty()) {
        return true;
      }
      if (!merge.hasFrozen(shard)) {
        return step(merge, MergeOrder.Step.FREEZE, shard, into.get());
      }
      return reports.isSettled(shard) && step(merge, MergeOrder.Step.ABSORB, into.get(), shard);
    }

    private boolean step(Merge merge, MergeOrder.Step step, Shard who, Shard other) {
      if (leads(node, who.id())) {
        reply.addMerges(
            MergeOrder.newBuilder()
                .setJob(merge.id())
                .setStep(step)
                .setShard(MapMessages.write(who))
                .setOther(MapMessages.write(other)));
      }
      return true;
    }

    @Override
    public Boolean move(Move move) {
      if (leads || move.comesTo(node)) {
        reply.addOrders(
            MoveOrder.newBuilder()
                .setJob(move.id())
                .setShard(MapMessages.write(shard))
                .setFrom(move.from())
                .setTo(MapMessages.write(move.to()))
                .setVoters(move.voters()));
      }
      return true;
    }

    /** Not to one who leads: that is done, and placement only has to hear so. */
    @Override
    public Boolean recovery(Recovery recovery) {
      if (!leads && recovery.survivor().node() == node) {
        reply.addRecoveries(
            RecoverOrder.newBuilder()
                .setJob(recovery.id())
                .setShard(shard.id())
                .setReplica(recovery.survivor().id())
                .setExpected(MapMessages.write(recovery.expected()))
                .setLastTerm(recovery.lastTerm()));
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
