package io.flotilla.shard.service;

import io.flotilla.proto.errors.ErrorDetail;
import io.flotilla.proto.map.Shard;
import io.flotilla.raft.core.Refusal;
import io.flotilla.raft.core.ReplicaId;
import io.flotilla.raft.runtime.RaftException;
import io.flotilla.rpc.ErrorCode;
import io.flotilla.rpc.RpcException;
import io.flotilla.shard.host.HostedShard;
import io.flotilla.shard.host.NodeTable;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What a caller hears when a shard's group, or a check before it, said no. */
final class Refusals {
  private static final Logger LOG = LoggerFactory.getLogger(Refusals.class);
  private static final int RETRY_AFTER_MILLIS = 50;

  private final NodeTable nodes;

  Refusals(NodeTable nodes) {
    this.nodes = nodes;
  }

  /** Of a write. Whatever broke, it may have broken after the write took effect. */
  ErrorDetail detail(Throwable failure, HostedShard shard) {
    return detail(failure, shard, ErrorCode.UNKNOWN_OUTCOME);
  }

  /** Of a read, which has no outcome but its answer: there is none from here. */
  ErrorDetail ofRead(Throwable failure, HostedShard shard) {
    return detail(failure, shard, ErrorCode.INTERNAL);
  }

  private ErrorDetail detail(Throwable failure, HostedShard shard, ErrorCode broken) {
    Throwable cause = failure;
    while (cause instanceof CompletionException && cause.getCause() != null) {
      cause = cause.getCause();
    }
    if (cause instanceof RpcException refused) {
      return refused.detail();
    }
    if (cause instanceof RaftException raft) {
      return raft.refusal()
          .map(refusal -> detail(refusal, shard))
          .orElseGet(() -> plain(broken, String.valueOf(raft.getMessage())));
    }
    LOG.error("a request to shard {} failed", shard.descriptor().getId(), cause);
    return plain(broken, "the node failed: " + cause);
  }

  private ErrorDetail detail(Refusal refusal, HostedShard shard) {
    if (refusal instanceof Refusal.NotLeader notLeader) {
      return notLeader(notLeader.leader(), shard);
    }
    if (refusal instanceof Refusal.Transferring transferring) {
      return notLeader(Optional.of(transferring.to()), shard);
    }
    if (refusal instanceof Refusal.TooLarge tooLarge) {
      return plain(
          ErrorCode.INVALID_REQUEST,
          "the write is too long; allowed are " + tooLarge.bytesMax() + " bytes as an entry");
    }
    return overloaded("shard " + shard.descriptor().getId() + " takes no more for now");
  }

  private ErrorDetail notLeader(Optional<ReplicaId> leader, HostedShard shard) {
    long node = leader.map(replica -> shard.nodeOf(replica.value())).orElse(0L);
    return ErrorDetail.newBuilder()
        .setCode(ErrorCode.NOT_LEADER.number())
        .setMessage(
            "shard "
                + shard.descriptor().getId()
                + (node == 0 ? " has no known leader" : " is led by node " + node))
        .setLeaderNode(node)
        .setLeaderAddress(nodes.address(node).orElse(""))
        .build();
  }

  /**
   * Nobody is asked, and nothing is done: it serves again, or another in its place, before long.
   */
  static ErrorDetail frozen(Shard shard) {
    return overloaded(
        "shard %d is frozen: shard %d is to absorb it, and then has its keys; nothing was done"
            .formatted(shard.getId(), shard.getFrozen().getInto()));
  }

  static ErrorDetail overloaded(String message) {
    return plain(ErrorCode.OVERLOADED, message).toBuilder()
        .setRetryAfterMillis(RETRY_AFTER_MILLIS)
        .build();
  }

  private static ErrorDetail plain(ErrorCode code, String message) {
    return ErrorDetail.newBuilder().setCode(code.number()).setMessage(message).build();
  }
}
