package io.flotilla.shard.host;

import com.google.protobuf.ByteString;
import io.flotilla.proto.kv.AbsorbEntry;
import io.flotilla.proto.kv.Command;
import io.flotilla.proto.kv.FenceEntry;
import io.flotilla.proto.kv.FreezeEntry;
import io.flotilla.proto.kv.ThawEntry;
import io.flotilla.proto.map.Epoch;
import io.flotilla.proto.map.Replica;
import io.flotilla.proto.map.ReplicaRole;
import io.flotilla.proto.map.Shard;
import io.flotilla.proto.placement.MergeOrder;
import io.flotilla.shard.kv.Merge;
import java.util.List;
import java.util.Optional;

/**
 * What the leader of a shard makes of an order about a merge. The entry names the epoch that the
 * order does, never the one that is found: so an order that is old comes to nothing, however late
 * its entry gets into the log. Pure.
 *
 * @param entry to be proposed; nothing if it has to wait, or can never be
 * @param refusal why it never can be
 */
public record MergeStep(Optional<Command> entry, Optional<String> refusal) {
  private static final MergeStep NOT_NOW = new MergeStep(Optional.empty(), Optional.empty());

  /** The shard may be of another epoch here, of which placement is about to hear. */
  public static MergeStep next(Shard now, MergeOrder order) {
    Epoch expected = order.getShard().getEpoch();
    if (!now.getEpoch().equals(expected)) {
      return NOT_NOW;
    }
    Shard other = order.getOther();
    return switch (order.getStep()) {
      case FREEZE -> freeze(now, expected, other);
      case ABSORB -> absorb(now, expected, other);
      case FENCE -> fence(now, expected);
      case THAW -> thaw(now, expected);
      case UNRECOGNIZED -> never("step " + order.getStepValue() + " of a merge is not known here");
    };
  }

  private static MergeStep never(String why) {
    return new MergeStep(Optional.empty(), Optional.of(why));
  }

  private static MergeStep of(Optional<String> refusal, Command.Builder entry) {
    return refusal
        .map(MergeStep::never)
        .orElseGet(() -> new MergeStep(Optional.of(entry.build()), Optional.empty()));
  }

  private static MergeStep freeze(Shard now, Epoch expected, Shard into) {
    FreezeEntry entry =
        FreezeEntry.newBuilder()
            .setExpected(expected)
            .setInto(into.getId())
            .setIntoEpoch(into.getEpoch())
            .build();
    return of(
        Merge.refusal(now, entry).or(() -> whyNotMerged(now, into)),
        Command.newBuilder().setFreeze(entry));
  }

  private static MergeStep absorb(Shard now, Epoch expected, Shard source) {
    AbsorbEntry entry = AbsorbEntry.newBuilder().setExpected(expected).setSource(source).build();
    return of(Merge.refusal(now, entry), Command.newBuilder().setAbsorb(entry));
  }

  private static MergeStep fence(Shard now, Epoch expected) {
    FenceEntry entry = FenceEntry.newBuilder().setExpected(expected).build();
    return of(Merge.refusal(now, entry), Command.newBuilder().setFence(entry));
  }

  private static MergeStep thaw(Shard now, Epoch expected) {
    ThawEntry entry = ThawEntry.newBuilder().setExpected(expected).build();
    return of(Merge.refusal(now, entry), Command.newBuilder().setThaw(entry));
  }

  /** What the shard's log does not say: its entry names the other one, and no more. */
  private static Optional<String> whyNotMerged(Shard shard, Shard into) {
    if (into.hasFrozen()) {
      return Optional.of("shard " + into.getId() + " is frozen itself");
    }
    if (!areNeighbours(shard, into)) {
      return Optional.of("shard " + into.getId() + " is no neighbour of it");
    }
    if (!nodes(shard).equals(nodes(into))) {
      return Optional.of("shard " + into.getId() + " has its replicas on other nodes");
    }
    return into.getReplicasList().stream().allMatch(MergeStep::votes)
        ? Optional.empty()
        : Optional.of("not all replicas of shard " + into.getId() + " are voters");
  }

  private static boolean areNeighbours(Shard one, Shard other) {
    return one.getKeyspace() == other.getKeyspace()
        && (meet(one.getEnd(), other.getStart()) || meet(other.getEnd(), one.getStart()));
  }

  /** Where the one ends, unless that is nowhere, the other begins. */
  private static boolean meet(ByteString end, ByteString start) {
    return !end.isEmpty() && end.equals(start);
  }

  private static List<Long> nodes(Shard shard) {
    return shard.getReplicasList().stream().map(Replica::getNode).sorted().toList();
  }

  private static boolean votes(Replica replica) {
    return replica.getRole() == ReplicaRole.VOTER;
  }
}
