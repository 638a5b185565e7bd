package io.flotilla.router.client;

import java.util.Optional;

/**
 * What to scan and how.
 *
 * <p>A range keyspace is scanned in the order of keys. A hash keyspace is scanned in the order of
 * slot and then key; there, only {@link #all} and {@link #slots} make sense and the others are
 * refused.
 *
 * @param reverse from the end downwards
 * @param limit most entries in a page, 1 to {@link #LIMIT_MAX}
 * @param keysOnly leave the values out
 * @param from where an earlier page said to go on ({@link Page#next}); opaque, may be stored
 */
public record Scan(
    Range range, boolean reverse, int limit, boolean keysOnly, Optional<Bytes> from) {
  public static final int LIMIT_MAX = 10_000;
  public static final int LIMIT_DEFAULT = 1_000;

  public Scan {
    ClientConfig.require(
        limit >= 1 && limit <= LIMIT_MAX, "limit of a scan", limit, "1 to " + LIMIT_MAX);
  }

  /** A set of keys that lie side by side. */
  public sealed interface Range {}

  /** All keys of the keyspace. */
  public record All() implements Range {}

  /**
   * Keys of a range keyspace between two bounds.
   *
   * @param start inclusive; nothing: from the first key
   * @param end exclusive; nothing: to the last key
   */
  public record Keys(Optional<Bytes> start, Optional<Bytes> end) implements Range {}

  /** Keys that begin so. */
  public record Prefix(Bytes prefix) implements Range {}

  /**
   * Keys of a hash keyspace in these slots.
   *
   * @param start inclusive
   * @param end exclusive
   */
  public record Slots(int start, int end) implements Range {
    public Slots {
      ClientConfig.require(
          start >= 0 && start <= end && end <= HashSlot.COUNT,
          "range of slots",
          start + ".." + end,
          "0 to " + HashSlot.COUNT + ", the first not above the second");
    }
  }

  public static Scan all() {
    return over(new All());
  }

  /**
   * Keys between two bounds.
   *
   * @param start inclusive
   * @param end exclusive
   */
  public static Scan range(Bytes start, Bytes end) {
    return over(new Keys(Optional.of(start), Optional.of(end)));
  }

  public static Scan prefix(Bytes prefix) {
    return over(new Prefix(prefix));
  }

  /**
   * Keys in these slots of a hash keyspace.
   *
   * @param start inclusive
   * @param end exclusive
   */
  public static Scan slots(int start, int end) {
    return over(new Slots(start, end));
  }

  public static Scan over(Range range) {
    return new Scan(range, false, LIMIT_DEFAULT, false, Optional.empty());
  }

  public Scan reversed() {
    return new Scan(range, !reverse, limit, keysOnly, from);
  }

  public Scan limit(int entries) {
    return new Scan(range, reverse, entries, keysOnly, from);
  }

  public Scan onlyKeys() {
    return new Scan(range, reverse, limit, true, from);
  }

  /** The same scan, going on where {@link Page#next} said. */
  public Scan from(Bytes next) {
    return new Scan(range, reverse, limit, keysOnly, Optional.of(next));
  }
}
