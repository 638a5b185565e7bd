package io.flotilla.router.gateway;

import io.flotilla.router.client.Bytes;
import io.flotilla.router.client.HashSlot;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;

/**
 * What the numbers mean that SCAN hands out.
 *
 * <p>A number below the count of slots is the slot with which to go on: any gateway understands it,
 * also after a restart. Almost all are of this kind. A scan that has to stop within a slot, for
 * there are too many keys in it, gets a random number above; what it stands for is kept here, as
 * long as it is among the latest {@value #KEPT_MAX}. A number that is not known is refused: to
 * guess where to go on could lose keys, and to begin again could go round for ever.
 *
 * <p>All numbers are below 2^53, so that clients that keep numbers as doubles keep these too.
 */
final class ScanCursors {
  static final String UNKNOWN =
      "ERR invalid cursor: unknown to this gateway, or too old; begin again with 0";

  private static final int KEPT_MAX = 10_000;
  private static final long KEPT_LOWEST = 1L << 32;
  private static final long KEPT_BOUND = 1L << 53;

  private final Map<Long, Position> kept =
      new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Long, Position> eldest) {
          return size() > KEPT_MAX;
        }
      };

  /**
   * Where a scan goes on.
   *
   * @param slot the first slot of the range that is scanned
   * @param from where in that range, as the client said
   */
  record Position(int slot, Optional<Bytes> from) {}

  /**
   * @throws Refused if no scan can go on there
   */
  synchronized Position find(long cursor) {
    if (cursor >= 0 && cursor < HashSlot.COUNT) {
      return new Position((int) cursor, Optional.empty());
    }
    Position position = kept.get(cursor);
    if (position == null) {
      throw new Refused(UNKNOWN);
    }
    return position;
  }

  /** The number of a position within a slot. May be used again and again until it is forgotten. */
  synchronized long keep(Position position) {
    long cursor;
    do {
      cursor = ThreadLocalRandom.current().nextLong(KEPT_LOWEST, KEPT_BOUND);
    } while (kept.containsKey(cursor));
    kept.put(cursor, position);
    return cursor;
  }
}
