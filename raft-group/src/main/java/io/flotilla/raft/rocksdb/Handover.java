package io.flotilla.raft.rocksdb;

import io.flotilla.raft.core.Entry;
import io.flotilla.raft.port.LogWrite;
import java.util.List;

/**
 * One call of {@code append}, on its way through the writer and the syncer.
 *
 * @param greatestBegun the greatest id of a replica that begins with it; 0 if none does
 */
record Handover(List<LogWrite> writes, Runnable durable, long bytes, long greatestBegun) {
  static Handover of(List<LogWrite> writes, Runnable durable) {
    long bytes = 0;
    long greatestBegun = 0;
    for (LogWrite write : writes) {
      for (Entry entry : write.entries()) {
        bytes += entry.weight();
      }
      if (write.cut().isPresent() && write.cut().get() instanceof LogWrite.Base base) {
        greatestBegun = Math.max(greatestBegun, base.self().value());
      }
    }
    return new Handover(writes, durable, bytes, greatestBegun);
  }
}
