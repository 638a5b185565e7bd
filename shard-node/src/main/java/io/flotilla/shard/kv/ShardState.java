package io.flotilla.shard.kv;

import com.google.protobuf.InvalidProtocolBufferException;
import io.flotilla.proto.map.Shard;
import io.flotilla.raft.port.StorageException;
import io.flotilla.raft.state.Generation;
import io.flotilla.raft.state.KeySpan;
import java.util.List;
import java.util.stream.Stream;

/**
 * One shard's state in one generation, which it may share with others: what is read out of it once.
 * The descriptor is for any thread, the rest for the one that applies.
 */
final class ShardState {
  private final Generation generation;
  private final Sessions sessions;
  private volatile Described described;
  private Progress progress;

  /** A descriptor, and where what is in its range is. */
  record Described(Shard shard, KeyRange range, Extents extents) {
    static Described by(Shard shard, Extents extents) {
      return new Described(shard, KeyRange.of(shard), extents);
    }
  }

  ShardState(
      Generation generation, Shard shard, Extents extents, Sessions sessions, Progress progress) {
    this.generation = generation;
    this.described = Described.by(shard, extents);
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
    Extents extents = extents(store, shard, number);
    return new ShardState(
        store.generations().use(number),
        shard,
        extents,
        Sessions.load(store, extents),
        Progress.decode(store.get(KvKeys.progress(number, shardId))));
  }

  /** Where the data of a state is that is here. */
  static Extents extents(KvStore store, Shard shard, long number) throws StorageException {
    KeyRange range = KeyRange.of(shard);
    byte[] written = store.get(KvKeys.extents(number, shard.getId()));
    return written == null ? Extents.of(number, range) : Extents.decode(written, range);
  }

  static Shard decode(byte[] descriptor) throws StorageException {
    try {
      return Shard.parseFrom(descriptor);
    } catch (InvalidProtocolBufferException e) {
      throw new StorageException("the descriptor of a shard is damaged", e);
    }
  }

  /** All keys of a state: in the order that an image has them in, and the same whatever node. */
  List<KeySpan> replicated() {
    Extents at = extents();
    return Stream.of(
            at.completions(), at.data(), KvKeys.replicatedMetaOf(number(), shard().getId()))
        .flatMap(List::stream)
        .toList();
  }

  /** All keys that a state has, given those extents. */
  static List<KeySpan> keys(Extents extents, long number, long shard) {
    return Stream.of(extents.completions(), extents.data(), List.of(KvKeys.metaOf(number, shard)))
        .flatMap(List::stream)
        .toList();
  }

  /** It is what counts on this node from now on. Any thread. */
  void hold(Holdings holdings) {
    holdings.hold(holding(extents()));
  }

  /** As one that has these extents. */
  Holdings.Holding holding(Extents extents) {
    return new Holdings.Holding(number(), shard().getId(), extents);
  }

  /**
   * Nobody goes on from it, and nothing that survives a crash names it. What another state has of
   * it stays. Any thread.
   */
  void retire(Holdings holdings) {
    Extents left = holdings.release(holding(extents()));
    generation.retire(keys(left, number(), shard().getId()));
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

  /** The descriptor is another, the range is not. */
  void become(Shard shard) {
    described = Described.by(shard, extents());
  }

  /** The range ends earlier now: what is behind it, with its completion records, is another's. */
  void shrinkTo(Shard rest) throws StorageException {
    described = Described.by(rest, extents().within(KeyRange.of(rest)));
    sessions.keep(range());
  }

  /**
   * What another shard had is this one's now.
   *
   * @param extents of both
   */
  void absorb(Shard united, Extents extents, Sessions others, long otherLogTimeMillis) {
    described = Described.by(united, extents);
    sessions.absorb(others);
    long logTime = Math.max(progress.logTimeMillis(), otherLogTimeMillis);
    progress = new Progress(progress.applied(), logTime);
  }

  Extents extents() {
    return described.extents();
  }

  /** All of it as of one moment. */
  Described described() {
    return described;
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
