package io.flotilla.router.client;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/**
 * How far this client has seen each shard: the greatest applied index that came with an answer. An
 * index names a prefix of the shard's history whoever leads it, so a token outlives leaders. Any
 * thread may call.
 *
 * <p>Bounded by giving no tokens to further shards when there are too many, and not by forgetting:
 * a shard without a token is read linearizably, which is safe, while a late answer to a forgotten
 * one would bring back a token that is too low.
 */
final class SessionTokens {
  private static final int SHARDS_MAX = 100_000;

  private final ConcurrentMap<Long, Long> seen = new ConcurrentHashMap<>();
  private final int shardsMax;

  SessionTokens() {
    this(SHARDS_MAX);
  }

  SessionTokens(int shardsMax) {
    this.shardsMax = shardsMax;
  }

  /** 0 if nothing was seen of it. */
  long of(long shard) {
    return seen.getOrDefault(shard, 0L);
  }

  /** An answer of the shard came with this index. Before its caller is told. */
  void advance(long shard, long applied) {
    Long known = seen.get(shard);
    boolean isNews = known == null ? applied > 0 && seen.size() < shardsMax : applied > known;
    if (isNews) {
      seen.merge(shard, applied, Math::max);
    }
  }
}
