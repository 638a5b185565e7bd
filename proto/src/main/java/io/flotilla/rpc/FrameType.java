package io.flotilla.rpc;

/**
 * What a frame's body is. A frame is its length in bytes without these four (u32), the CRC-32C of
 * all that follows (u32), its type (u8) and its body; all numbers are big-endian, and numbers of
 * types are never reused.
 */
enum FrameType {
  /** {@link Greeting}: the first frame of each side. */
  HELLO(1),
  /** {@code ErrorDetail}: the last frame; says why the connection is closed. */
  GOODBYE(2),
  /** Empty: asks for a PONG. */
  PING(3),
  PONG(4),
  /** Call (u64), method (u16), timeout in ms or 0 (u32), message. */
  REQUEST(5),
  /** Call (u64), message: the only answer. */
  REPLY(6),
  /** Call (u64), message: one answer of a streaming method. */
  STREAM(7),
  /** Call (u64), {@code ErrorDetail}: ends the call. */
  ERROR(8),
  /** Call (u64): nobody waits for it any more. */
  CANCEL(9),
  /** What a connection of another kind than RPC is for. */
  PEER(10);

  /** Length, checksum and type. */
  static final int HEADER_BYTES = 9;

  /** What the length counts at least: checksum and type. */
  static final int LENGTH_MIN = 5;

  /** What the length counts at most. */
  static final int LENGTH_MAX = 16 * 1024 * 1024;

  /** The same before the handshake. */
  static final int GREETING_LENGTH_MAX = 1024;

  /** The largest body. */
  static final int BODY_BYTES_MAX = LENGTH_MAX - LENGTH_MIN;

  /** What stands before the message in a REQUEST; answers have less. */
  static final int CALL_HEADER_BYTES = 14;

  /** The largest encoded request or answer. */
  static final int MESSAGE_BYTES_MAX = BODY_BYTES_MAX - CALL_HEADER_BYTES;

  private static final FrameType[] BY_NUMBER = values();

  private final int number;

  FrameType(int number) {
    this.number = number;
  }

  int number() {
    return number;
  }

  static FrameType of(int number) {
    if (number < 1 || number > BY_NUMBER.length) {
      throw new IllegalArgumentException(
          "frame type " + number + "; allowed are 1 to " + BY_NUMBER.length);
    }
    return BY_NUMBER[number - 1];
  }
}
