package io.flotilla.shard.kv;

import io.flotilla.proto.kv.AbsorbEntry;
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
  private final KvStore store;
  private KvStateMachine.CutOffs cutOffs = (shard, generation) -> {};
  private Runnable flushWanted = () -> {};

  Changes(KvStore store) {
    this.store = store;
  }

  void onCutOff(KvStateMachine.CutOffs told) {
    cutOffs = told;
  }

  void onFlushWanted(Runnable told) {
    flushWanted = told;
  }

  void members(ShardState state, Membership members, KvRound round) {
    state.become(Members.change(state.shard(), members));
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
    Extents before = state.extents();
    Extents gone = before.within(KeyRange.of(split.cutOff()));
    long cutOff = split.cutOff().getId();
    long generation = state.number();
    store.holdings().hold(new Holdings.Holding(generation, cutOff, gone)); // before it is let go
    cutOffs.begins(split.cutOff());
    state.shrinkTo(split.rest());
    state.hold(store.holdings());
    putDescriptor(state, split.rest(), round);
    putDescriptor(state, split.cutOff(), round);
    putExtents(state, before, round);
    if (!gone.isOnlyIn(generation)) {
      round.put(KvKeys.extents(generation, cutOff), gone.encode());
    }
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

  /**
   * All of it is in one batch. No data moves: where the source's is, it is the target's.
   *
   * @throws StorageException if the source is not here as it was frozen: then the node has lost it
   */
  byte[] absorb(ShardState state, AbsorbEntry entry, KvRound round) throws StorageException {
    Optional<String> refusal = Merge.refusal(state.shard(), entry);
    if (refusal.isPresent()) {
      return refused(state, refusal.get());
    }
    Extents before = state.extents();
    Taken source = take(state, entry.getSource());
    Shard united = Merge.united(state.shard(), entry.getSource());
    // Read once they are this shard's as well: nobody deletes them then.
    Sessions sessions = Sessions.load(store, source.extents());
    state.absorb(united, source.united(), sessions, source.logTimeMillis());
    putDescriptor(state, united, round);
    putExtents(state, before, round);
    round.afterwards(flushWanted);
    return done(state);
  }

  /** Of the source as it is here. */
  private record Taken(Extents extents, Extents united, long logTimeMillis) {}

  /** Meanwhile an image may take the source's place, which holds the same. */
  private Taken take(ShardState state, Shard frozen) throws StorageException {
    while (true) {
      Optional<Holdings.Holding> found = find(frozen);
      if (found.isEmpty()) {
        throw new StorageException(
            "shard %d is to absorb shard %d, which is not here as it was frozen"
                .formatted(state.shard().getId(), frozen.getId()));
      }
      Holdings.Holding source = found.get();
      byte[] progress = store.get(KvKeys.progress(source.generation(), source.shard()));
      Extents united = united(state, frozen, source.extents());
      if (store.holdings().absorb(state.holding(united), source)) {
        return new Taken(source.extents(), united, Progress.decode(progress).logTimeMillis());
      }
    }
  }

  private Optional<Holdings.Holding> find(Shard frozen) throws StorageException {
    for (Holdings.Holding state : store.holdings().of(frozen.getId())) {
      byte[] descriptor = store.get(KvKeys.descriptor(state.generation(), frozen.getId()));
      if (descriptor != null
          && Merge.isAsFrozen(ShardState.decode(descriptor), frozen)
          && applied(state) >= frozen.getFrozen().getIndex()) {
        return Optional.of(state);
      }
    }
    return Optional.empty();
  }

  /** Who waits for an image has the descriptor that it was ordered with, and nothing else. */
  private long applied(Holdings.Holding state) throws StorageException {
    return Progress.decode(store.get(KvKeys.progress(state.generation(), state.shard()))).applied();
  }

  private static Extents united(ShardState state, Shard source, Extents extents) {
    return Merge.isBefore(state.shard(), source)
        ? state.extents().and(extents)
        : extents.and(state.extents());
  }

  private static void putExtents(ShardState state, Extents before, KvRound round) {
    byte[] key = KvKeys.extents(state.number(), state.shard().getId());
    if (!state.extents().isOnlyIn(state.number())) {
      round.put(key, state.extents().encode());
    } else if (!before.isOnlyIn(state.number())) {
      round.delete(key);
    }
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
