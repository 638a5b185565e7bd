package io.flotilla.shard.kv;

import com.google.protobuf.ByteString;
import io.flotilla.proto.map.Shard;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;

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

  /** Whether some key is in both. */
  public boolean overlaps(KeyRange other) {
    return isBefore(start, other.end) && isBefore(other.start, end);
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
