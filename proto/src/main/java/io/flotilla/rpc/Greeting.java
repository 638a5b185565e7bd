package io.flotilla.rpc;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * The first frame of each side: magic (u32), protocol version (u16), kind (u8), role (u8), node
 * (u64), the node that the caller means to reach (u64), length of the cluster's id (u8) and the id
 * in ASCII.
 *
 * @param expectedNode 0 if any will do
 */
record Greeting(ConnectionKind kind, Hello hello, long expectedNode) {
  /** "FLOT". */
  static final int MAGIC = 0x464c4f54;

  static final int VERSION = 1;

  private static final int FIXED_BYTES = 25;

  int encodedBytes() {
    return FIXED_BYTES + hello.cluster().length();
  }

  void encode(ByteBuffer to) {
    to.putInt(MAGIC).putShort((short) VERSION);
    to.put((byte) kind.number()).put((byte) hello.role().number());
    to.putLong(hello.node()).putLong(expectedNode);
    to.put((byte) hello.cluster().length());
    to.put(hello.cluster().getBytes(StandardCharsets.US_ASCII));
  }

  /**
   * @throws IllegalArgumentException if it is no greeting of this version of the protocol
   */
  static Greeting decode(ByteBuffer from) {
    if (from.remaining() < 6 || from.getInt() != MAGIC) {
      throw new IllegalArgumentException("the greeting does not begin with FLOT");
    }
    int version = Short.toUnsignedInt(from.getShort());
    if (version != VERSION) {
      throw new IllegalArgumentException(
          "protocol version " + version + "; this process speaks version " + VERSION);
    }
    if (from.remaining() < FIXED_BYTES - 6) {
      throw new IllegalArgumentException("the greeting is cut short");
    }
    ConnectionKind kind = ConnectionKind.of(from.get());
    Hello.Role role = Hello.Role.of(from.get());
    long node = from.getLong();
    long expectedNode = from.getLong();
    byte[] cluster = new byte[Byte.toUnsignedInt(from.get())];
    if (from.remaining() != cluster.length) {
      throw new IllegalArgumentException(
          "a cluster id of " + cluster.length + " bytes in " + from.remaining());
    }
    from.get(cluster);
    String name = new String(cluster, StandardCharsets.US_ASCII);
    return new Greeting(kind, new Hello(name, role, node), expectedNode);
  }
}
