package io.flotilla.raft.port;

/**
 * An image cannot be written or taken in: it is damaged, of another group or of another version, or
 * there is no room for its files. The state is what it was and goes on; another attempt may do.
 */
public class ImageException extends Exception {
  private static final long serialVersionUID = 1L;

  public ImageException(String message) {
    super(message);
  }

  public ImageException(String message, Throwable cause) {
    super(message, cause);
  }
}
