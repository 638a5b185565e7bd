package io.flotilla.placement.service;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;

/** Closes what was opened, last first, all of it whatever fails. Not for several threads. */
final class Closing {
  private final Deque<AutoCloseable> opened = new ArrayDeque<>();

  <T extends AutoCloseable> T add(T part) {
    opened.push(part);
    return part;
  }

  /**
   * Closes all.
   *
   * @throws IOException the first failure, with the others suppressed
   */
  void close() throws IOException {
    IOException failed = new IOException("could not be closed in order");
    closeAfter(failed);
    if (failed.getSuppressed().length > 0) {
      throw failed;
    }
  }

  /** Closes all because of {@code reason}, which is told of what fails. */
  void closeAfter(Exception reason) {
    while (!opened.isEmpty()) {
      try {
        opened.pop().close();
      } catch (Exception failed) {
        reason.addSuppressed(failed);
      }
    }
  }
}
