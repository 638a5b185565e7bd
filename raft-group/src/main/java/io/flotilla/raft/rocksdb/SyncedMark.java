package io.flotilla.raft.rocksdb;

import io.flotilla.raft.port.StorageException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.zip.CRC32C;

/**
 * A note, outside the database, of what is known to be synced in it. Point-in-time recovery drops
 * everything behind a damaged record without a word, and with it votes and acknowledgements that
 * were given; a database that reopens below the mark has forgotten promises, see {@link LostTail}.
 * Two slots are written in turn, so that one is always whole.
 */
final class SyncedMark implements AutoCloseable {
  private static final int SLOT_BYTES = 4096;
  private static final int BODY_BYTES = 16;
  private static final int USED_BYTES = BODY_BYTES + 4;

  private final Path path;
  private final FileChannel file;

  /** Where the next note goes: never over the furthest one. */
  private int slot;

  /**
   * @param sequence of a change up to which all is synced
   * @param greatestReplica the greatest id of a replica that has ever begun here; 0 if none has
   */
  record Note(long sequence, long greatestReplica) {
    boolean isBeyond(Note other) {
      return sequence > other.sequence
          || (sequence == other.sequence && greatestReplica > other.greatestReplica);
    }
  }

  private SyncedMark(Path path, FileChannel file) {
    this.path = path;
    this.file = file;
  }

  static SyncedMark open(Path path) throws StorageException {
    FileChannel file;
    try {
      file =
          FileChannel.open(
              path, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
    } catch (IOException e) {
      throw new StorageException("cannot open " + path, e);
    }
    SyncedMark mark = new SyncedMark(path, file);
    try {
      mark.slot = 1 - mark.furthest();
    } catch (StorageException unreadable) {
      mark.close();
      throw unreadable;
    }
    return mark;
  }

  /** The furthest note; empty if none is legible. */
  Optional<Note> read() throws StorageException {
    return readSlot(furthest());
  }

  private int furthest() throws StorageException {
    Optional<Note> one = readSlot(0);
    Optional<Note> two = readSlot(1);
    return one.isEmpty() || (two.isPresent() && two.get().isBeyond(one.get())) ? 1 : 0;
  }

  private Optional<Note> readSlot(int number) throws StorageException {
    ByteBuffer bytes = ByteBuffer.allocate(USED_BYTES);
    try {
      int read = file.read(bytes, (long) number * SLOT_BYTES);
      return read == USED_BYTES && bytes.getInt(BODY_BYTES) == seal(bytes)
          ? Optional.of(new Note(bytes.getLong(0), bytes.getLong(Long.BYTES)))
          : Optional.empty();
    } catch (IOException e) {
      throw new StorageException("cannot read " + path, e);
    }
  }

  /** Durable when it returns. */
  void write(Note note) throws StorageException {
    ByteBuffer bytes = ByteBuffer.allocate(USED_BYTES);
    bytes.putLong(0, note.sequence()).putLong(Long.BYTES, note.greatestReplica());
    bytes.putInt(BODY_BYTES, seal(bytes));
    try {
      file.write(bytes, (long) slot * SLOT_BYTES);
      file.force(false);
    } catch (IOException e) {
      throw new StorageException("cannot write " + path, e);
    }
    slot = 1 - slot;
  }

  /** Writes a note that may be less far than what is there. */
  void reset(Note note) throws StorageException {
    write(note);
    write(note);
  }

  private static int seal(ByteBuffer bytes) {
    CRC32C crc = new CRC32C();
    crc.update(bytes.slice(0, BODY_BYTES));
    return (int) crc.getValue();
  }

  @Override
  public void close() throws StorageException {
    try {
      file.close();
    } catch (IOException e) {
      throw new StorageException("cannot close " + path, e);
    }
  }
}
