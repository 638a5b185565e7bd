package io.flotilla.router.client;

import io.flotilla.proto.map.Replica;
import io.flotilla.proto.placement.AdminReply;
import io.flotilla.proto.placement.EndedJob;
import io.flotilla.proto.placement.ExplainReply;
import io.flotilla.proto.placement.LostReplica;
import io.flotilla.proto.placement.LostShard;
import io.flotilla.proto.placement.PlannedJob;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.ToLongFunction;

/** Reads placement's jobs into the SDK's own words. */
final class JobReader {
  private static final OptionalLong NONE = OptionalLong.empty();

  private JobReader() {}

  static Job job(io.flotilla.proto.placement.Job job) {
    return switch (job.getKindCase()) {
      case MOVE -> move(job, job.getMove());
      case SPLIT -> job(job, Job.Kind.SPLIT, OptionalLong.of(job.getSplit().getNewShard()), NONE);
      case MERGE -> job(job, Job.Kind.MERGE, NONE, OptionalLong.of(job.getMerge().getInto()));
      case TRANSFER -> job(job, Job.Kind.TRANSFER, NONE, Optional.of(job.getTransfer().getTo()));
      case RECOVERY ->
          job(job, Job.Kind.RECOVERY, NONE, Optional.of(job.getRecovery().getSurvivor()));
      case KIND_NOT_SET -> job(job, Job.Kind.OTHER, NONE, NONE);
    };
  }

  private static Job move(
      io.flotilla.proto.placement.Job job, io.flotilla.proto.placement.Move move) {
    OptionalLong from = move.getFrom() == 0 ? NONE : OptionalLong.of(move.getFrom());
    boolean nobodyComes = move.getFrom() == move.getTo().getReplica();
    return job(
        job, Job.Kind.MOVE, from, nobodyComes ? Optional.empty() : Optional.of(move.getTo()));
  }

  /** One by which a replica comes, leads or goes on. */
  private static Job job(
      io.flotilla.proto.placement.Job job, Job.Kind kind, OptionalLong from, Optional<Replica> to) {
    return new Job(
        job.getId(),
        kind,
        job.getShard(),
        from,
        id(to, Replica::getReplica),
        id(to, Replica::getNode),
        NONE,
        NONE,
        job.getReason());
  }

  private static OptionalLong id(Optional<Replica> replica, ToLongFunction<Replica> of) {
    return replica.isPresent() ? OptionalLong.of(of.applyAsLong(replica.get())) : NONE;
  }

  /** One of the shard as a whole. */
  private static Job job(
      io.flotilla.proto.placement.Job job,
      Job.Kind kind,
      OptionalLong newShard,
      OptionalLong into) {
    return new Job(
        job.getId(), kind, job.getShard(), NONE, NONE, NONE, newShard, into, job.getReason());
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
          case DEAD -> Losses.Fate.DEAD;
          case ALIVE -> Losses.Fate.ALIVE;
          case MISSING -> Losses.Fate.MISSING;
          case LOST -> Losses.Fate.LOST;
          case UNRECOGNIZED -> Losses.Fate.UNKNOWN;
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
