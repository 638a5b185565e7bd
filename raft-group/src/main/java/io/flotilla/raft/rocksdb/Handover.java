package io.flotilla.raft.rocksdb;

import io.flotilla.raft.core.Entry;
import io.flotilla.raft.port.LogWrite;
import java.util.List;

/** One call of {@code append}, on its way through the writer and the syncer. */
record Handover(List<LogWrite> writes, Runnable durable, long bytes) {
  static Handover of(List<LogWrite> writes, Runnable durable) {
    long bytes = 0;
    for (LogWrite write : writes) {
      for (Entry entry : write.entries()) {
        bytes += entry.weight();
      }
    }
    return new Handover(writes, durable, bytes);
  }
}
