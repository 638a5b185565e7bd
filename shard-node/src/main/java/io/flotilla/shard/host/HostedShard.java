package io.flotilla.shard.host;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.flotilla.proto.kv.ChangeReply;
import io.flotilla.proto.kv.Command;
import io.flotilla.proto.kv.SplitEntry;
import io.flotilla.proto.map.Epoch;
import io.flotilla.proto.map.Frozen;
import io.flotilla.proto.map.Replica;
import io.flotilla.proto.map.Shard;
import io.flotilla.raft.core.GroupStatus;
import io.flotilla.raft.core.GroupStatus.PeerStatus;
import io.flotilla.raft.core.GroupStatus.RoleName;
import io.flotilla.raft.core.Membership.Member;
import io.flotilla.raft.port.StorageException;
import io.flotilla.raft.runtime.RaftException;
import io.flotilla.raft.runtime.RaftGroup;
import io.flotilla.shard.kv.KeyRange;
import io.flotilla.shard.kv.KvReads;
import io.flotilla.shard.kv.KvStateMachine;
import io.flotilla.shard.kv.Members;
import io.flotilla.shard.kv.Split;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;

/** One open replica of a shard. Any thread may call. */
public final class HostedShard {
  /** What replicas in good health lag behind under load, as their leader hears of it. */
  private static final long LAG_ENTRIES_MAX = 256;

  private final KvStateMachine state;
  private final RaftGroup group;
  private final ShardLoad load;

  /** The last question whether the state here is current; the first has been answered. */
  private final AtomicReference<CompletableFuture<Long>> confirming =
      new AtomicReference<>(CompletableFuture.completedFuture(0L));

  HostedShard(KvStateMachine state, RaftGroup group, ShardLoad load) {
    this.state = state;
    this.group = group;
    this.load = load;
  }

  /** The descriptor that is in force here. */
  public Shard descriptor() {
    return state.shard();
  }

  public KeyRange range() {
    return state.range();
  }

  /**
   * @param key encoded
   */
  public boolean hasInRange(ByteString key) {
    return range().contains(key);
  }

  public RaftGroup group() {
    return group;
  }

  /** What it is asked here. */
  public ShardLoad load() {
    return load;
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

  /**
   * A key within the range, not its start, where its data is best cut in two; nothing if there is
   * none. Blocks on the disk, a bounded while.
   */
  public Optional<ByteString> middle() throws StorageException {
    return state.middle();
  }

  /** Where its state is. */
  long generation() {
    return state.generation();
  }

  /** Reads for who was routed by this epoch. */
  public KvReads reads(Epoch epoch) {
    return state.reads(epoch.getVersion());
  }

  /** Whether a request that was routed by this epoch may ask for what is in the range. */
  public boolean isOf(Epoch epoch) {
    return epoch.getVersion() == descriptor().getEpoch().getVersion();
  }

  /** Why the shard, as it is here now, cannot be cut so; nothing if it can. */
  public Optional<String> whyNotSplit(SplitEntry entry) {
    return Split.refusal(descriptor(), entry);
  }

  /**
   * Has the shard's descriptor changed by an entry that is answered by {@link ChangeReply}, where
   * this replica leads it.
   *
   * @return what became of it; fails with {@link RaftException}
   */
  public CompletableFuture<ChangeReply> change(Command entry) {
    return group.propose(entry.toByteArray()).thenApply(HostedShard::changeReply);
  }

  private static ChangeReply changeReply(byte[] result) {
    try {
      return ChangeReply.parseFrom(result);
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("a change of a shard had another result", e);
    }
  }

  /**
   * Cuts the shard's group down to this replica, whose majority has to be lost for good.
   *
   * @return completes when that is committed; fails with {@link RaftException}, for one where a
   *     leader is heard
   */
  public CompletableFuture<Void> recover() {
    return group.recover();
  }

  /** Whether it takes no part any more: it was stopped. Its status is as of before. */
  public boolean isLost() {
    return group.stoppedBecause().isPresent();
  }

  /**
   * The last membership in its log, committed or not; empty if that is what its descriptor says.
   */
  public List<Replica> membersAhead() {
    List<Replica> last = Members.replicas(group.status().membership());
    return Set.copyOf(last).equals(Set.copyOf(descriptor().getReplicasList())) ? List.of() : last;
  }

  /** Whether this replica leads, as far as it knows. */
  public boolean leads() {
    return group.status().role() == RoleName.LEADER;
  }

  /** Whether it serves nothing, as far as is known here: see {@link Frozen}. */
  public boolean isFrozen() {
    return descriptor().hasFrozen();
  }

  /**
   * Whether all other replicas are heard and have applied the log but for its last few entries, so
   * that nothing that waits for all of them waits for long. Only the leader can tell.
   */
  public boolean isFollowedClosely() {
    GroupStatus status = group.status();
    long least = status.lastIndex() - LAG_ENTRIES_MAX;
    return status.role() == RoleName.LEADER
        && status.membership().everybody().stream()
            .map(Member::replica)
            .filter(replica -> !replica.equals(status.replica()))
            .allMatch(
                replica ->
                    status.peers().stream()
                        .filter(peer -> peer.replica().equals(replica))
                        .anyMatch(peer -> peer.recentlyActive() && peer.applied() >= least));
  }

  /**
   * Whether it is frozen, and all replicas that it was frozen with have applied that for good: what
   * whoever is to absorb it needs is on the disk of each. Only the leader can tell.
   */
  public boolean isSettled() {
    Frozen frozen = descriptor().getFrozen();
    GroupStatus status = group.status();
    return isFrozen()
        && status.role() == RoleName.LEADER
        && frozen.getReplicasList().stream()
            .allMatch(replica -> durablyApplied(status, replica) >= frozen.getIndex());
  }

  /** Whether this replica has applied for good that it is frozen, if it is. */
  boolean isDurablyFrozen() {
    return isFrozen()
        && group.status().durablyAppliedIndex() >= descriptor().getFrozen().getIndex();
  }

  /** What the descriptor here would be after a crash, if anything. Blocks on the disk. */
  Optional<Shard> durableDescriptor() throws StorageException {
    return state.durableShard();
  }

  private static long durablyApplied(GroupStatus status, Replica of) {
    if (of.getReplica() == status.replica().value()) {
      return status.durablyAppliedIndex();
    }
    return status.peers().stream()
        .filter(peer -> peer.replica().value() == of.getReplica())
        .mapToLong(PeerStatus::durablyApplied)
        .findFirst()
        .orElse(0);
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
