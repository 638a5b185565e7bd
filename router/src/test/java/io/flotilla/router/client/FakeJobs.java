package io.flotilla.router.client;

import static java.util.stream.Collectors.toCollection;

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
import io.flotilla.proto.placement.MoveReplicaRequest;
import io.flotilla.proto.placement.PlannedJob;
import io.flotilla.proto.placement.Recovery;
import io.flotilla.proto.placement.Settings;
import io.flotilla.proto.placement.ShardGoal;
import io.flotilla.proto.placement.ShardSurvivor;
import io.flotilla.proto.placement.Split;
import io.flotilla.proto.placement.StatusReply;
import io.flotilla.proto.placement.Transfer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.LongStream;

/** Jobs of a placement that answers every wish with the same words. */
public final class FakeJobs {
  private final List<AdminRequest> asked = new ArrayList<>();
  private final List<EndedJob> ended = new ArrayList<>();
  private final Set<Long> alive = new HashSet<>();
  private final Set<Long> leftOut = new HashSet<>();
  private Collection<Long> lost = List.of(1L);
  private Job job = move();
  private final Deque<StatusReply> script = new ArrayDeque<>();
  private boolean underWay;
  private boolean balance = true;
  private int goal;
  private boolean obstructed = true;
  private int fateOfThird = LostReplica.Fate.DEAD_VALUE;
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

  /**
   * What the next looks at the status find about jobs, whatever else is under way; then the last.
   */
  public synchronized void script(StatusReply... looks) {
    script.clear();
    script.addAll(List.of(looks));
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
      case MOVE -> move(begun, request.getMove());
      case TRANSFER ->
          answer(
              begun
                  .setShard(request.getTransfer().getShard())
                  .setTransfer(
                      Transfer.newBuilder().setTo(Replica.newBuilder().setReplica(12).setNode(2))));
      case ADD_SHARDS -> {
        goal = 4 + request.getAddShards().getCount();
        yield note("the keyspace goes from 4 to " + goal + " shards");
      }
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

  /** There are eight shards, each with a replica on nodes 1 to 3, and nodes up to 6. */
  private static AdminReply move(Job.Builder begun, MoveReplicaRequest wish) {
    if (wish.getShard() > 8) {
      throw new NoSuchElementException("there is no shard " + wish.getShard());
    }
    long node = Math.max(wish.getFromNode(), wish.getToNode());
    if (node > 6) {
      throw new NoSuchElementException("there is no node " + node);
    }
    Move.Builder move =
        Move.newBuilder()
            .setFrom(wish.getShard() * 10 + wish.getFromNode())
            .setTo(Replica.newBuilder().setReplica(1000).setNode(wish.getToNode()));
    PlannedJob planned =
        PlannedJob.newBuilder()
            .setJob(begun.setShard(wish.getShard()).setMove(move))
            .setApproximateBytes(4096)
            .build();
    return AdminReply.newBuilder().addJobs(planned).build();
  }

  /** Of these, what is left is on node 2; all others have their majority. Without it: shard 1. */
  public synchronized void lose(int first, int last) {
    lost = LongStream.rangeClosed(first, last).boxed().collect(toCollection(TreeSet::new));
  }

  /** Whether there is a shard 4 that is not lost for good, though it has no majority. */
  public synchronized void obstruct(boolean there) {
    obstructed = there;
  }

  /** What has become of the replicas on node 3, by its number. */
  public synchronized void fateOfThird(int number) {
    fateOfThird = number;
  }

  /** Whoever wants to recover this one is refused, for it has come back. */
  public synchronized void comeBack(long shard) {
    alive.add(shard);
  }

  /** Its recovery is not begun, though others are that were wished for with it. */
  public synchronized void leaveOut(long shard) {
    leftOut.add(shard);
  }

  /** Its recovery is begun, and then given up. */
  public synchronized void giveUp(long shard) {
    ended.add(
        EndedJob.newBuilder()
            .setJob(recovery(shard))
            .setEnd(JobEnd.GIVEN_UP)
            .setWhy("shard " + shard + " came to epoch 2.5: its group is alive")
            .build());
  }

  /** The replica with which a shard goes on by this wish; 0: it stays as it is. */
  synchronized long survivor(ShardSurvivor wish) {
    return leftOut.contains(wish.getShard())
            || ended.stream().anyMatch(each -> each.getJob().getShard() == wish.getShard())
        ? 0
        : wish.getReplica();
  }

  private static Job recovery(long shard) {
    return Job.newBuilder()
        .setId(100 + shard)
        .setShard(shard)
        .setRecovery(Recovery.newBuilder().setSurvivor(replica(shard, 2)))
        .build();
  }

  private AdminReply recover(AdminRequest request) {
    boolean dryRun = request.getDryRun();
    List<Long> named =
        request.getRecover().getShardsList().stream().map(ShardSurvivor::getShard).toList();
    for (long shard : named) {
      if (!lost.contains(shard) || (!dryRun && alive.contains(shard))) {
        throw new IllegalStateException("shard " + shard + " has its majority");
      }
    }
    AdminReply.Builder reply = AdminReply.newBuilder();
    if (dryRun) {
      (named.isEmpty() ? lost : named).forEach(shard -> reply.addLost(lost(shard)));
      if (obstructed) {
        reply.addNotes("shard 4 is not lost for good: node 3 is silent, but not judged dead yet");
      }
      return reply.build();
    }
    for (long shard : named) {
      if (leftOut.contains(shard)) {
        reply.addNotes("shard " + shard + " is at epoch 2.5, not 2.4");
      } else {
        reply.addJobs(PlannedJob.newBuilder().setJob(recovery(shard)));
      }
    }
    return reply.build();
  }

  private LostShard.Builder lost(long shard) {
    return LostShard.newBuilder()
        .setShard(shard)
        .setSurvivor(replica(shard, 2).getReplica())
        .addReplicas(lost(shard, 1, LostReplica.Fate.DEAD).setReported(true).setLastIndex(48))
        .addReplicas(lost(shard, 2, LostReplica.Fate.ALIVE).setReported(true).setLastIndex(46))
        .addReplicas(lost(shard, 3, LostReplica.Fate.DEAD).setFateValue(fateOfThird));
  }

  private static LostReplica.Builder lost(long shard, long node, LostReplica.Fate fate) {
    return LostReplica.newBuilder().setReplica(replica(shard, node)).setFate(fate).setLastTerm(2);
  }

  private static Replica replica(long shard, long node) {
    return Replica.newBuilder().setNode(node).setReplica(shard * 10 + node).build();
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
    if (!script.isEmpty()) {
      status.mergeFrom(script.size() == 1 ? script.element() : script.remove());
      return;
    }
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
    Settings.Builder settings = Settings.newBuilder().setBalanceOff(!balance);
    if (goal > 0) {
      settings.addGoals(ShardGoal.newBuilder().setKeyspace(1).setShards(goal));
    }
    status.addAllEnded(ended).setSettings(settings);
  }
}
