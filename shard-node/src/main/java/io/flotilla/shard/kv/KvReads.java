package io.flotilla.shard.kv;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.flotilla.proto.kv.KeyValue;
import io.flotilla.proto.kv.ReadReply;
import io.flotilla.proto.kv.ScanReply;
import io.flotilla.raft.port.StorageException;
import io.flotilla.raft.state.StateView;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;

/**
 * Reads of one shard's committed state, each at one applied index, which the answer names. Any
 * thread; blocks on the disk. Ranges are checked by who asks.
 */
public final class KvReads {
  private static final int KEYS_AT_ONCE = 32;

  private final Supplier<ShardState> current;

  /**
   * @param current the state that counts now: asked at each read, so that a read that was made
   *     ready before a snapshot was installed sees the new state and not the old one
   */
  KvReads(Supplier<ShardState> current) {
    this.current = current;
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
      throws StorageException, ShardGoneException {
    ReadReply.Builder reply = ReadReply.newBuilder();
    try (StateView view = view()) {
      long generation = view.generation();
      reply.setApplied(Progress.decode(view.get(KvKeys.progress(generation))).applied());
      long bytes = 0;
      for (int from = 0; from < keys.size() && bytes < bytesMax; from += KEYS_AT_ONCE) {
        List<ByteString> some = keys.subList(from, Math.min(keys.size(), from + KEYS_AT_ONCE));
        for (byte @Nullable [] value : view.getAll(dataKeys(generation, some))) {
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

  private static List<byte[]> dataKeys(long generation, List<ByteString> keys) {
    List<byte[]> dataKeys = new ArrayList<>(keys.size());
    for (ByteString key : keys) {
      dataKeys.add(KvKeys.data(generation, key.toByteArray()));
    }
    return dataKeys;
  }

  /** One page: as much as the bounds allow, and where to go on. */
  public ScanReply scan(Scan scan) throws StorageException, ShardGoneException {
    try (StateView view = view();
        RocksIterator at = iterate(view, scan.range())) {
      ScanReply.Builder reply = ScanReply.newBuilder();
      reply.setApplied(Progress.decode(view.get(KvKeys.progress(view.generation()))).applied());
      page(scan, at, reply);
      at.status();
      return reply.build();
    } catch (RocksDBException e) {
      throw new StorageException("cannot scan the state", e);
    }
  }

  private static RocksIterator iterate(StateView view, KeyRange range) {
    long generation = view.generation();
    return view.iterate(
        KvKeys.data(generation, range.start().toByteArray()),
        range.end().isEmpty()
            ? KvKeys.dataEnd(generation)
            : KvKeys.data(generation, range.end().toByteArray()));
  }

  /** Of the state that counts now. Who finds it retired finds its successor in its place. */
  private StateView view() throws StorageException, ShardGoneException {
    while (true) {
      ShardState state = current.get();
      StateView view = state.generation().view();
      if (view != null) {
        return view;
      }
      if (state == current.get()) {
        throw new ShardGoneException("shard " + state.shard().getId() + " is no longer here");
      }
    }
  }

  private static void page(Scan scan, RocksIterator at, ScanReply.Builder reply) {
    long taken = 0;
    long takenMax = scan.countOnly() ? scan.countMax() : scan.pairsMax();
    long bytes = 0;
    byte[] last = new byte[0];
    for (seekFirst(scan, at); at.isValid(); advance(scan, at)) {
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

  private static void seekFirst(Scan scan, RocksIterator at) {
    if (scan.reverse()) {
      at.seekToLast();
    } else {
      at.seekToFirst();
    }
  }

  private static void advance(Scan scan, RocksIterator at) {
    if (scan.reverse()) {
      at.prev();
    } else {
      at.next();
    }
  }
}
