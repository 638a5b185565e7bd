package io.flotilla.shard.host;

import io.flotilla.proto.errors.ErrorDetail;
import io.flotilla.proto.map.Epoch;
import io.flotilla.proto.map.Shard;
import io.flotilla.raft.core.Membership.Member;
import io.flotilla.raft.port.StorageException;
import io.flotilla.raft.runtime.RaftGroup;
import io.flotilla.rpc.ErrorCode;
import io.flotilla.rpc.RpcException;
import io.flotilla.shard.kv.KeyRange;
import io.flotilla.shard.kv.KvReads;
import io.flotilla.shard.kv.KvStateMachine;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;

/** One open replica of a shard. Any thread may call. */
public final class HostedShard {
  private final KvStateMachine state;
  private final RaftGroup group;

  /** The last question whether the state here is current; the first has been answered. */
  private final AtomicReference<CompletableFuture<Long>> confirming =
      new AtomicReference<>(CompletableFuture.completedFuture(0L));

  HostedShard(KvStateMachine state, RaftGroup group) {
    this.state = state;
    this.group = group;
  }

  /** The descriptor that is in force here. */
  public Shard descriptor() {
    return state.shard();
  }

  public KeyRange range() {
    return state.range();
  }

  public RaftGroup group() {
    return group;
  }

  /**
   * Has the group's leader confirm how new the state here is, which {@link RaftGroup#stateAge} then
   * tells. All who ask while one question is under way share its answer.
   *
   * @return whether it was confirmed; never fails
   */
  public CompletableFuture<Boolean> confirm() {
    CompletableFuture<Long> mine = new CompletableFuture<>();
    CompletableFuture<Long> asked = confirming.updateAndGet(last -> last.isDone() ? mine : last);
    if (asked == mine) {
      var unused =
          group
              .readBarrier()
              .whenComplete(
                  (applied, failure) -> {
                    if (failure == null) {
                      mine.complete(applied);
                    } else {
                      mine.completeExceptionally(failure);
                    }
                  });
    }
    return asked.handle((applied, failure) -> failure == null);
  }

  /** What the shard weighs, in bytes, roughly. Blocks on the disk. */
  long approximateBytes() throws StorageException {
    return state.approximateBytes();
  }

  public KvReads reads() {
    return state.reads();
  }

  /**
   * Refuses a request that was routed by another version of the shard.
   *
   * @throws RpcException with {@link ErrorCode#STALE_EPOCH} and the current descriptor
   */
  public void check(Epoch epoch) {
    long version = descriptor().getEpoch().getVersion();
    if (epoch.getVersion() != version) {
      throw new RpcException(
          ErrorDetail.newBuilder()
              .setCode(ErrorCode.STALE_EPOCH.number())
              .setMessage(
                  "shard "
                      + descriptor().getId()
                      + " has version "
                      + version
                      + ", the request was routed by version "
                      + epoch.getVersion())
              .addShards(descriptor())
              .build());
    }
  }

  /** The node that holds a replica of this shard, as far as its log here says; 0 if none does. */
  public long nodeOf(long replicaId) {
    for (Member member : group.status().membership().everybody()) {
      if (member.replica().value() == replicaId) {
        return member.node();
      }
    }
    return 0;
  }
}
