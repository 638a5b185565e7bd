package io.flotilla.router.map;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import org.jspecify.annotations.Nullable;

/**
 * Who probably leads each shard. A guess: whoever is asked corrects it. Bounded; what is dropped is
 * learned again by asking.
 *
 * <p>Placement's word counts only with a term above that of its last word, for what a node answers
 * is fresher than what it once reported; or if that one was that nobody leads in this term, and
 * nobody else has been found since.
 */
public final class LeaderHints {
  private static final long SHARDS_MAX = 100_000;

  private final Cache<Long, Hint> hints = Caffeine.newBuilder().maximumSize(SHARDS_MAX).build();

  /**
   * One guess.
   *
   * @param address empty: unknown, but certainly not the one that was asked last
   * @param term of placement's last word
   * @param named whether that word named somebody
   */
  private record Hint(String address, long term, boolean named) {
    Hint at(String other) {
      return new Hint(other, term, named);
    }

    boolean isOlderThan(long reported) {
      int order = Long.compareUnsigned(term, reported);
      return order < 0 || (order == 0 && !named && address.isEmpty());
    }
  }

  /** The address of the probable leader. */
  public @Nullable String address(long shard) {
    Hint hint = hints.getIfPresent(shard);
    return hint == null || hint.address.isEmpty() ? null : hint.address;
  }

  /** Placement says so. Whether that was news. */
  boolean reported(long shard, String address, long term) {
    Hint known = hints.getIfPresent(shard);
    if (known != null && !known.isOlderThan(term)) {
      return false;
    }
    hints.put(shard, new Hint(address, term, !address.isEmpty()));
    return !address.isEmpty();
  }

  /** This node has answered as the leader, or another has named it. */
  public void answered(long shard, String address) {
    Hint known = hints.getIfPresent(shard);
    if (known == null || !known.address.equals(address)) {
      hints.put(shard, known == null ? new Hint(address, 0, true) : known.at(address));
    }
  }

  /** This node does not lead, or does not answer; who does is not known. */
  public void denied(long shard, String address) {
    Hint known = hints.getIfPresent(shard);
    if (known != null && known.address.equals(address)) {
      hints.put(shard, known.at(""));
    }
  }
}
