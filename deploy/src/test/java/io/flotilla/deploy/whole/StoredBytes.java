package io.flotilla.deploy.whole;

import java.nio.file.Path;
import org.rocksdb.Options;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;

/**
 * What the disks of all nodes hold, whichever shard it belongs to, and if it belongs to none.
 *
 * @param states bytes of keys and values that were not deleted, counted from the databases
 * @param logs bytes of entries that were not cut
 */
record StoredBytes(long states, long logs) {
  /** Nodes look every 5 s what is on disk, and cut their logs by what they saw the last time. */
  private static final long CUT_MICROS = 11 * ShardLab.SECOND;

  /** When all that was applied is on disk, and logs were cut by that. */
  static StoredBytes measure(ShardLab lab) {
    lab.whole().nodes().stream().filter(SimNode::isUp).forEach(SimNode::flush);
    lab.sleep(CUT_MICROS);
    lab.whole().nodes().stream().filter(SimNode::isUp).forEach(SimNode::flush);
    return new StoredBytes(
        lab.whole().nodes().stream().mapToLong(SimNode::stateBytes).sum(),
        lab.whole().nodes().stream().mapToLong(node -> node.raft().logBytes()).sum());
  }

  long all() {
    return states + logs;
  }

  /** Of a store on disk, beside the process that has it open. */
  static long in(Path database) {
    RocksDB.loadLibrary();
    try (Options options = new Options();
        RocksDB db = RocksDB.openReadOnly(options, database.toString());
        RocksIterator at = db.newIterator()) {
      long bytes = 0;
      for (at.seekToFirst(); at.isValid(); at.next()) {
        bytes += at.key().length + at.value().length;
      }
      at.status();
      return bytes;
    } catch (RocksDBException broken) {
      throw new AssertionError("cannot look into " + database, broken);
    }
  }
}
