package io.flotilla.shard.kv;

import com.google.protobuf.ByteString;
import io.flotilla.proto.map.Shard;
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

  public static KeyRange of(Shard shard) {
    return new KeyRange(shard.getStart(), shard.getEnd());
  }

  public boolean contains(ByteString key) {
    return ORDER.compare(key, start) >= 0 && (end.isEmpty() || ORDER.compare(key, end) < 0);
  }

  /** Whether all keys of {@code other} are in this range. */
  public boolean covers(KeyRange other) {
    return ORDER.compare(other.start, start) >= 0
        && (end.isEmpty() || (!other.end.isEmpty() && ORDER.compare(other.end, end) <= 0));
  }
}
