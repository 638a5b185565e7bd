package io.flotilla.router.gateway;

import io.flotilla.router.client.Bytes;
import io.flotilla.router.client.KvClient;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * Reads many keys a chunk at a time, so that what is in memory stays bounded although nobody knows
 * beforehand how large the values are: the first chunk is small, the next as large as the largest
 * value seen so far allows.
 */
final class ChunkedRead {
  private static final int CHUNK_FIRST = 64;
  private static final int CHUNK_MAX = 1024;
  private static final int CHUNK_BYTES = 8 << 20;

  private final KvClient kv;
  private final List<Bytes> keys;
  private final Consumer<Map<Bytes, Bytes>> onChunk;
  private int at;
  private int largest;

  private ChunkedRead(KvClient kv, List<Bytes> keys, Consumer<Map<Bytes, Bytes>> onChunk) {
    this.kv = kv;
    this.keys = keys;
    this.onChunk = onChunk;
  }

  /**
   * @param keys each once
   * @param onChunk called one after another; may throw {@link Refused} to end it
   */
  static CompletableFuture<Void> over(
      KvClient kv, Collection<Bytes> keys, Consumer<Map<Bytes, Bytes>> onChunk) {
    return new ChunkedRead(kv, List.copyOf(keys), onChunk).next(CHUNK_FIRST);
  }

  private CompletableFuture<Void> next(int size) {
    List<Bytes> chunk = keys.subList(at, Math.min(keys.size(), at + size));
    return kv.getAll(chunk)
        .thenCompose(
            found -> {
              onChunk.accept(found);
              at += chunk.size();
              if (at == keys.size()) {
                return CompletableFuture.completedFuture(null);
              }
              found.values().forEach(value -> largest = Math.max(largest, value.length()));
              return next(Math.max(1, Math.min(CHUNK_MAX, CHUNK_BYTES / Math.max(1, largest))));
            });
  }
}
