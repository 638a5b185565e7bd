package io.flotilla.shard.kv;

import com.google.protobuf.ByteString;
import io.flotilla.raft.port.StorageException;
import io.flotilla.raft.state.KeySpan;
import java.io.ByteArrayOutputStream;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Where a shard's data and completion records are: pieces of its range, in the order of keys and
 * without a gap, each in one generation. A shard begins with one piece; it gets more by absorbing
 * another, and an image has one again.
 */
record Extents(List<Extent> all) {
  /** The keys of a range that are in one generation. */
  record Extent(long generation, KeyRange range) {}

  Extents {
    all = List.copyOf(all);
  }

  static Extents of(long generation, KeyRange range) {
    return new Extents(List.of(new Extent(generation, range)));
  }

  KeyRange range() {
    return new KeyRange(all.get(0).range().start(), all.get(all.size() - 1).range().end());
  }

  /** Whether all of it is in this one generation, as that of a shard which has absorbed none. */
  boolean isOnlyIn(long generation) {
    return all.size() == 1 && all.get(0).generation() == generation;
  }

  /** Where a key is, or would be; whoever asks has seen that it is in the range. */
  long generationOf(ByteString key) {
    for (Extent extent : all) {
      if (extent.range().isBeforeEnd(key)) {
        return extent.generation();
      }
    }
    return all.get(all.size() - 1).generation();
  }

  boolean holds(long generation, KeyRange range) {
    return within(range).all.stream().anyMatch(extent -> extent.generation() == generation);
  }

  /** What of it is in this range. */
  Extents within(KeyRange range) {
    List<Extent> inside = new ArrayList<>();
    for (Extent extent : all) {
      extent
          .range()
          .intersection(range)
          .ifPresent(common -> inside.add(new Extent(extent.generation(), common)));
    }
    return new Extents(inside);
  }

  /** With those that begin where these end. What a split has parted becomes one again. */
  Extents and(Extents next) {
    List<Extent> joined = new ArrayList<>(all);
    Extent last = joined.remove(joined.size() - 1);
    Extent first = next.all.get(0);
    if (last.generation() == first.generation()) {
      KeyRange whole = new KeyRange(last.range().start(), first.range().end());
      joined.add(new Extent(last.generation(), whole));
      joined.addAll(next.all.subList(1, next.all.size()));
    } else {
      joined.add(last);
      joined.addAll(next.all);
    }
    return new Extents(joined);
  }

  /** What of it is not in those. */
  Extents without(Extents others) {
    List<Extent> left = all;
    for (Extent other : others.all) {
      List<Extent> next = new ArrayList<>();
      for (Extent extent : left) {
        if (extent.generation() == other.generation()) {
          extent
              .range()
              .without(other.range())
              .forEach(rest -> next.add(new Extent(extent.generation(), rest)));
        } else {
          next.add(extent);
        }
      }
      left = next;
    }
    return new Extents(left);
  }

  /** The completion records, in the order of their routing keys. */
  List<KeySpan> completions() {
    return all.stream()
        .map(extent -> KvKeys.completionsIn(extent.generation(), extent.range()))
        .toList();
  }

  /** The data, in the order of its keys. */
  List<KeySpan> data() {
    return all.stream().map(extent -> KvKeys.dataIn(extent.generation(), extent.range())).toList();
  }

  byte[] encode() {
    ByteArrayOutputStream to = new ByteArrayOutputStream();
    for (Extent extent : all) {
      to.writeBytes(ByteBuffer.allocate(Long.BYTES).putLong(extent.generation()).array());
      encode(extent.range().start(), to);
      encode(extent.range().end(), to);
    }
    return to.toByteArray();
  }

  private static void encode(ByteString key, ByteArrayOutputStream to) {
    to.writeBytes(ByteBuffer.allocate(Integer.BYTES).putInt(key.size()).array());
    to.writeBytes(key.toByteArray());
  }

  /**
   * @param range of the shard, all of which they have to be
   */
  static Extents decode(byte[] bytes, KeyRange range) throws StorageException {
    List<Extent> all = new ArrayList<>();
    ByteBuffer from = ByteBuffer.wrap(bytes);
    try {
      ByteString start = range.start();
      while (from.hasRemaining()) {
        Extent next = new Extent(from.getLong(), new KeyRange(key(from), key(from)));
        if (!next.range().start().equals(start) || (!all.isEmpty() && start.isEmpty())) {
          throw new StorageException("there is a gap between the extents of a shard");
        }
        all.add(next);
        start = next.range().end();
      }
      if (all.isEmpty() || !start.equals(range.end())) {
        throw new StorageException("the extents of a shard are not all of its range");
      }
    } catch (BufferUnderflowException | IllegalArgumentException e) {
      throw new StorageException("the extents of a shard are damaged", e);
    }
    return new Extents(all);
  }

  private static ByteString key(ByteBuffer from) {
    int size = from.getInt();
    if (size < 0 || size > from.remaining()) {
      throw new IllegalArgumentException("a key of " + size + " bytes");
    }
    return ByteString.copyFrom(from, size);
  }
}
