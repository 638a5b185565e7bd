package io.flotilla.raft.rocksdb;

import io.flotilla.raft.port.LogWrite;
import io.flotilla.raft.port.StorageException;
import java.util.ArrayList;
import java.util.List;

/**
 * Turns hand-overs of all loops into few large writes, and passes them on to be synced. It alone
 * knows and changes the indexes of records, hence no locks.
 */
final class LogWriter {
  private final LogDisk disk;
  private final RocksLogConfig config;
  private final LogStager stager;
  private List<Handover> staged = new ArrayList<>();

  LogWriter(LogDisk disk, RocksLogConfig config, LogIndex index) {
    this.disk = disk;
    this.config = config;
    this.stager = new LogStager(disk, config, index);
  }

  /** Runs until {@code incoming} is closed and empty, or something fails. */
  void run(Conveyor<Handover> incoming, Conveyor<Handover> written) throws StorageException {
    for (List<Handover> taken = incoming.takeAll(); !taken.isEmpty(); taken = incoming.takeAll()) {
      for (Handover handover : taken) {
        boolean full = stager.bytes() >= config.batchBytesMax();
        if (full || stager.readsWhatIsOnlyStaged(handover)) {
          write(written);
        }
        for (LogWrite write : handover.writes()) {
          stager.stage(write);
        }
        staged.add(handover);
      }
      write(written);
    }
  }

  private void write(Conveyor<Handover> written) throws StorageException {
    if (!stager.isEmpty()) {
      disk.write(stager.take());
    }
    written.putAll(staged);
    staged = new ArrayList<>(staged.size());
  }
}
