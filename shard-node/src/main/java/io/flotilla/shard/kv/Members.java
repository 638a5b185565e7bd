package io.flotilla.shard.kv;

import io.flotilla.proto.map.Epoch;
import io.flotilla.proto.map.Replica;
import io.flotilla.proto.map.ReplicaRole;
import io.flotilla.proto.map.Shard;
import io.flotilla.raft.core.Membership;
import io.flotilla.raft.core.Membership.Member;
import io.flotilla.raft.core.ReplicaId;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Who replicates a shard, in its descriptor and in its group. */
public final class Members {
  private Members() {}

  /**
   * More changes, of members or of the range, than a majority that is lost can have made without a
   * replica that then goes on alone.
   */
  static final long LOST_CHANGES_MAX = 1L << 20;

  /**
   * The descriptor after its group has this membership: of the next epoch, or of one far beyond if
   * that was forced, so that it counts as newer than all that those who are lost may have told:
   * they may have changed its members, and they may have split or merged it.
   */
  static Shard change(Shard shard, Membership membership) {
    Shard.Builder changed =
        shard.toBuilder()
            .clearReplicas()
            .setEpoch(isForced(shard, membership) ? beyond(shard) : next(shard.getEpoch()));
    boolean prefers = false;
    for (Replica replica : replicas(membership)) {
      changed.addReplicas(replica);
      prefers |=
          replica.getRole() == ReplicaRole.VOTER
              && replica.getReplica() == shard.getPreferredLeader();
    }
    return prefers ? changed.build() : changed.clearPreferredLeader().build();
  }

  private static Epoch next(Epoch epoch) {
    return epoch.toBuilder().setConfVersion(epoch.getConfVersion() + 1).build();
  }

  /** One that is frozen is absorbed by its version, and jumps when it thaws. */
  private static Epoch beyond(Shard shard) {
    Epoch epoch = shard.getEpoch();
    long changes = shard.hasFrozen() ? 0 : LOST_CHANGES_MAX;
    return epoch.toBuilder()
        .setVersion(epoch.getVersion() + changes)
        .setConfVersion(epoch.getConfVersion() + LOST_CHANGES_MAX)
        .build();
  }

  /** All that a membership names, sorted by replica id. */
  public static List<Replica> replicas(Membership membership) {
    return membership.everybody().stream()
        .map(
            member ->
                Replica.newBuilder()
                    .setNode(member.node())
                    .setReplica(member.replica().value())
                    .setRole(role(membership, member))
                    .build())
        .toList();
  }

  /**
   * Whether one replica has left out all others without their vote: a majority comes to another one
   * by a joint membership only (thesis §4.3), whose voters then are those that remain.
   */
  private static boolean isForced(Shard before, Membership next) {
    Set<Member> voters = new HashSet<>(ofRole(before, ReplicaRole.VOTER));
    voters.addAll(ofRole(before, ReplicaRole.INCOMING));
    return next.equals(Membership.of(next.voters()))
        && next.voters().size() == 1
        && !voters.equals(Set.copyOf(next.voters()));
  }

  private static ReplicaRole role(Membership membership, Member member) {
    boolean stays = membership.voters().contains(member);
    boolean was = membership.outgoing().contains(member);
    if (!stays) {
      return was ? ReplicaRole.OUTGOING : ReplicaRole.LEARNER;
    }
    return was || !membership.isJoint() ? ReplicaRole.VOTER : ReplicaRole.INCOMING;
  }

  /** The membership of a shard that was just created, or cut off: not joint. */
  public static Membership first(Shard shard) {
    return new Membership(
        ofRole(shard, ReplicaRole.VOTER), List.of(), ofRole(shard, ReplicaRole.LEARNER));
  }

  private static List<Member> ofRole(Shard shard, ReplicaRole role) {
    return shard.getReplicasList().stream()
        .filter(replica -> replica.getRole() == role)
        .map(Members::of)
        .toList();
  }

  /** All that a descriptor names. */
  public static List<Member> of(Shard shard) {
    return shard.getReplicasList().stream().map(Members::of).toList();
  }

  private static Member of(Replica replica) {
    return new Member(new ReplicaId(replica.getReplica()), replica.getNode());
  }
}
