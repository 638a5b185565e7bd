package io.flotilla.raft.port;

import io.flotilla.raft.core.Entry;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Entries as one run of bytes, the same on disk and on the wire: first index (8), count (4), then
 * for each entry term (8), kind (1), length (4) and payload; all big-endian. Whoever keeps or sends
 * a block puts a checksum around it.
 */
public final class EntryBlock {
  private static final int HEADER_BYTES = 12;
  private static final int ENTRY_HEADER_BYTES = 13;

  private EntryBlock() {}

  public static int encodedBytes(List<Entry> entries) {
    int bytes = HEADER_BYTES;
    for (Entry entry : entries) {
      bytes += ENTRY_HEADER_BYTES + entry.payload().length;
    }
    return bytes;
  }

  /** Writes entries without a gap, at least one. */
  public static void encode(List<Entry> entries, ByteBuffer to) {
    to.putLong(entries.get(0).index()).putInt(entries.size());
    for (Entry entry : entries) {
      to.putLong(entry.term()).put((byte) entry.kind().code());
      to.putInt(entry.payload().length).put(entry.payload());
    }
  }

  /**
   * Reads one block and leaves the position behind it.
   *
   * @throws IllegalArgumentException if it is not a whole, well-formed block; nothing is allocated
   *     from a length that the bytes at hand do not bear out
   */
  public static List<Entry> decode(ByteBuffer from) {
    need(from, HEADER_BYTES, "a block's header");
    long index = from.getLong();
    int count = from.getInt();
    if (index < 1 || count < 1 || count > from.remaining() / ENTRY_HEADER_BYTES) {
      throw new IllegalArgumentException("block of " + count + " entries from index " + index);
    }
    List<Entry> entries = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      need(from, ENTRY_HEADER_BYTES, "an entry's header");
      long term = from.getLong();
      Entry.Kind kind = Entry.Kind.of(from.get());
      int length = from.getInt();
      if (term < 1 || length < 0) {
        throw new IllegalArgumentException("entry of term " + term + " and length " + length);
      }
      need(from, length, "an entry's payload");
      byte[] payload = new byte[length];
      from.get(payload);
      entries.add(new Entry(index + i, term, kind, payload));
    }
    return entries;
  }

  private static void need(ByteBuffer from, int bytes, String what) {
    if (from.remaining() < bytes) {
      throw new IllegalArgumentException(
          what + " needs " + bytes + " bytes, " + from.remaining() + " are left");
    }
  }
}
