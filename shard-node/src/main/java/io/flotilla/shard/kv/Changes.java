package io.flotilla.shard.kv;

import io.flotilla.proto.kv.ChangeReply;
import io.flotilla.proto.kv.FenceEntry;
import io.flotilla.proto.kv.FreezeEntry;
import io.flotilla.proto.kv.SplitEntry;
import io.flotilla.proto.kv.ThawEntry;
import io.flotilla.proto.map.Shard;
import io.flotilla.raft.core.Membership;
import io.flotilla.raft.port.StorageException;
import java.util.Optional;

/**
 * The entries of a shard's log that change its descriptor: each stages all that it does in the
 * round of its own entry. Their results are encoded {@link ChangeReply}s. For the thread that
 * applies; who is told is set before.
 */
final class Changes {
  private KvStateMachine.CutOffs cutOffs = (shard, generation) -> {};
  private Runnable flushWanted = () -> {};

  void onCutOff(KvStateMachine.CutOffs told) {
    cutOffs = told;
  }

  void onFlushWanted(Runnable told) {
    flushWanted = told;
  }

  void members(ShardState state, Membership members, KvRound round) {
    state.members(members);
    putDescriptor(state, state.shard(), round);
  }

  /**
   * All of the new shard's state is in the batch that cuts it off: what is in its range stays where
   * it is, under the same generation, and what else a shard has is written here.
   */
  byte[] split(ShardState state, SplitEntry entry, KvRound round) throws StorageException {
    Optional<String> refusal = Split.refusal(state.shard(), entry);
    if (refusal.isPresent()) {
      return refused(state, refusal.get());
    }
    Split split = Split.of(state.shard(), entry);
    state.shrinkTo(split.rest());
    putDescriptor(state, split.rest(), round);
    putDescriptor(state, split.cutOff(), round);
    long cutOff = split.cutOff().getId();
    long generation = state.number();
    Progress begin = new Progress(KvStateMachine.BEGIN.index(), state.progress().logTimeMillis());
    round.put(KvKeys.progress(generation, cutOff), begin.encode());
    round.afterwards(() -> cutOffs.happened(cutOff, generation));
    return done(state);
  }

  byte[] freeze(ShardState state, FreezeEntry entry, long index, KvRound round) {
    Optional<String> refusal = Merge.refusal(state.shard(), entry);
    if (refusal.isPresent()) {
      return refused(state, refusal.get());
    }
    round.afterwards(flushWanted);
    return become(state, Merge.frozen(state.shard(), entry, index), round);
  }

  byte[] thaw(ShardState state, ThawEntry entry, KvRound round) {
    Optional<String> refusal = Merge.refusal(state.shard(), entry);
    return refusal.isPresent()
        ? refused(state, refusal.get())
        : become(state, Merge.thawed(state.shard()), round);
  }

  byte[] fence(ShardState state, FenceEntry entry, KvRound round) {
    Optional<String> refusal = Merge.refusal(state.shard(), entry);
    return refusal.isPresent()
        ? refused(state, refusal.get())
        : become(state, Merge.fenced(state.shard()), round);
  }

  private static byte[] become(ShardState state, Shard shard, KvRound round) {
    state.become(shard);
    putDescriptor(state, shard, round);
    return done(state);
  }

  private static void putDescriptor(ShardState state, Shard shard, KvRound round) {
    round.put(KvKeys.descriptor(state.number(), shard.getId()), shard.toByteArray());
  }

  private static byte[] done(ShardState state) {
    return ChangeReply.newBuilder().setShard(state.shard()).build().toByteArray();
  }

  private static byte[] refused(ShardState state, String why) {
    return ChangeReply.newBuilder().setRefusal(why).setShard(state.shard()).build().toByteArray();
  }
}
