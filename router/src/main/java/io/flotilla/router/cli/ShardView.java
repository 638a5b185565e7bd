package io.flotilla.router.cli;

import io.flotilla.router.client.Bytes;
import io.flotilla.router.client.ClusterStatus;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A shard as JSON shows it: bounds in hexadecimal digits, for they need not be text. */
record ShardView(
    long id,
    String keyspace,
    @Nullable String startHex,
    @Nullable String endHex,
    long version,
    long confVersion,
    @Nullable Long leaderNode,
    long term,
    List<ClusterStatus.Replica> replicas,
    int lacking,
    ClusterStatus.@Nullable Frozen frozen) {
  static ShardView of(ClusterStatus.Shard shard) {
    return new ShardView(
        shard.id(),
        shard.keyspace(),
        shard.start().map(Bytes::asHex).orElse(null),
        shard.end().map(Bytes::asHex).orElse(null),
        shard.version(),
        shard.confVersion(),
        shard.leaderNode().isPresent() ? shard.leaderNode().getAsLong() : null,
        shard.term(),
        shard.replicas(),
        shard.lacking(),
        shard.frozen().orElse(null));
  }
}
