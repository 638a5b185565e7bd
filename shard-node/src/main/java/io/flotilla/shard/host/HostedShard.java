package io.flotilla.shard.host;

import io.flotilla.proto.errors.ErrorDetail;
import io.flotilla.proto.map.Epoch;
import io.flotilla.proto.map.Replica;
import io.flotilla.proto.map.Shard;
import io.flotilla.raft.port.StorageException;
import io.flotilla.raft.runtime.RaftGroup;
import io.flotilla.rpc.ErrorCode;
import io.flotilla.rpc.RpcException;
import io.flotilla.shard.kv.KeyRange;
import io.flotilla.shard.kv.KvReads;
import io.flotilla.shard.kv.KvStateMachine;

/** One open replica of a shard. Any thread may call. */
public final class HostedShard {
  private final KvStateMachine state;
  private final RaftGroup group;

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

  /** The node that holds a replica of this shard; 0 if none does. */
  public long nodeOf(long replicaId) {
    for (Replica replica : descriptor().getReplicasList()) {
      if (replica.getReplica() == replicaId) {
        return replica.getNode();
      }
    }
    return 0;
  }
}
