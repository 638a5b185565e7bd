package io.flotilla.router.client;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import java.nio.ByteBuffer;
import java.util.HexFormat;

/**
 * An immutable string of bytes: a key or a value. Ordered as the store orders keys, by unsigned
 * bytes.
 */
public final class Bytes implements Comparable<Bytes> {
  public static final Bytes EMPTY = new Bytes(ByteString.EMPTY);

  private final ByteString bytes;

  private Bytes(ByteString bytes) {
    this.bytes = bytes;
  }

  /** A copy of {@code bytes}. */
  public static Bytes of(byte... bytes) {
    return new Bytes(ByteString.copyFrom(bytes));
  }

  /** {@code bytes} themselves, not copied: the caller never changes them again. */
  public static Bytes wrap(byte[] bytes) {
    return new Bytes(UnsafeByteOperations.unsafeWrap(bytes));
  }

  /** The readable part of a buffer, not copied: the caller never changes it again. */
  public static Bytes wrap(ByteBuffer buffer) {
    return new Bytes(UnsafeByteOperations.unsafeWrap(buffer));
  }

  public static Bytes utf8(String text) {
    return new Bytes(ByteString.copyFromUtf8(text));
  }

  /**
   * The bytes that these hexadecimal digits stand for.
   *
   * @throws IllegalArgumentException if {@code hex} is not an even number of hexadecimal digits
   */
  public static Bytes hex(String hex) {
    return wrap(HexFormat.of().parseHex(hex));
  }

  static Bytes of(ByteString bytes) {
    return bytes.isEmpty() ? EMPTY : new Bytes(bytes);
  }

  ByteString byteString() {
    return bytes;
  }

  public int length() {
    return bytes.size();
  }

  public boolean isEmpty() {
    return bytes.isEmpty();
  }

  public byte at(int index) {
    return bytes.byteAt(index);
  }

  public boolean startsWith(Bytes prefix) {
    return bytes.startsWith(prefix.bytes);
  }

  public Bytes concat(Bytes suffix) {
    return new Bytes(bytes.concat(suffix.bytes));
  }

  /** A copy. */
  public byte[] toByteArray() {
    return bytes.toByteArray();
  }

  /** A view, for writing to a socket or a file without a copy. */
  public ByteBuffer asReadOnlyByteBuffer() {
    return bytes.asReadOnlyByteBuffer();
  }

  /** The bytes as UTF-8 text; what is not UTF-8 becomes U+FFFD. */
  public String asUtf8() {
    return bytes.toStringUtf8();
  }

  public boolean isUtf8() {
    return bytes.isValidUtf8();
  }

  public String asHex() {
    return HexFormat.of().formatHex(bytes.toByteArray());
  }

  @Override
  public int compareTo(Bytes other) {
    return ByteString.unsignedLexicographicalComparator().compare(bytes, other.bytes);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Bytes that && bytes.equals(that.bytes);
  }

  @Override
  public int hashCode() {
    return bytes.hashCode();
  }

  /** Printable ASCII as it is, everything else as {@code \xNN}. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder(bytes.size() + 8);
    for (byte b : bytes.toByteArray()) {
      if (b == '\\') {
        text.append("\\\\");
      } else if (b >= 0x20 && b < 0x7f) {
        text.append((char) b);
      } else {
        text.append("\\x").append(HexFormat.of().toHexDigits(b));
      }
    }
    return text.toString();
  }
}
