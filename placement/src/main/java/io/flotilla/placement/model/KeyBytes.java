package io.flotilla.placement.model;

import java.util.Arrays;
import java.util.HexFormat;

/** Bytes of a key that never change, ordered as unsigned bytes: the order of the stores. */
public final class KeyBytes implements Comparable<KeyBytes> {
  public static final KeyBytes EMPTY = new KeyBytes(new byte[0]);

  private final byte[] bytes;

  private KeyBytes(byte[] bytes) {
    this.bytes = bytes;
  }

  /** Keeps a copy. */
  public static KeyBytes of(byte... bytes) {
    return bytes.length == 0 ? EMPTY : new KeyBytes(bytes.clone());
  }

  public KeyBytes followedBy(KeyBytes rest) {
    byte[] joined = Arrays.copyOf(bytes, bytes.length + rest.bytes.length);
    System.arraycopy(rest.bytes, 0, joined, bytes.length, rest.bytes.length);
    return new KeyBytes(joined);
  }

  public boolean isEmpty() {
    return bytes.length == 0;
  }

  public int length() {
    return bytes.length;
  }

  /** A copy. */
  public byte[] toByteArray() {
    return bytes.clone();
  }

  @Override
  public int compareTo(KeyBytes other) {
    return Arrays.compareUnsigned(bytes, other.bytes);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof KeyBytes key && Arrays.equals(bytes, key.bytes);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(bytes);
  }

  /** Hexadecimal. */
  @Override
  public String toString() {
    return HexFormat.of().formatHex(bytes);
  }
}
