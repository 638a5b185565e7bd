package io.flotilla.router.client;

import io.flotilla.rpc.ErrorCode;
import org.jspecify.annotations.Nullable;

/**
 * An operation did not succeed. The code says why, and {@link #outcomeUnknown} is what to ask
 * before it is concluded that nothing happened: an operation that certainly did not run is never
 * reported as of unknown outcome, nor the other way round.
 */
public final class KvException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final ErrorCode code;

  public KvException(ErrorCode code, String message) {
    // It is an answer, often made by the thousand on an event loop: no stack. See atCaller.
    super(message, null, false, false);
    this.code = code;
  }

  private KvException(KvException cause) {
    super(cause.plainMessage(), cause);
    this.code = cause.code;
  }

  /** Something that was named, such as a keyspace, does not exist. */
  static KvException notFound(String message) {
    return new KvException(ErrorCode.NOT_FOUND, message);
  }

  /** What went wrong; with {@link ErrorCode#retry} what may be done about it. */
  public ErrorCode code() {
    return code;
  }

  /** The code by name, for reports. */
  public String codeName() {
    return code.name();
  }

  /**
   * The operation may have taken effect, or a part of it, or may yet. Otherwise it certainly did
   * not and will not. Reads are never of unknown outcome.
   */
  public boolean outcomeUnknown() {
    return code.outcomeUnknown();
  }

  /** Something that the operation named, such as its keyspace, does not exist. */
  public boolean isNotFound() {
    return code == ErrorCode.NOT_FOUND;
  }

  /** The same operation may succeed later: who should have answered was busy, absent or silent. */
  public boolean isPassing() {
    return code.isPassing();
  }

  @Override
  public String getMessage() {
    return code + ": " + super.getMessage();
  }

  /** What was wrong, without the code. */
  public String plainMessage() {
    @Nullable String message = super.getMessage();
    return message == null ? "" : message;
  }

  /** The same, with the stack of the thread that waited for it. */
  KvException atCaller() {
    return new KvException(this);
  }
}
