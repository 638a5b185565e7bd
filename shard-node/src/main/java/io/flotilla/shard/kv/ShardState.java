package io.flotilla.shard.kv;

import com.google.protobuf.InvalidProtocolBufferException;
import io.flotilla.proto.map.Shard;
import io.flotilla.raft.core.Membership;
import io.flotilla.raft.port.StorageException;
import io.flotilla.raft.state.Generation;

/**
 * One shard's state in one generation: what is read out of it once. The descriptor is for any
 * thread, the rest for the one that applies.
 */
final class ShardState {
  private final Generation generation;
  private volatile Shard shard;
  private final KeyRange range;
  private final Sessions sessions;
  private Progress progress;

  ShardState(Generation generation, Shard shard, Sessions sessions, Progress progress) {
    this.generation = generation;
    this.shard = shard;
    this.range = KeyRange.of(shard);
    this.sessions = sessions;
    this.progress = progress;
  }

  /** Reads what is on disk. */
  static ShardState read(KvStore store, long shardId, long number) throws StorageException {
    byte[] descriptor = store.get(KvKeys.descriptor(number));
    if (descriptor == null) {
      throw new StorageException(
          "there is no state of shard " + shardId + " in generation " + number);
    }
    Shard shard;
    try {
      shard = Shard.parseFrom(descriptor);
    } catch (InvalidProtocolBufferException e) {
      throw new StorageException("the descriptor of shard " + shardId + " is damaged", e);
    }
    if (shard.getId() != shardId) {
      throw new StorageException(
          "generation " + number + " is of shard " + shard.getId() + ", not of " + shardId);
    }
    return new ShardState(
        store.generations().use(number),
        shard,
        Sessions.load(store, number),
        Progress.decode(store.get(KvKeys.progress(number))));
  }

  Generation generation() {
    return generation;
  }

  /** The number of the generation, which all its keys begin with. */
  long number() {
    return generation.number();
  }

  Shard shard() {
    return shard;
  }

  /** The group's members are others now. */
  void members(Membership membership) {
    shard = Members.change(shard, membership);
  }

  KeyRange range() {
    return range;
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
