package io.flotilla.router.client;

import io.flotilla.proto.map.Replica;
import io.flotilla.proto.placement.AdminReply;
import io.flotilla.proto.placement.AdminRequest;
import io.flotilla.proto.placement.EndedJob;
import io.flotilla.proto.placement.ExplainReply;
import io.flotilla.proto.placement.ExplainRequest;
import io.flotilla.proto.placement.Finding;
import io.flotilla.proto.placement.Job;
import io.flotilla.proto.placement.JobEnd;
import io.flotilla.proto.placement.LostReplica;
import io.flotilla.proto.placement.LostShard;
import io.flotilla.proto.placement.Merge;
import io.flotilla.proto.placement.Move;
import io.flotilla.proto.placement.PlannedJob;
import io.flotilla.proto.placement.Settings;
import io.flotilla.proto.placement.Split;
import io.flotilla.proto.placement.StatusReply;
import io.flotilla.proto.placement.Transfer;
import java.util.ArrayList;
import java.util.List;
import java.util.NoSuchElementException;

/** Jobs of a placement that answers every wish with the same words. */
public final class FakeJobs {
  private final List<AdminRequest> asked = new ArrayList<>();
  private final List<EndedJob> ended = new ArrayList<>();
  private Job job = move();
  private boolean underWay;
  private boolean balance = true;
  private int looksLeft = Integer.MAX_VALUE;

  /** Replica 11 of shard 1 is on its way to node 3, as job 7. */
  public static Job move() {
    Replica to = Replica.newBuilder().setReplica(97).setNode(3).build();
    return Job.newBuilder()
        .setId(7)
        .setShard(1)
        .setReason("node 1 is draining")
        .setMove(Move.newBuilder().setFrom(11).setTo(to))
        .build();
  }

  /** It is under way for so many looks at the status, and then ends in this way. */
  public synchronized void underWayFor(int looks) {
    underWay = true;
    looksLeft = looks;
  }

  /** The same, of another job. */
  public synchronized void underWayFor(int looks, Job other) {
    job = other;
    underWayFor(looks);
  }

  /** The last wish. */
  public synchronized AdminRequest asked() {
    return asked.get(asked.size() - 1);
  }

  synchronized AdminReply administer(AdminRequest request) {
    asked.add(request);
    long id = request.getDryRun() ? 0 : 8;
    Job.Builder begun = Job.newBuilder().setId(id).setReason("asked for");
    return switch (request.getWishCase()) {
      case SPLIT ->
          answer(
              begun
                  .setShard(request.getSplit().getShard())
                  .setSplit(Split.newBuilder().setNewShard(77)));
      case MERGE -> {
        if (request.getMerge().getInto() == 99) {
          throw new IllegalStateException("shards 3 and 99 are not neighbours");
        }
        yield answer(
            begun
                .setShard(request.getMerge().getShard())
                .setMerge(Merge.newBuilder().setInto(Math.max(2, request.getMerge().getInto()))));
      }
      case TRANSFER ->
          answer(
              begun
                  .setShard(request.getTransfer().getShard())
                  .setTransfer(
                      Transfer.newBuilder().setTo(Replica.newBuilder().setReplica(12).setNode(2))));
      case ADD_SHARDS -> note("the keyspace goes from 4 to 6 shards");
      case CANCEL -> cancel(request.getCancel().getJob());
      case NODE -> changeNode(request);
      case BALANCE -> {
        balance = request.getBalance().getOn();
        yield AdminReply.getDefaultInstance();
      }
      case MEMBERS -> changeMembers(request);
      case RECOVER -> recover(request);
      case WISH_NOT_SET -> throw new AssertionError("nothing was asked for");
    };
  }

  /** Of shard 1, what is left is on node 2; all others have their majority. */
  private AdminReply recover(AdminRequest request) {
    boolean isLost =
        request.getRecover().getShardsList().stream().allMatch(shard -> shard.getShard() == 1);
    if (!isLost) {
      throw new IllegalStateException("shard 2 has its majority");
    }
    if (!request.getDryRun()) {
      return AdminReply.getDefaultInstance();
    }
    LostShard.Builder lost = LostShard.newBuilder().setShard(1).setSurvivor(12);
    lost.addReplicas(lost(1, LostReplica.Fate.DEAD).setReported(true).setLastIndex(48));
    lost.addReplicas(lost(2, LostReplica.Fate.ALIVE).setReported(true).setLastIndex(46));
    lost.addReplicas(lost(3, LostReplica.Fate.DEAD));
    return AdminReply.newBuilder()
        .addLost(lost)
        .addNotes("shard 4 is not lost for good: node 3 is silent, but not judged dead yet")
        .build();
  }

  private static LostReplica.Builder lost(long node, LostReplica.Fate fate) {
    return LostReplica.newBuilder()
        .setReplica(Replica.newBuilder().setNode(node).setReplica(10 + node))
        .setFate(fate)
        .setLastTerm(2);
  }

  private static AdminReply answer(Job.Builder begun) {
    return AdminReply.newBuilder().addJobs(PlannedJob.newBuilder().setJob(begun)).build();
  }

  private static AdminReply note(String note) {
    return AdminReply.newBuilder().addNotes(note).build();
  }

  private AdminReply cancel(long id) {
    if (!underWay || id != job.getId()) {
      throw new NoSuchElementException("there is no job " + id);
    }
    return answer(job.toBuilder()).toBuilder().addNotes("no more orders are given").build();
  }

  private static AdminReply changeMembers(AdminRequest request) {
    return switch (request.getMembers().getChangeCase()) {
      case ADD -> note("start placement --set placement.member-id=4");
      case REMOVE -> {
        if (request.getMembers().getRemove() > 3) {
          throw new NoSuchElementException("placement has no such member");
        }
        yield note("2 members bear the loss of 0");
      }
      case TRANSFER -> AdminReply.getDefaultInstance();
      case CHANGE_NOT_SET -> throw new AssertionError("nothing was asked for");
    };
  }

  private AdminReply changeNode(AdminRequest request) {
    return switch (request.getNode().getChange()) {
      case DRAIN ->
          request.getDryRun()
              ? AdminReply.newBuilder()
                  .addJobs(
                      PlannedJob.newBuilder()
                          .setJob(move().toBuilder().setId(0))
                          .setApproximateBytes(5 << 20))
                  .build()
              : note("node 2 holds a replica of shard 1 already");
      case UNDRAIN -> AdminReply.getDefaultInstance();
      case REMOVE, UNKNOWN, UNRECOGNIZED ->
          throw new IllegalStateException("node 1 cannot be removed: it holds 8 replicas");
    };
  }

  synchronized ExplainReply explain(ExplainRequest request) {
    String what =
        request.getShard() != 0
            ? "shard " + request.getShard()
            : request.getNode() != 0 ? "node " + request.getNode() : "the cluster";
    return ExplainReply.newBuilder()
        .setBalance(balance)
        .addFindings(Finding.newBuilder().setRule("is").setText(what + " is as it is"))
        .build();
  }

  synchronized void addTo(StatusReply.Builder status) {
    if (underWay && looksLeft-- <= 0) {
      underWay = false;
      ended.add(
          EndedJob.newBuilder()
              .setJob(job)
              .setEnd(JobEnd.DONE)
              .setWhy("replica 97 on node 3 is in its place")
              .build());
    }
    if (underWay) {
      status.addJobs(job);
    }
    status.addAllEnded(ended).setSettings(Settings.newBuilder().setBalanceOff(!balance));
  }
}
