package io.flotilla.shard.kv;

import io.flotilla.proto.map.Epoch;
import io.flotilla.proto.map.Replica;
import io.flotilla.proto.map.ReplicaRole;
import io.flotilla.proto.map.Shard;
import io.flotilla.raft.core.Membership;
import io.flotilla.raft.core.Membership.Member;
import io.flotilla.raft.core.ReplicaId;
import java.util.List;

/** Who replicates a shard, in its descriptor and in its group. */
public final class Members {
  private Members() {}

  /** The descriptor after its group has this membership: of the next epoch. */
  static Shard change(Shard shard, Membership membership) {
    Epoch epoch = shard.getEpoch();
    Shard.Builder changed =
        shard.toBuilder()
            .clearReplicas()
            .setEpoch(epoch.toBuilder().setConfVersion(epoch.getConfVersion() + 1));
    boolean prefers = false;
    for (Member member : membership.everybody()) {
      ReplicaRole role = role(membership, member);
      changed.addReplicas(
          Replica.newBuilder()
              .setNode(member.node())
              .setReplica(member.replica().value())
              .setRole(role));
      prefers |=
          role == ReplicaRole.VOTER && member.replica().value() == shard.getPreferredLeader();
    }
    return prefers ? changed.build() : changed.clearPreferredLeader().build();
  }

  private static ReplicaRole role(Membership membership, Member member) {
    boolean stays = membership.voters().contains(member);
    boolean was = membership.outgoing().contains(member);
    if (!stays) {
      return was ? ReplicaRole.OUTGOING : ReplicaRole.LEARNER;
    }
    return was || !membership.isJoint() ? ReplicaRole.VOTER : ReplicaRole.INCOMING;
  }

  /** The membership of a shard that was just created. */
  public static Membership first(Shard shard) {
    return Membership.of(of(shard));
  }

  /** All that a descriptor names. */
  public static List<Member> of(Shard shard) {
    return shard.getReplicasList().stream()
        .map(replica -> new Member(new ReplicaId(replica.getReplica()), replica.getNode()))
        .toList();
  }
}
