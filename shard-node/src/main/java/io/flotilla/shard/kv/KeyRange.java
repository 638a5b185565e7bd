package io.flotilla.shard.kv;

import com.google.protobuf.ByteString;
import io.flotilla.proto.map.Shard;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * Encoded keys from {@code start} up to, not including, {@code end}, in the order of unsigned
 * bytes.
 *
 * @param end empty for no bound
 */
public record KeyRange(ByteString start, ByteString end) {
  private static final Comparator<ByteString> ORDER =
      ByteString.unsignedLexicographicalComparator();

  /** Behind a key, it makes the next one. */
  private static final ByteString AFTER = ByteString.copyFrom(new byte[1]);

  public static KeyRange of(Shard shard) {
    return new KeyRange(shard.getStart(), shard.getEnd());
  }

  public boolean contains(ByteString key) {
    return ORDER.compare(key, start) >= 0 && isBefore(key, end);
  }

  boolean isBeforeEnd(ByteString key) {
    return isBefore(key, end);
  }

  /** Whether some key is in both. */
  public boolean overlaps(KeyRange other) {
    return isBefore(start, other.end) && isBefore(other.start, end);
  }

  /** The keys that are in both; nothing if there is none. */
  Optional<KeyRange> intersection(KeyRange other) {
    return overlaps(other)
        ? Optional.of(new KeyRange(later(start, other.start), earlier(end, other.end)))
        : Optional.empty();
  }

  /** The keys that are not in the other one: what is before it, and what is behind. */
  List<KeyRange> without(KeyRange other) {
    if (!overlaps(other)) {
      return List.of(this);
    }
    List<KeyRange> rest = new ArrayList<>();
    if (ORDER.compare(start, other.start) < 0) {
      rest.add(new KeyRange(start, other.start));
    }
    if (!other.end.isEmpty() && isBefore(other.end, end)) {
      rest.add(new KeyRange(other.end, end));
    }
    return rest;
  }

  /** Whether each of its keys is in one of these. */
  public boolean isCoveredBy(List<KeyRange> ranges) {
    List<KeyRange> left = List.of(this);
    for (KeyRange range : ranges) {
      left = left.stream().flatMap(rest -> rest.without(range).stream()).toList();
    }
    return left.isEmpty();
  }

  private static ByteString later(ByteString one, ByteString other) {
    return ORDER.compare(one, other) < 0 ? other : one;
  }

  private static ByteString earlier(ByteString oneEnd, ByteString otherEnd) {
    return !oneEnd.isEmpty() && isBefore(oneEnd, otherEnd) ? oneEnd : otherEnd;
  }

  private static boolean isBefore(ByteString key, ByteString end) {
    return end.isEmpty() || ORDER.compare(key, end) < 0;
  }

  /** The least range with these keys. */
  public static KeyRange around(Collection<ByteString> keys) {
    ByteString last = Collections.max(keys, ORDER);
    return new KeyRange(Collections.min(keys, ORDER), last.concat(AFTER));
  }

  /** Whether all keys of {@code other} are in this range. */
  public boolean covers(KeyRange other) {
    return ORDER.compare(other.start, start) >= 0
        && (end.isEmpty() || (!other.end.isEmpty() && ORDER.compare(other.end, end) <= 0));
  }
}
