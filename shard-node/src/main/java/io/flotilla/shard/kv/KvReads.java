package io.flotilla.shard.kv;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.flotilla.proto.kv.KeyValue;
import io.flotilla.proto.kv.ReadReply;
import io.flotilla.proto.kv.ScanReply;
import io.flotilla.proto.map.Shard;
import io.flotilla.raft.port.StorageException;
import io.flotilla.raft.state.KeySpan;
import io.flotilla.raft.state.StateView;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Reads of one shard's committed state, each at one applied index, which the answer names. Any
 * thread; blocks on the disk. Ranges are checked by who asks.
 */
public final class KvReads {
  private static final int KEYS_AT_ONCE = 32;

  private final Supplier<ShardState> current;
  private final long version;

  /**
   * @param current the state that counts now: asked at each read, so that a read that was made
   *     ready before a snapshot was installed sees the new state and not the old one
   * @param version by which the reads were routed
   */
  KvReads(Supplier<ShardState> current, long version) {
    this.current = current;
    this.version = version;
  }

  /**
   * What a scan looks for.
   *
   * @param range where
   * @param reverse from the end downwards
   * @param pairsMax at least 1
   * @param bytesMax of keys and values, after which no further pair is added
   * @param countMax keys that are looked at when only counting
   */
  public record Scan(
      KeyRange range,
      boolean reverse,
      int pairsMax,
      long bytesMax,
      boolean keysOnly,
      boolean countOnly,
      long countMax) {}

  /**
   * The values of these keys, in their order; fewer, but at least one, once they weigh {@code
   * bytesMax}.
   */
  public ReadReply get(List<ByteString> keys, long bytesMax)
      throws StorageException, ShardGoneException, StaleVersionException {
    ReadReply.Builder reply = ReadReply.newBuilder();
    try (Seen seen = see()) {
      reply.setApplied(seen.applied());
      long bytes = 0;
      for (int from = 0; from < keys.size() && bytes < bytesMax; from += KEYS_AT_ONCE) {
        List<ByteString> some = keys.subList(from, Math.min(keys.size(), from + KEYS_AT_ONCE));
        for (byte @Nullable [] value : seen.view().getAll(dataKeys(seen.extents(), some))) {
          if (bytes >= bytesMax) {
            break;
          }
          ReadReply.Value.Builder one = reply.addValuesBuilder();
          if (value != null) {
            one.setValue(UnsafeByteOperations.unsafeWrap(value));
            bytes += value.length;
          }
        }
      }
    }
    return reply.build();
  }

  private static List<byte[]> dataKeys(Extents extents, List<ByteString> keys) {
    List<byte[]> dataKeys = new ArrayList<>(keys.size());
    for (ByteString key : keys) {
      dataKeys.add(KvKeys.data(extents.generationOf(key), key.toByteArray()));
    }
    return dataKeys;
  }

  /** One page: as much as the bounds allow, and where to go on. */
  public ScanReply scan(Scan scan)
      throws StorageException, ShardGoneException, StaleVersionException {
    try (Seen seen = see();
        Cursor at = cursor(scan, seen)) {
      ScanReply.Builder reply = ScanReply.newBuilder();
      reply.setApplied(seen.applied());
      page(scan, at, reply);
      return reply.build();
    }
  }

  private static Cursor cursor(Scan scan, Seen seen) throws StorageException {
    List<KeySpan> spans = seen.extents().within(scan.range()).data();
    return scan.reverse()
        ? Cursor.backward(seen.view(), spans)
        : Cursor.forward(seen.view(), spans);
  }

  /** A state at one moment, and where its data is. */
  private record Seen(ShardState state, Extents extents, StateView view) implements AutoCloseable {
    long applied() throws StorageException {
      byte[] progress = view.get(KvKeys.progress(state.number(), state.shard().getId()));
      return Progress.decode(progress).applied();
    }

    @Override
    public void close() {
      view.close();
    }
  }

  /**
   * Of the state that counts now. Who finds it retired finds its successor in its place. The
   * version is looked at after the view is taken: a split changes it before anything is written by
   * the new shard, whose keys are in view as well. So does a merge, before the neighbour writes;
   * and what it brings was there before.
   */
  private Seen see() throws StorageException, ShardGoneException, StaleVersionException {
    while (true) {
      ShardState state = current.get();
      StateView view = state.generation().view();
      if (view != null) {
        return new Seen(state, check(state, view), view);
      }
      if (state == current.get()) {
        throw new ShardGoneException("shard " + state.shard().getId() + " is no longer here");
      }
    }
  }

  /** Returns where the data of the version is that was asked for. */
  private Extents check(ShardState state, StateView view) throws StaleVersionException {
    ShardState.Described described = state.described();
    Shard shard = described.shard();
    long now = shard.getEpoch().getVersion();
    if (now != version || shard.hasFrozen()) {
      view.close();
      throw new StaleVersionException(
          "shard %d has version %d%s, the read was routed by version %d"
              .formatted(shard.getId(), now, shard.hasFrozen() ? ", frozen" : "", version));
    }
    return described.extents();
  }

  private static void page(Scan scan, Cursor at, ScanReply.Builder reply) throws StorageException {
    long taken = 0;
    long takenMax = scan.countOnly() ? scan.countMax() : scan.pairsMax();
    long bytes = 0;
    byte[] last = new byte[0];
    for (; at.isValid(); at.advance()) {
      if (taken == takenMax || bytes >= scan.bytesMax()) {
        // Forward the next page begins with this key, backward it ends before the last one taken.
        byte[] next = scan.reverse() ? last : KvKeys.encodedKey(at.key());
        reply.setMore(true).setNext(UnsafeByteOperations.unsafeWrap(next));
        break;
      }
      taken++;
      if (scan.countOnly() && !scan.reverse()) {
        continue;
      }
      last = KvKeys.encodedKey(at.key());
      if (!scan.countOnly()) {
        KeyValue.Builder pair =
            reply.addPairsBuilder().setKey(UnsafeByteOperations.unsafeWrap(last));
        bytes += last.length;
        if (!scan.keysOnly()) {
          byte[] value = at.value();
          pair.setValue(UnsafeByteOperations.unsafeWrap(value));
          bytes += value.length;
        }
      }
    }
    reply.setCount(taken);
  }
}
