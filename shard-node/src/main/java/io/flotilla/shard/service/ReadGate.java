package io.flotilla.shard.service;

import io.flotilla.proto.kv.ReadLevel;
import io.flotilla.rpc.ErrorCode;
import io.flotilla.rpc.RpcException;
import io.flotilla.shard.host.HostedShard;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeoutException;

/**
 * When the replica here may answer a read: the rule of each level. Where that takes waiting for
 * what may never come, the wait is bounded, and then {@link ErrorCode#REPLICA_BEHIND} sends the
 * caller to another replica. Any thread may call; nothing blocks.
 */
final class ReadGate {
  /** Longer than a replica in good health lags, shorter than it takes to lose patience. */
  static final Duration WAIT_MAX = Duration.ofMillis(250);

  /** A state of unbounded age that is older than this has its age confirmed in passing. */
  private static final Duration AGE_LEFT_ALONE = Duration.ofSeconds(1);

  private final Duration waitMax;
  private final Clocks clocks;

  ReadGate(Duration waitMax, Clocks clocks) {
    this.waitMax = waitMax;
    this.clocks = clocks;
  }

  /**
   * Completes when the replica may be read for this. For a stale read that is also when its age
   * could not be confirmed: whether it will do, {@link #age} decides.
   */
  CompletableFuture<?> open(HostedShard shard, ReadDemand demand, long deadlineNanos) {
    return switch (demand.level()) {
      case SESSION ->
          demand.minApplied() == 0
              ? shard.group().readBarrier()
              : reached(shard, demand.minApplied(), deadlineNanos);
      case STALE -> aged(shard, demand, deadlineNanos);
      default -> shard.group().readBarrier(); // that of a follower asks its leader
    };
  }

  private CompletableFuture<Long> reached(HostedShard shard, long index, long deadlineNanos) {
    CompletableFuture<Long> reached = shard.group().appliedAtLeast(index);
    clocks.patience().limit(reached, waitNanos(deadlineNanos));
    return reached.exceptionallyCompose(
        failure ->
            CompletableFuture.failedFuture(
                failure instanceof TimeoutException ? behind(shard, index) : failure));
  }

  private static RpcException behind(HostedShard shard, long index) {
    return new RpcException(
        ErrorCode.REPLICA_BEHIND,
        "the replica of shard "
            + shard.descriptor().getId()
            + " here has applied "
            + shard.group().status().appliedIndex()
            + ", the session has seen "
            + index);
  }

  private CompletableFuture<?> aged(HostedShard shard, ReadDemand demand, long deadlineNanos) {
    Optional<Duration> age = shard.group().stateAge();
    if (!isOver(age, demand.bound().orElse(AGE_LEFT_ALONE))) {
      return CompletableFuture.completedFuture(true);
    }
    CompletableFuture<Boolean> confirmed = shard.confirm();
    boolean mayBeShownAsItIs = age.isPresent() && demand.bound().isEmpty();
    if (mayBeShownAsItIs) {
      return CompletableFuture.completedFuture(true);
    }
    clocks.patience().limit(confirmed, waitNanos(deadlineNanos));
    return confirmed.exceptionally(notInTime -> false);
  }

  /**
   * The age of the state that is read after this, for a stale read; nothing if it is not known, and
   * for any other read.
   *
   * @throws RpcException with {@link ErrorCode#REPLICA_BEHIND} if it is, or may be, beyond the
   *     bound
   */
  Optional<Duration> age(HostedShard shard, ReadDemand demand) {
    if (demand.level() != ReadLevel.STALE) {
      return Optional.empty();
    }
    Optional<Duration> age = shard.group().stateAge();
    if (demand.bound().isPresent() && isOver(age, demand.bound().get())) {
      throw tooOld(shard, age, demand.bound().get());
    }
    return age;
  }

  private static RpcException tooOld(HostedShard shard, Optional<Duration> age, Duration bound) {
    return new RpcException(
        ErrorCode.REPLICA_BEHIND,
        "the replica of shard "
            + shard.descriptor().getId()
            + " here "
            + age.map(known -> "may be " + known.toMillis() + " ms old")
                .orElse("does not know how old it is")
            + "; allowed: up to "
            + bound.toMillis()
            + " ms");
  }

  /** What is not known may be anything. */
  private static boolean isOver(Optional<Duration> age, Duration bound) {
    return age.map(known -> known.compareTo(bound) > 0).orElse(true);
  }

  private long waitNanos(long deadlineNanos) {
    return Math.max(0, Math.min(waitMax.toNanos(), deadlineNanos - clocks.nanos().getAsLong()));
  }
}
