package io.flotilla.placement.store;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.flotilla.placement.model.Epoch;
import io.flotilla.placement.model.Frozen;
import io.flotilla.placement.model.KeyBytes;
import io.flotilla.placement.model.KeyRange;
import io.flotilla.placement.model.Keyspace;
import io.flotilla.placement.model.KeyspacePlan;
import io.flotilla.placement.model.Member;
import io.flotilla.placement.model.Node;
import io.flotilla.placement.model.Partitioning;
import io.flotilla.placement.model.Replica;
import io.flotilla.placement.model.Shard;
import io.flotilla.proto.map.NodeState;
import io.flotilla.proto.map.ReplicaRole;
import io.flotilla.proto.placement.PlacementMember;
import io.flotilla.proto.placement.PlannedKeyspace;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The model as messages and back. What is read from a message is checked by the model: all {@code
 * read} methods throw {@link IllegalArgumentException} saying what is wrong.
 */
public final class MapMessages {
  private MapMessages() {}

  public static io.flotilla.proto.map.Node write(Node node) {
    return io.flotilla.proto.map.Node.newBuilder()
        .setId(node.id())
        .setAddress(node.address())
        .setIncarnation(node.incarnation())
        .putAllLabels(node.labels())
        .setState(node.isDraining() ? NodeState.DRAINING : NodeState.ACTIVE)
        .build();
  }

  public static Node read(io.flotilla.proto.map.Node node) {
    return new Node(
        node.getId(),
        node.getAddress(),
        node.getIncarnation(),
        new TreeMap<>(node.getLabelsMap()),
        switch (node.getState()) {
          case ACTIVE -> Node.State.ACTIVE;
          case DRAINING -> Node.State.DRAINING;
          case UNRECOGNIZED -> throw new IllegalArgumentException("unknown state of a node");
        });
  }

  public static io.flotilla.proto.map.Keyspace write(Keyspace keyspace) {
    return io.flotilla.proto.map.Keyspace.newBuilder()
        .setId(keyspace.id())
        .setName(keyspace.name())
        .setPartitioning(write(keyspace.partitioning()))
        .setReplicas(keyspace.replicas())
        .build();
  }

  public static Keyspace read(io.flotilla.proto.map.Keyspace keyspace) {
    return new Keyspace(
        keyspace.getId(),
        keyspace.getName(),
        read(keyspace.getPartitioning()),
        keyspace.getReplicas());
  }

  public static io.flotilla.proto.map.Partitioning write(Partitioning partitioning) {
    return switch (partitioning) {
      case RANGE -> io.flotilla.proto.map.Partitioning.RANGE;
      case HASH -> io.flotilla.proto.map.Partitioning.HASH;
    };
  }

  public static Partitioning read(io.flotilla.proto.map.Partitioning partitioning) {
    return switch (partitioning) {
      case RANGE -> Partitioning.RANGE;
      case HASH -> Partitioning.HASH;
      case UNRECOGNIZED ->
          throw new IllegalArgumentException("unknown partitioning; allowed: RANGE, HASH");
    };
  }

  public static io.flotilla.proto.map.Shard write(Shard shard) {
    io.flotilla.proto.map.Shard.Builder message =
        io.flotilla.proto.map.Shard.newBuilder()
            .setId(shard.id())
            .setStart(write(shard.range().start()))
            .setEnd(write(shard.range().end()))
            .setEpoch(write(shard.epoch()))
            .setKeyspace(shard.keyspace())
            .setPreferredLeader(shard.preferredLeader());
    for (Replica replica : shard.replicas()) {
      message.addReplicas(write(replica));
    }
    shard.frozen().ifPresent(frozen -> message.setFrozen(write(frozen)));
    return message.build();
  }

  private static io.flotilla.proto.map.Frozen write(Frozen frozen) {
    return io.flotilla.proto.map.Frozen.newBuilder()
        .setInto(frozen.into())
        .setIntoEpoch(write(frozen.intoEpoch()))
        .setIndex(frozen.index())
        .addAllReplicas(frozen.replicas().stream().map(MapMessages::write).toList())
        .build();
  }

  private static Optional<Frozen> frozen(io.flotilla.proto.map.Shard shard) {
    io.flotilla.proto.map.Frozen frozen = shard.getFrozen();
    return shard.hasFrozen()
        ? Optional.of(
            new Frozen(
                frozen.getInto(),
                read(frozen.getIntoEpoch()),
                frozen.getIndex(),
                frozen.getReplicasList().stream().map(MapMessages::read).toList()))
        : Optional.empty();
  }

  public static io.flotilla.proto.map.Epoch write(Epoch epoch) {
    return io.flotilla.proto.map.Epoch.newBuilder()
        .setVersion(epoch.version())
        .setConfVersion(epoch.confVersion())
        .build();
  }

  public static Epoch read(io.flotilla.proto.map.Epoch epoch) {
    return new Epoch(epoch.getVersion(), epoch.getConfVersion());
  }

  public static io.flotilla.proto.map.Replica write(Replica replica) {
    return io.flotilla.proto.map.Replica.newBuilder()
        .setNode(replica.node())
        .setReplica(replica.id())
        .setRole(write(replica.role()))
        .build();
  }

  private static ReplicaRole write(Replica.Role role) {
    return switch (role) {
      case VOTER -> ReplicaRole.VOTER;
      case LEARNER -> ReplicaRole.LEARNER;
      case INCOMING -> ReplicaRole.INCOMING;
      case OUTGOING -> ReplicaRole.OUTGOING;
    };
  }

  public static Shard read(io.flotilla.proto.map.Shard shard) {
    return new Shard(
        shard.getId(),
        shard.getKeyspace(),
        new KeyRange(read(shard.getStart()), read(shard.getEnd())),
        read(shard.getEpoch()),
        shard.getReplicasList().stream().map(MapMessages::read).toList(),
        shard.getPreferredLeader(),
        frozen(shard));
  }

  /**
   * What is known here of a descriptor: with what was cut off from it, but not what had been cut
   * off from that.
   *
   * @throws IllegalArgumentException if it cannot be
   */
  public static io.flotilla.proto.map.Shard known(io.flotilla.proto.map.Shard shard) {
    io.flotilla.proto.map.Shard.Builder known = write(read(shard)).toBuilder();
    shard.getCutOffList().forEach(part -> known.addCutOff(write(read(part))));
    return known.build();
  }

  public static PlannedKeyspace write(KeyspacePlan plan) {
    List<io.flotilla.proto.map.Shard> shards =
        plan.shards().stream().map(MapMessages::write).toList();
    return PlannedKeyspace.newBuilder()
        .setExpectedRevision(plan.revision())
        .setKeyspace(write(plan.keyspace()))
        .addAllShards(shards)
        .setFloor(shards.size())
        .build();
  }

  public static KeyspacePlan read(PlannedKeyspace plan) {
    return new KeyspacePlan(
        plan.getExpectedRevision(),
        read(plan.getKeyspace()),
        plan.getShardsList().stream().map(MapMessages::read).toList());
  }

  public static KeyBytes read(ByteString bytes) {
    return KeyBytes.of(bytes.toByteArray());
  }

  public static Replica read(io.flotilla.proto.map.Replica replica) {
    Replica.Role role =
        switch (replica.getRole()) {
          case VOTER -> Replica.Role.VOTER;
          case LEARNER -> Replica.Role.LEARNER;
          case INCOMING -> Replica.Role.INCOMING;
          case OUTGOING -> Replica.Role.OUTGOING;
          case UNRECOGNIZED -> throw new IllegalArgumentException("unknown replica role");
        };
    return new Replica(replica.getNode(), replica.getReplica(), role);
  }

  public static List<PlacementMember> writeMembers(Collection<Member> members) {
    return members.stream().map(MapMessages::write).toList();
  }

  private static PlacementMember write(Member member) {
    return PlacementMember.newBuilder()
        .setId(member.id())
        .setAddress(member.address())
        .setRemoved(member.removed())
        .build();
  }

  /** By id. */
  public static SortedMap<Long, Member> readMembers(List<PlacementMember> members) {
    SortedMap<Long, Member> byId = new TreeMap<>();
    for (PlacementMember each : members) {
      byId.put(each.getId(), new Member(each.getId(), each.getAddress(), each.getRemoved()));
    }
    return byId;
  }

  public static ByteString write(KeyBytes bytes) {
    return UnsafeByteOperations.unsafeWrap(bytes.toByteArray());
  }
}
