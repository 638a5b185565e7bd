package io.flotilla.router.client;

import io.flotilla.proto.placement.AdminReply;
import io.flotilla.proto.placement.EndedJob;
import io.flotilla.proto.placement.ExplainReply;
import io.flotilla.proto.placement.LostReplica;
import io.flotilla.proto.placement.LostShard;
import io.flotilla.proto.placement.PlannedJob;
import java.util.Optional;
import java.util.OptionalLong;

/** Reads placement's jobs into the SDK's own words. */
final class JobReader {
  private JobReader() {}

  static Job job(io.flotilla.proto.placement.Job job) {
    OptionalLong none = OptionalLong.empty();
    long id = job.getId();
    long shard = job.getShard();
    String reason = job.getReason();
    return switch (job.getKindCase()) {
      case MOVE -> move(id, shard, job.getMove(), reason);
      case SPLIT ->
          new Job(
              id,
              Job.Kind.SPLIT,
              shard,
              none,
              none,
              none,
              OptionalLong.of(job.getSplit().getNewShard()),
              none,
              reason);
      case MERGE ->
          new Job(
              id,
              Job.Kind.MERGE,
              shard,
              none,
              none,
              none,
              none,
              OptionalLong.of(job.getMerge().getInto()),
              reason);
      case TRANSFER ->
          new Job(
              id,
              Job.Kind.TRANSFER,
              shard,
              none,
              OptionalLong.of(job.getTransfer().getTo().getReplica()),
              OptionalLong.of(job.getTransfer().getTo().getNode()),
              none,
              none,
              reason);
      case RECOVERY ->
          new Job(
              id,
              Job.Kind.RECOVERY,
              shard,
              none,
              OptionalLong.of(job.getRecovery().getSurvivor().getReplica()),
              OptionalLong.of(job.getRecovery().getSurvivor().getNode()),
              none,
              none,
              reason);
      case KIND_NOT_SET -> new Job(id, Job.Kind.OTHER, shard, none, none, none, none, none, reason);
    };
  }

  private static Job move(
      long id, long shard, io.flotilla.proto.placement.Move move, String reason) {
    boolean nobodyComes = move.getFrom() == move.getTo().getReplica();
    return new Job(
        id,
        Job.Kind.MOVE,
        shard,
        move.getFrom() == 0 ? OptionalLong.empty() : OptionalLong.of(move.getFrom()),
        nobodyComes ? OptionalLong.empty() : OptionalLong.of(move.getTo().getReplica()),
        nobodyComes ? OptionalLong.empty() : OptionalLong.of(move.getTo().getNode()),
        OptionalLong.empty(),
        OptionalLong.empty(),
        reason);
  }

  static Job.Ended ended(EndedJob ended) {
    Job.End end =
        switch (ended.getEnd()) {
          case DONE -> Job.End.DONE;
          case CANCELLED -> Job.End.CANCELLED;
          case GIVEN_UP, UNRECOGNIZED -> Job.End.GIVEN_UP;
        };
    return new Job.Ended(job(ended.getJob()), end, ended.getWhy());
  }

  static Job.Planned planned(PlannedJob planned) {
    return new Job.Planned(job(planned.getJob()), planned.getApproximateBytes());
  }

  static AdminAnswer answer(AdminReply reply) {
    return new AdminAnswer(
        reply.getJobsList().stream().map(JobReader::planned).toList(), reply.getNotesList());
  }

  static Losses losses(AdminReply reply) {
    return new Losses(
        reply.getLostList().stream().map(JobReader::lost).toList(), reply.getNotesList());
  }

  private static Losses.LostShard lost(LostShard lost) {
    return new Losses.LostShard(
        lost.getShard(),
        lost.getReplicasList().stream().map(JobReader::lost).toList(),
        lost.getSurvivor());
  }

  private static Losses.Replica lost(LostReplica lost) {
    return new Losses.Replica(
        lost.getReplica().getReplica(),
        lost.getReplica().getNode(),
        switch (lost.getFate()) {
          case DEAD, UNRECOGNIZED -> Losses.Fate.DEAD;
          case ALIVE -> Losses.Fate.ALIVE;
          case MISSING -> Losses.Fate.MISSING;
          case LOST -> Losses.Fate.LOST;
        },
        lost.getReported()
            ? Optional.of(
                new Losses.Log(lost.getLastTerm(), lost.getLastIndex(), lost.getApplied()))
            : Optional.empty());
  }

  static Explanation explanation(ExplainReply reply) {
    return new Explanation(
        reply.getFindingsList().stream()
            .map(
                finding ->
                    new Explanation.Finding(
                        finding.getRule(), finding.getShard(), finding.getText()))
            .toList(),
        reply.getPlannedList().stream().map(JobReader::planned).toList(),
        reply.getBalance());
  }
}
