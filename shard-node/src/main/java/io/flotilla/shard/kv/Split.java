package io.flotilla.shard.kv;

import io.flotilla.proto.kv.SplitEntry;
import io.flotilla.proto.map.Epoch;
import io.flotilla.proto.map.Replica;
import io.flotilla.proto.map.ReplicaRole;
import io.flotilla.proto.map.Shard;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What a {@link SplitEntry} makes of a shard's descriptor. The left part goes on as the shard; the
 * right one is a new shard, with a group and a log of its own, on the same nodes. Both have the
 * next version, so that whoever was routed by the one before is refused by both. Pure.
 *
 * @param rest the shard from now on; it names the new one as cut off
 * @param cutOff the new one
 */
public record Split(Shard rest, Shard cutOff) {
  /**
   * Why this shard, as it is, cannot be cut so; every replica finds the same. A shard that has
   * changed since it was decided is left alone, whatever the change: the new replicas might not be
   * where the data is.
   */
  public static Optional<String> refusal(Shard shard, SplitEntry entry) {
    Optional<String> elsewhere = refusal(shard, entry.getExpected(), "be split");
    if (elsewhere.isPresent()) {
      return elsewhere;
    }
    if (shard.hasFrozen()) {
      return Optional.of("it is frozen");
    }
    if (shard.getReplicasList().stream().anyMatch(Split::isChanging)) {
      return Optional.of("its members are being changed");
    }
    if (entry.getAt().equals(shard.getStart()) || !KeyRange.of(shard).contains(entry.getAt())) {
      return Optional.of("the key to split at is not within its range");
    }
    long id = entry.getNewShard();
    if (id == 0 || id == shard.getId()) {
      return Optional.of("the new shard has id " + id);
    }
    return refusal(shard.getReplicasList(), entry.getNewReplicasList());
  }

  /** Why what was decided for this epoch is not done now. */
  static Optional<String> refusal(Shard shard, Epoch expected, String what) {
    return expected.equals(shard.getEpoch())
        ? Optional.empty()
        : Optional.of(
            "it was to %s at %s, and is at %s"
                .formatted(what, said(expected), said(shard.getEpoch())));
  }

  private static Optional<String> refusal(List<Replica> here, List<Replica> given) {
    Set<Replica> places = new HashSet<>();
    Set<Long> ids = new HashSet<>();
    here.forEach(replica -> places.add(replica.toBuilder().clearReplica().build()));
    for (Replica replica : given) {
      boolean fits = places.remove(replica.toBuilder().clearReplica().build());
      if (!fits || replica.getReplica() == 0 || !ids.add(replica.getReplica())) {
        return Optional.of("a new replica does not fit the shard's own: " + said(replica));
      }
    }
    return places.isEmpty() ? Optional.empty() : Optional.of("not every node has a new replica");
  }

  static String said(Epoch epoch) {
    return "version " + epoch.getVersion() + "." + epoch.getConfVersion();
  }

  private static String said(Replica replica) {
    return replica.getReplica() + " on node " + replica.getNode() + ", " + replica.getRole();
  }

  private static boolean isChanging(Replica replica) {
    return replica.getRole() == ReplicaRole.INCOMING || replica.getRole() == ReplicaRole.OUTGOING;
  }

  /** For an entry that is not refused. */
  static Split of(Shard shard, SplitEntry entry) {
    Epoch next = shard.getEpoch().toBuilder().setVersion(shard.getEpoch().getVersion() + 1).build();
    Shard cutOff =
        Shard.newBuilder()
            .setId(entry.getNewShard())
            .setStart(entry.getAt())
            .setEnd(shard.getEnd())
            .setEpoch(next)
            .addAllReplicas(entry.getNewReplicasList())
            .setKeyspace(shard.getKeyspace())
            .setPreferredLeader(entry.getPreferredLeader())
            .build();
    Shard rest =
        shard.toBuilder()
            .setEnd(entry.getAt())
            .setEpoch(next)
            .clearCutOff()
            .addCutOff(cutOff)
            .build();
    return new Split(rest, cutOff);
  }
}
