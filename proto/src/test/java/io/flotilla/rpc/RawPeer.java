package io.flotilla.rpc;

import io.flotilla.proto.errors.ErrorDetail;
import java.io.Closeable;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32C;

/** The protocol on a plain blocking socket, written down a second time, as others may speak it. */
final class RawPeer implements Closeable {
  /** A frame that came. */
  record Frame(int type, ByteBuffer body) {
    long call() {
      return body.getLong(0);
    }
  }

  private final Socket socket;
  private final OutputStream out;
  private final DataInputStream in;

  RawPeer(Socket socket) throws IOException {
    this.socket = socket;
    this.out = socket.getOutputStream();
    this.in = new DataInputStream(socket.getInputStream());
    socket.setSoTimeout(30_000);
  }

  static RawPeer dial(int port) throws IOException {
    return new RawPeer(new Socket(InetAddress.getLoopbackAddress(), port));
  }

  static byte[] frame(int type, byte... body) {
    CRC32C crc = new CRC32C();
    crc.update(type);
    crc.update(body);
    return ByteBuffer.allocate(9 + body.length)
        .putInt(5 + body.length)
        .putInt((int) crc.getValue())
        .put((byte) type)
        .put(body)
        .array();
  }

  static byte[] hello(
      int magic, int version, int kind, int role, long node, long expected, String cluster) {
    byte[] name = cluster.getBytes(StandardCharsets.US_ASCII);
    return ByteBuffer.allocate(25 + name.length)
        .putInt(magic)
        .putShort((short) version)
        .put((byte) kind)
        .put((byte) role)
        .putLong(node)
        .putLong(expected)
        .put((byte) name.length)
        .put(name)
        .array();
  }

  /** A caller's HELLO of the cluster "test". */
  static byte[] hello(int kind, int role, long node) {
    return hello(0x464c4f54, 1, kind, role, node, 0, "test");
  }

  static byte[] request(long call, int method, int timeoutMillis, byte... message) {
    return ByteBuffer.allocate(14 + message.length)
        .putLong(call)
        .putShort((short) method)
        .putInt(timeoutMillis)
        .put(message)
        .array();
  }

  RawPeer write(byte... bytes) throws IOException {
    out.write(bytes);
    out.flush();
    return this;
  }

  RawPeer writeFrame(int type, byte... body) throws IOException {
    return write(frame(type, body));
  }

  /** Greets, and reads the other side's greeting. */
  RawPeer greet() throws IOException {
    writeFrame(1, hello(0, 0, 0));
    Frame greeting = read();
    if (greeting.type() != 1) {
      throw new AssertionError("type " + greeting.type() + " instead of HELLO");
    }
    return this;
  }

  /** Takes a caller's greeting and returns one of {@code cluster}. */
  RawPeer greetBack(String cluster) throws IOException {
    if (read().type() != 1) {
      throw new AssertionError("no HELLO");
    }
    return writeFrame(1, hello(0x464c4f54, 1, 0, 1, 7, 0, cluster));
  }

  Frame read() throws IOException {
    byte[] body = new byte[in.readInt() - 5];
    int checksum = in.readInt();
    int type = in.readUnsignedByte();
    in.readFully(body);
    CRC32C crc = new CRC32C();
    crc.update(type);
    crc.update(body);
    if ((int) crc.getValue() != checksum) {
      throw new AssertionError("wrong checksum");
    }
    return new Frame(type, ByteBuffer.wrap(body));
  }

  /** The GOODBYE that must come next, followed by the end. */
  ErrorDetail readGoodbye() throws IOException {
    Frame last = read();
    if (last.type() != 2) {
      throw new AssertionError("type " + last.type() + " instead of GOODBYE");
    }
    if (in.read() != -1) {
      throw new AssertionError("more after GOODBYE");
    }
    return ErrorDetail.parseFrom(last.body());
  }

  boolean isAtEnd() throws IOException {
    return in.read() == -1;
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
