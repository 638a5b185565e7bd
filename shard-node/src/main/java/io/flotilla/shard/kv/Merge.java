package io.flotilla.shard.kv;

import com.google.protobuf.ByteString;
import io.flotilla.proto.kv.AbsorbEntry;
import io.flotilla.proto.kv.FenceEntry;
import io.flotilla.proto.kv.FreezeEntry;
import io.flotilla.proto.kv.ThawEntry;
import io.flotilla.proto.map.Epoch;
import io.flotilla.proto.map.Frozen;
import io.flotilla.proto.map.Replica;
import io.flotilla.proto.map.ReplicaRole;
import io.flotilla.proto.map.Shard;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What the steps of a merge make of the descriptors of the two shards: the source, which is frozen
 * for one epoch of its neighbour, and the target, which absorbs it at that epoch. To take it back
 * the target is fenced, so that it is past that epoch, and then the source thaws: what the target's
 * log says first decides. Each step raises the version. Pure: every replica finds the same, and
 * whoever proposes a step may look before.
 */
public final class Merge {
  private Merge() {}

  /** Why this shard, as it is, cannot be frozen so. */
  public static Optional<String> refusal(Shard shard, FreezeEntry entry) {
    Optional<String> elsewhere = refusal(shard, entry.getExpected(), "be frozen");
    if (elsewhere.isPresent()) {
      return elsewhere;
    }
    if (entry.getInto() == 0 || entry.getInto() == shard.getId()) {
      return Optional.of("the shard to absorb it has id " + entry.getInto());
    }
    return refusal(shard);
  }

  /** Why this shard, as it is, cannot thaw. */
  public static Optional<String> refusal(Shard shard, ThawEntry entry) {
    Optional<String> elsewhere = Split.refusal(shard, entry.getExpected(), "thaw");
    return elsewhere.isPresent() || shard.hasFrozen() ? elsewhere : Optional.of("it is not frozen");
  }

  /**
   * Why this shard, as it is, cannot be taken past its epoch. A frozen one has no need of it: it
   * can absorb nothing, and is itself absorbed by its version.
   */
  public static Optional<String> refusal(Shard shard, FenceEntry entry) {
    return refusal(shard, entry.getExpected(), "be fenced");
  }

  /**
   * Why this shard, as it is, cannot absorb that one. Whether the source is frozen, and settled, is
   * for who proposes it to know: the entry says how it was frozen.
   */
  public static Optional<String> refusal(Shard shard, AbsorbEntry entry) {
    Optional<String> elsewhere = refusal(shard, entry.getExpected(), "absorb");
    if (elsewhere.isPresent()) {
      return elsewhere;
    }
    Shard source = entry.getSource();
    Frozen frozen = source.getFrozen();
    if (frozen.getInto() != shard.getId() || !frozen.getIntoEpoch().equals(shard.getEpoch())) {
      return Optional.of(
          "the source was frozen for shard %d at %s"
              .formatted(frozen.getInto(), Split.said(frozen.getIntoEpoch())));
    }
    if (!areNeighbours(shard, source)) {
      return Optional.of("shard " + source.getId() + " is no neighbour of it");
    }
    if (!nodes(frozen.getReplicasList()).equals(nodes(shard.getReplicasList()))) {
      return Optional.of("the source was frozen on other nodes");
    }
    return refusal(shard);
  }

  /**
   * Why these two are not to become one, though the log of the first does not say so: the entry
   * that freezes it names the other one, and no more. Before that is proposed.
   */
  public static Optional<String> misfit(Shard shard, Shard into) {
    String other = "shard " + into.getId();
    if (into.hasFrozen()) {
      return Optional.of(other + " is frozen itself");
    }
    if (!areNeighbours(shard, into)) {
      return Optional.of(other + " is no neighbour of it");
    }
    if (!nodes(shard.getReplicasList()).equals(nodes(into.getReplicasList()))) {
      return Optional.of(other + " has its replicas on other nodes");
    }
    return areVoters(into.getReplicasList())
        ? Optional.empty()
        : Optional.of("not all replicas of " + other + " are voters");
  }

  private static Optional<String> refusal(Shard shard, Epoch expected, String what) {
    Optional<String> elsewhere = Split.refusal(shard, expected, what);
    return elsewhere.isPresent() || !shard.hasFrozen() ? elsewhere : Optional.of("it is frozen");
  }

  private static Optional<String> refusal(Shard shard) {
    return areVoters(shard.getReplicasList())
        ? Optional.empty()
        : Optional.of("not all of its replicas are voters");
  }

  private static boolean areVoters(List<Replica> replicas) {
    return replicas.stream().allMatch(replica -> replica.getRole() == ReplicaRole.VOTER);
  }

  private static Set<Long> nodes(List<Replica> replicas) {
    return replicas.stream().map(Replica::getNode).collect(Collectors.toSet());
  }

  private static boolean areNeighbours(Shard one, Shard other) {
    return one.getKeyspace() == other.getKeyspace()
        && (isBefore(one, other) || isBefore(other, one));
  }

  static boolean isBefore(Shard left, Shard right) {
    return !left.getEnd().isEmpty() && left.getEnd().equals(right.getStart());
  }

  /**
   * For an entry that is not refused.
   *
   * @param index of the entry
   */
  static Shard frozen(Shard shard, FreezeEntry entry, long index) {
    return next(shard, version(shard))
        .setFrozen(
            Frozen.newBuilder()
                .setInto(entry.getInto())
                .setIntoEpoch(entry.getIntoEpoch())
                .setIndex(index)
                .addAllReplicas(shard.getReplicasList()))
        .build();
  }

  /**
   * For an entry that is not refused. If its members have changed since it was frozen, it may be
   * that most were lost, and have thawed and split it before: see {@link Members#change}.
   */
  static Shard thawed(Shard shard) {
    boolean changed = !shard.getFrozen().getReplicasList().equals(shard.getReplicasList());
    long before = version(shard) + (changed ? Members.LOST_CHANGES_MAX : 0);
    return next(shard, before).clearFrozen().build();
  }

  /** For an entry that is not refused. */
  static Shard fenced(Shard shard) {
    return next(shard, version(shard)).build();
  }

  /** For an entry that is not refused. */
  static Shard united(Shard shard, Shard source) {
    boolean goesOn = isBefore(shard, source);
    ByteString start = goesOn ? shard.getStart() : source.getStart();
    ByteString end = goesOn ? source.getEnd() : shard.getEnd();
    return next(shard, Math.max(version(shard), version(source)))
        .setStart(start)
        .setEnd(end)
        .build();
  }

  /** Whether the one is the other as it was frozen, whoever its members may be now. */
  public static boolean isAsFrozen(Shard shard, Shard source) {
    return shard.hasFrozen()
        && shard.getId() == source.getId()
        && version(shard) == version(source)
        && shard.getFrozen().equals(source.getFrozen());
  }

  private static long version(Shard shard) {
    return shard.getEpoch().getVersion();
  }

  private static Shard.Builder next(Shard shard, long before) {
    Epoch epoch = shard.getEpoch().toBuilder().setVersion(before + 1).build();
    return shard.toBuilder().setEpoch(epoch).clearCutOff();
  }
}
