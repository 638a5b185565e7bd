package io.flotilla.shard.kv;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.flotilla.proto.map.Shard;
import io.flotilla.raft.port.ImageException;
import io.flotilla.raft.port.StorageException;
import io.flotilla.raft.state.Generation;
import io.flotilla.raft.state.Generations;
import org.jspecify.annotations.Nullable;

/**
 * Makes a shard's state of an image's records, and finds out whether it is that shard's. Keys come
 * in order, so that the first and the last of a kind stand for all of them.
 */
final class ShardImage implements Generations.Records {
  private final long shardId;
  private final Shard present;
  private final Generation generation;
  private final Sessions sessions;
  private final Span data = new Span();
  private final Span completions = new Span();
  private @Nullable Shard shard;
  private @Nullable Progress progress;
  private @Nullable ShardState state;

  /** The keys of one kind. */
  private static final class Span {
    private byte @Nullable [] first;
    private byte @Nullable [] last;

    void add(byte[] key) {
      first = first == null ? key : first;
      last = key;
    }
  }

  /**
   * @param present the shard whose image it has to be, as it is here
   * @param generation that the records are loaded under
   */
  ShardImage(Shard present, Generation generation) {
    this.shardId = present.getId();
    this.present = present;
    this.generation = generation;
    this.sessions = new Sessions();
  }

  @Override
  public void next(byte[] key, byte[] value) throws ImageException {
    try {
      switch (KvKeys.kind(key)) {
        case KvKeys.DATA -> data.add(key);
        case KvKeys.COMPLETION -> {
          completions.add(KvKeys.routingKey(key));
          sessions.add(key, value);
        }
        case KvKeys.META -> meta(key, value);
        default -> throw unknown(key);
      }
    } catch (StorageException | InvalidProtocolBufferException e) {
      throw new ImageException("a record is damaged: " + e.getMessage(), e);
    }
  }

  private void meta(byte[] key, byte[] value)
      throws ImageException, StorageException, InvalidProtocolBufferException {
    byte kind = KvKeys.meta(key);
    if (kind != 0 && KvKeys.metaShard(key) != shardId) {
      throw new ImageException("it is of shard " + KvKeys.metaShard(key) + ", not of " + shardId);
    }
    switch (kind) {
      case KvKeys.PROGRESS -> progress = Progress.decode(value);
      case KvKeys.DESCRIPTOR -> shard = Shard.parseFrom(value);
      default -> throw unknown(key);
    }
  }

  private static ImageException unknown(byte[] key) {
    return new ImageException("a record of kind " + KvKeys.kind(key) + ", which no shard has");
  }

  @Override
  public void end() throws ImageException {
    Shard of = shard;
    Progress at = progress;
    if (of == null || at == null || at.applied() == 0) {
      throw new ImageException("it is no image of a shard that has applied anything");
    }
    if (of.getId() != shardId) {
      throw new ImageException("it is of shard " + of.getId() + ", not of " + shardId);
    }
    if (Merge.isAsFrozen(present, of)) {
      // All there was is here. And where it comes from, the neighbour may have gone on with it.
      throw new ImageException("it is of a frozen shard, which is here");
    }
    KeyRange range = KeyRange.of(of);
    check(range, data.first, KvKeys.PREFIX_BYTES);
    check(range, data.last, KvKeys.PREFIX_BYTES);
    check(range, completions.first, 0);
    check(range, completions.last, 0);
    state = new ShardState(generation, of, Extents.of(generation.number(), range), sessions, at);
  }

  private static void check(KeyRange range, byte @Nullable [] key, int from) throws ImageException {
    if (key != null && !range.contains(ByteString.copyFrom(key, from, key.length - from))) {
      throw new ImageException("a key is outside of the shard's range");
    }
  }

  /** Once all of it was loaded. */
  ShardState state() {
    if (state == null) {
      throw new IllegalStateException("the image was not loaded");
    }
    return state;
  }
}
