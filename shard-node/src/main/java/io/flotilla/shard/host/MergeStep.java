package io.flotilla.shard.host;

import io.flotilla.proto.kv.AbsorbEntry;
import io.flotilla.proto.kv.Command;
import io.flotilla.proto.kv.FenceEntry;
import io.flotilla.proto.kv.FreezeEntry;
import io.flotilla.proto.kv.ThawEntry;
import io.flotilla.proto.map.Epoch;
import io.flotilla.proto.map.Shard;
import io.flotilla.proto.placement.MergeOrder;
import io.flotilla.shard.kv.Merge;
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
        Merge.refusal(now, entry).or(() -> Merge.misfit(now, into)),
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
}
