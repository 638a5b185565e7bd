package io.flotilla.router.client;

import com.google.protobuf.ByteString;
import io.flotilla.proto.map.NodeState;
import io.flotilla.proto.placement.MemberStatus;
import io.flotilla.proto.placement.NodeStatus;
import io.flotilla.proto.placement.ReplicaStatus;
import io.flotilla.proto.placement.ShardGoal;
import io.flotilla.proto.placement.ShardStatus;
import io.flotilla.proto.placement.StatusReply;
import io.flotilla.router.map.KeyCodec;
import io.flotilla.router.map.Route;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/** Reads placement's status into the SDK's own words. */
final class StatusReader {
  /** Encoded keys begin with their keyspace's id. */
  private static final Comparator<ShardStatus> IN_ORDER_OF_KEYS =
      (a, b) -> Route.compare(a.getShard().getStart(), b.getShard().getStart());

  private final StatusReply reply;
  private final Map<Integer, io.flotilla.proto.map.Keyspace> keyspaces = new HashMap<>();

  /** By keyspace. */
  private final Map<Integer, Integer> votersMax = new HashMap<>();

  StatusReader(StatusReply reply) {
    this.reply = reply;
    reply.getKeyspacesList().forEach(keyspace -> keyspaces.put(keyspace.getId(), keyspace));
    reply
        .getShardsList()
        .forEach(
            each ->
                votersMax.merge(each.getShard().getKeyspace(), voters(each.getShard()), Math::max));
  }

  ClusterStatus status() {
    return new ClusterStatus(
        reply.getCluster(),
        reply.getRevision(),
        reply.getMembersList().stream().map(StatusReader::member).toList(),
        reply.getNodesList().stream().map(StatusReader::node).toList(),
        reply.getKeyspacesList().stream().map(this::known).toList(),
        reply.getShardsList().stream().sorted(IN_ORDER_OF_KEYS).map(this::shard).toList(),
        reply.getJobsList().stream().map(JobReader::job).toList(),
        reply.getEndedList().stream().map(JobReader::ended).toList(),
        settings());
  }

  private ClusterStatus.Settings settings() {
    Map<String, Integer> goals = new HashMap<>();
    for (ShardGoal goal : reply.getSettings().getGoalsList()) {
      if (goal.getShards() > 0) {
        goals.put(nameOf(goal.getKeyspace()), goal.getShards());
      }
    }
    return new ClusterStatus.Settings(!reply.getSettings().getBalanceOff(), goals);
  }

  private String nameOf(int keyspace) {
    io.flotilla.proto.map.Keyspace known = keyspaces.get(keyspace);
    return known == null ? "#" + keyspace : known.getName();
  }

  private ClusterStatus.Keyspace known(io.flotilla.proto.map.Keyspace keyspace) {
    return keyspace(keyspace.toBuilder().setReplicas(replicasAsked(keyspace.getId())).build());
  }

  /**
   * Where nobody has said how many, as many as the shard that has most of them, as placement does.
   */
  private int replicasAsked(int keyspace) {
    io.flotilla.proto.map.Keyspace known = keyspaces.get(keyspace);
    return known == null || known.getReplicas() == 0
        ? votersMax.getOrDefault(keyspace, 0)
        : known.getReplicas();
  }

  /** How many decide, once the change of members that may be under way is done. */
  private static int voters(io.flotilla.proto.map.Shard shard) {
    return (int)
        shard.getReplicasList().stream()
            .filter(
                replica ->
                    replica.getRole() == io.flotilla.proto.map.ReplicaRole.VOTER
                        || replica.getRole() == io.flotilla.proto.map.ReplicaRole.INCOMING)
            .count();
  }

  ClusterStatus.Shard shard(ShardStatus status) {
    io.flotilla.proto.map.Shard shard = status.getShard();
    io.flotilla.proto.map.Keyspace keyspace = keyspaces.get(shard.getKeyspace());
    KeyCodec codec =
        new KeyCodec(
            shard.getKeyspace(),
            keyspace == null
                ? io.flotilla.proto.map.Partitioning.RANGE
                : keyspace.getPartitioning());
    Set<Long> learners = new HashSet<>();
    shard.getReplicasList().stream()
        .filter(replica -> replica.getRole() == io.flotilla.proto.map.ReplicaRole.LEARNER)
        .forEach(replica -> learners.add(replica.getReplica()));
    return new ClusterStatus.Shard(
        shard.getId(),
        nameOf(shard.getKeyspace()),
        bound(codec, shard.getStart(), codec.start()),
        bound(codec, shard.getEnd(), codec.end()),
        shard.getEpoch().getVersion(),
        shard.getEpoch().getConfVersion(),
        status.getLeaderNode() == 0
            ? OptionalLong.empty()
            : OptionalLong.of(status.getLeaderNode()),
        status.getTerm(),
        status.getReplicasList().stream()
            .map(replica -> replica(replica, learners.contains(replica.getReplica())))
            .toList(),
        Math.max(0, replicasAsked(shard.getKeyspace()) - voters(shard)),
        shard.hasFrozen()
            ? Optional.of(
                new ClusterStatus.Frozen(shard.getFrozen().getInto(), status.getSettled()))
            : Optional.empty());
  }

  /** What the user's part of a bound is; nothing at the borders of the keyspace. */
  private static Optional<Bytes> bound(KeyCodec codec, ByteString bound, ByteString border) {
    return bound.isEmpty() || bound.equals(border) || bound.size() < 4
        ? Optional.empty()
        : Optional.of(Bytes.of(codec.withoutKeyspace(bound)));
  }

  private static ClusterStatus.Member member(MemberStatus member) {
    return new ClusterStatus.Member(
        member.getId(),
        member.getAddress(),
        member.getLeader(),
        member.getLearner(),
        member.getLeaving(),
        member.getHeard(),
        member.getApplied());
  }

  private static ClusterStatus.Node node(NodeStatus status) {
    return new ClusterStatus.Node(
        status.getNode().getId(),
        status.getNode().getAddress(),
        status.getNode().getLabelsMap(),
        status.getAlive(),
        status.getSilentMillis(),
        status.getReplicas(),
        status.getLeaders(),
        status.getNode().getState() == NodeState.DRAINING,
        status.getApproximateBytes(),
        status.getHeardBy());
  }

  private static ClusterStatus.Replica replica(ReplicaStatus replica, boolean learner) {
    return new ClusterStatus.Replica(
        replica.getNode(),
        replica.getReplica(),
        learner,
        replica.getAlive(),
        replica.getLost(),
        replica.getReported(),
        replica.getLastIndex(),
        replica.getApplied(),
        replica.getApproximateBytes(),
        replica.getSnapshot().getBytes(),
        replica.getSnapshot().getBytesTotal());
  }

  static ClusterStatus.Keyspace keyspace(io.flotilla.proto.map.Keyspace keyspace) {
    return new ClusterStatus.Keyspace(
        keyspace.getId(),
        keyspace.getName(),
        keyspace.getPartitioning() == io.flotilla.proto.map.Partitioning.HASH
            ? Partitioning.HASH
            : Partitioning.RANGE,
        keyspace.getReplicas());
  }

  static io.flotilla.proto.map.Partitioning partitioning(Partitioning partitioning) {
    return switch (partitioning) {
      case RANGE -> io.flotilla.proto.map.Partitioning.RANGE;
      case HASH -> io.flotilla.proto.map.Partitioning.HASH;
    };
  }
}
