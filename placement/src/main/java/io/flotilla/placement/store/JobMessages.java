package io.flotilla.placement.store;

import io.flotilla.placement.model.EndedJob;
import io.flotilla.placement.model.Ending;
import io.flotilla.placement.model.Job;
import io.flotilla.placement.model.Member;
import io.flotilla.placement.model.Merge;
import io.flotilla.placement.model.Move;
import io.flotilla.placement.model.Recovery;
import io.flotilla.placement.model.Settings;
import io.flotilla.placement.model.Split;
import io.flotilla.placement.model.Transfer;
import io.flotilla.proto.placement.JobEnd;
import io.flotilla.proto.placement.ShardGoal;
import java.util.Set;
import java.util.TreeSet;

/** Jobs and settings as messages and back; as {@link MapMessages}. */
public final class JobMessages {
  private JobMessages() {}

  public static io.flotilla.proto.placement.Job write(Job job) {
    io.flotilla.proto.placement.Job.Builder message =
        io.flotilla.proto.placement.Job.newBuilder()
            .setId(job.id())
            .setShard(job.shard())
            .setReason(job.reason());
    return job.as(new Writer(message)).build();
  }

  /** Adds what only one kind of job has. */
  private record Writer(io.flotilla.proto.placement.Job.Builder message)
      implements Job.Kinds<io.flotilla.proto.placement.Job.Builder> {
    @Override
    public io.flotilla.proto.placement.Job.Builder merge(Merge merge) {
      return message.setMerge(
          io.flotilla.proto.placement.Merge.newBuilder()
              .setExpected(MapMessages.write(merge.expected()))
              .setInto(merge.into())
              .setIntoEpoch(MapMessages.write(merge.intoEpoch())));
    }

    @Override
    public io.flotilla.proto.placement.Job.Builder move(Move move) {
      return message.setMove(
          io.flotilla.proto.placement.Move.newBuilder()
              .setFrom(move.from())
              .setTo(MapMessages.write(move.to()))
              .setVoters(move.voters()));
    }

    @Override
    public io.flotilla.proto.placement.Job.Builder recovery(Recovery recovery) {
      return message.setRecovery(
          io.flotilla.proto.placement.Recovery.newBuilder()
              .setExpected(MapMessages.write(recovery.expected()))
              .setSurvivor(MapMessages.write(recovery.survivor()))
              .setLastTerm(recovery.lastTerm()));
    }

    @Override
    public io.flotilla.proto.placement.Job.Builder split(Split split) {
      io.flotilla.proto.placement.Split.Builder kind =
          io.flotilla.proto.placement.Split.newBuilder()
              .setExpected(MapMessages.write(split.expected()))
              .setAt(MapMessages.write(split.at()))
              .setNewShard(split.newShard());
      split.newReplicas().forEach(replica -> kind.addNewReplicas(MapMessages.write(replica)));
      return message.setSplit(kind);
    }

    @Override
    public io.flotilla.proto.placement.Job.Builder transfer(Transfer transfer) {
      return message.setTransfer(
          io.flotilla.proto.placement.Transfer.newBuilder()
              .setTo(MapMessages.write(transfer.to())));
    }
  }

  public static Job read(io.flotilla.proto.placement.Job job) {
    long id = job.getId();
    long shard = job.getShard();
    String reason = job.getReason();
    return switch (job.getKindCase()) {
      case MOVE ->
          new Move(
              id,
              shard,
              job.getMove().getFrom(),
              MapMessages.read(job.getMove().getTo()),
              job.getMove().getVoters(),
              reason);
      case SPLIT ->
          new Split(
              id,
              shard,
              MapMessages.read(job.getSplit().getExpected()),
              MapMessages.read(job.getSplit().getAt()),
              job.getSplit().getNewShard(),
              job.getSplit().getNewReplicasList().stream().map(MapMessages::read).toList(),
              reason);
      case TRANSFER -> new Transfer(id, shard, MapMessages.read(job.getTransfer().getTo()), reason);
      case MERGE ->
          new Merge(
              id,
              shard,
              MapMessages.read(job.getMerge().getExpected()),
              job.getMerge().getInto(),
              MapMessages.read(job.getMerge().getIntoEpoch()),
              reason);
      case RECOVERY ->
          new Recovery(
              id,
              shard,
              MapMessages.read(job.getRecovery().getExpected()),
              MapMessages.read(job.getRecovery().getSurvivor()),
              job.getRecovery().getLastTerm(),
              reason);
      case KIND_NOT_SET -> throw new IllegalArgumentException("a job of no kind");
    };
  }

  public static io.flotilla.proto.placement.EndedJob write(EndedJob ended) {
    return io.flotilla.proto.placement.EndedJob.newBuilder()
        .setJob(write(ended.job()))
        .setEnd(write(ended.ending().how()))
        .setWhy(ended.ending().why())
        .build();
  }

  static EndedJob read(io.flotilla.proto.placement.EndedJob ended, long revision) {
    Ending ending = new Ending(read(ended.getEnd()), ended.getWhy());
    return new EndedJob(read(ended.getJob()), ending, revision);
  }

  public static JobEnd write(Ending.How how) {
    return switch (how) {
      case DONE -> JobEnd.DONE;
      case CANCELLED -> JobEnd.CANCELLED;
      case GIVEN_UP -> JobEnd.GIVEN_UP;
    };
  }

  static Ending.How read(JobEnd end) {
    return switch (end) {
      case DONE -> Ending.How.DONE;
      case CANCELLED -> Ending.How.CANCELLED;
      case GIVEN_UP -> Ending.How.GIVEN_UP;
      case UNRECOGNIZED -> throw new IllegalArgumentException("unknown end of a job");
    };
  }

  public static io.flotilla.proto.placement.Settings write(Settings settings) {
    io.flotilla.proto.placement.Settings.Builder message =
        io.flotilla.proto.placement.Settings.newBuilder().setBalanceOff(!settings.balance());
    Set<Integer> keyspaces = new TreeSet<>(settings.goals().keySet());
    keyspaces.addAll(settings.floors().keySet());
    for (int keyspace : keyspaces) {
      message.addGoals(
          ShardGoal.newBuilder()
              .setKeyspace(keyspace)
              .setShards(settings.goals().getOrDefault(keyspace, 0))
              .setFloor(settings.floors().getOrDefault(keyspace, 0)));
    }
    message.addAllMembers(MapMessages.writeMembers(settings.members().values()));
    return message.build();
  }

  static Settings read(io.flotilla.proto.placement.Settings settings) {
    Settings read = Settings.INITIAL.withBalance(!settings.getBalanceOff());
    for (ShardGoal goal : settings.getGoalsList()) {
      read =
          read.withGoal(goal.getKeyspace(), goal.getShards())
              .withFloor(goal.getKeyspace(), goal.getFloor());
    }
    for (Member member : MapMessages.readMembers(settings.getMembersList()).values()) {
      read = read.withMember(member);
    }
    return read;
  }
}
