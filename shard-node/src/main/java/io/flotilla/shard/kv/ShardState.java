package io.flotilla.shard.kv;

import com.google.protobuf.InvalidProtocolBufferException;
import io.flotilla.proto.map.Shard;
import io.flotilla.raft.core.Membership;
import io.flotilla.raft.port.StorageException;
import io.flotilla.raft.state.Generation;
import io.flotilla.raft.state.KeySpan;
import java.util.List;

/**
 * One shard's state in one generation, which it may share with others: what is read out of it once.
 * The descriptor is for any thread, the rest for the one that applies.
 */
final class ShardState {
  private final Generation generation;
  private final Sessions sessions;
  private volatile Described described;
  private Progress progress;

  /** A descriptor, and the range in it. */
  private record Described(Shard shard, KeyRange range) {
    static Described by(Shard shard) {
      return new Described(shard, KeyRange.of(shard));
    }
  }

  ShardState(Generation generation, Shard shard, Sessions sessions, Progress progress) {
    this.generation = generation;
    this.described = Described.by(shard);
    this.sessions = sessions;
    this.progress = progress;
  }

  /** Reads what is on disk. */
  static ShardState read(KvStore store, long shardId, long number) throws StorageException {
    byte[] descriptor = store.get(KvKeys.descriptor(number, shardId));
    if (descriptor == null) {
      throw new StorageException(
          "there is no state of shard " + shardId + " in generation " + number);
    }
    Shard shard = decode(descriptor);
    return new ShardState(
        store.generations().use(number),
        shard,
        Sessions.load(store, number, KeyRange.of(shard)),
        Progress.decode(store.get(KvKeys.progress(number, shardId))));
  }

  static Shard decode(byte[] descriptor) throws StorageException {
    try {
      return Shard.parseFrom(descriptor);
    } catch (InvalidProtocolBufferException e) {
      throw new StorageException("the descriptor of a shard is damaged", e);
    }
  }

  /** All keys of a shard whose home is this generation, in the order that an image has them in. */
  static List<KeySpan> keysOf(Shard shard, long generation) {
    KeyRange range = KeyRange.of(shard);
    return List.of(
        KvKeys.completionsIn(generation, range),
        KvKeys.dataIn(generation, range),
        KvKeys.metaOf(generation, shard.getId()));
  }

  List<KeySpan> keys() {
    return keysOf(shard(), number());
  }

  /** Nobody goes on from it, and nothing that survives a crash names it. Any thread. */
  void retire() {
    generation.retire(keys());
  }

  Generation generation() {
    return generation;
  }

  /** The number of the generation, which all its keys begin with. */
  long number() {
    return generation.number();
  }

  Shard shard() {
    return described.shard();
  }

  /** The group's members are others now. */
  void members(Membership membership) {
    described = Described.by(Members.change(shard(), membership));
  }

  /** The version is another, the range is not. */
  void become(Shard shard) {
    described = Described.by(shard);
  }

  /** The range ends earlier now: what is behind it, with its completion records, is another's. */
  void shrinkTo(Shard rest) throws StorageException {
    described = Described.by(rest);
    sessions.keep(range());
  }

  KeyRange range() {
    return described.range();
  }

  Sessions sessions() {
    return sessions;
  }

  Progress progress() {
    return progress;
  }

  void progress(Progress further) {
    progress = further;
  }
}
