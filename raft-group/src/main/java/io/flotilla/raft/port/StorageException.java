package io.flotilla.raft.port;

import java.io.IOException;

/** A disk failed or lied. After it, what the disk holds is unknown; the process must end. */
public class StorageException extends IOException {
  private static final long serialVersionUID = 1L;

  public StorageException(String message) {
    super(message);
  }

  public StorageException(String message, Throwable cause) {
    super(message, cause);
  }
}
