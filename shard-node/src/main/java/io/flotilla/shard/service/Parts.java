package io.flotilla.shard.service;

import io.flotilla.raft.port.StorageException;
import java.util.ArrayDeque;
import java.util.Deque;

/** What a node has opened, to be closed in the opposite order, each part whatever the others do. */
final class Parts implements AutoCloseable {
  private final Deque<AutoCloseable> open = new ArrayDeque<>();

  synchronized <T extends AutoCloseable> T add(T part) {
    open.push(part);
    return part;
  }

  /**
   * @throws StorageException if a part could not be closed; the others then are
   */
  @Override
  public synchronized void close() throws StorageException {
    StorageException failure = null;
    while (!open.isEmpty()) {
      AutoCloseable part = open.pop();
      try {
        part.close();
      } catch (Exception e) {
        if (failure == null) {
          failure = new StorageException("cannot close the node cleanly", e);
        } else {
          failure.addSuppressed(e);
        }
      }
    }
    if (failure != null) {
      throw failure;
    }
  }
}
