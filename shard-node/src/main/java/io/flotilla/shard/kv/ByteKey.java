package io.flotilla.shard.kv;

import java.util.Arrays;

/** Bytes that are equal by content. Nobody may change them. */
final class ByteKey {
  private final byte[] bytes;

  ByteKey(byte[] bytes) {
    this.bytes = bytes;
  }

  byte[] bytes() {
    return bytes;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof ByteKey that && Arrays.equals(bytes, that.bytes);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(bytes);
  }
}
