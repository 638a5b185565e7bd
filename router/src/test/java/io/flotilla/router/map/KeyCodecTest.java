package io.flotilla.router.map;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.flotilla.proto.map.Partitioning;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class KeyCodecTest {
  private static ByteString text(String text) {
    return ByteString.copyFromUtf8(text);
  }

  private static ByteString bytes(int... values) {
    byte[] bytes = new byte[values.length];
    for (int i = 0; i < values.length; i++) {
      bytes[i] = (byte) values[i];
    }
    return ByteString.copyFrom(bytes);
  }

  @Test
  void theChecksumIsTheOneThatRedisClusterSpecifies() {
    assertThat(KeyCodec.crc16(text("123456789"), 0, 9)).isEqualTo(0x31c3);
  }

  /** As {@code CLUSTER KEYSLOT} answers. */
  @ParameterizedTest
  @CsvSource({"foo,12182", "bar,5061", "hello,866", "somekey,11058", "foo{hash_tag},2515"})
  void slotsAreThoseOfRedis(String key, int slot) {
    assertThat(KeyCodec.slot(text(key))).isEqualTo(slot);
  }

  /** The examples of Redis Cluster's specification. */
  @ParameterizedTest
  @CsvSource({
    "{user1000}.following, user1000",
    "{user1000}.followers, user1000",
    "foo{}{bar}, foo{}{bar}",
    "foo{{bar}}zap, {bar",
    "foo{bar}{zap}, bar",
    "foo{bar, foo{bar",
  })
  void onlyTheFirstTagCountsAndNoneThatIsEmpty(String key, String hashed) {
    ByteString bytes = text(hashed);
    assertThat(KeyCodec.slot(text(key)))
        .isEqualTo(KeyCodec.crc16(bytes, 0, bytes.size()) % KeyCodec.SLOTS);
  }

  @Test
  void anEmptyKeyHasSlotZero() {
    assertThat(KeyCodec.slot(ByteString.EMPTY)).isZero();
  }

  @Test
  void rangeKeysStandBehindTheirKeyspace() {
    KeyCodec codec = new KeyCodec(0x01020304, Partitioning.RANGE);
    ByteString encoded = codec.encode(text("a"));
    assertThat(encoded).isEqualTo(bytes(1, 2, 3, 4, 'a'));
    assertThat(codec.decode(encoded)).isEqualTo(text("a"));
    assertThat(codec.start()).isEqualTo(bytes(1, 2, 3, 4));
    assertThat(codec.end()).isEqualTo(bytes(1, 2, 3, 5));
  }

  @Test
  void hashKeysStandBehindTheirSlot() {
    KeyCodec codec = new KeyCodec(2, Partitioning.HASH);
    ByteString encoded = codec.encode(text("foo"));
    assertThat(encoded).isEqualTo(bytes(0, 0, 0, 2, 12182 >> 8, 12182 & 0xff, 'f', 'o', 'o'));
    assertThat(codec.decode(encoded)).isEqualTo(text("foo"));
    assertThat(codec.withKeyspace(codec.withoutKeyspace(encoded))).isEqualTo(encoded);
    assertThat(codec.slotStart(0)).isEqualTo(bytes(0, 0, 0, 2, 0, 0));
    assertThat(codec.slotStart(KeyCodec.SLOTS)).isEqualTo(bytes(0, 0, 0, 3));
  }

  @Test
  void theLastKeyspaceHasNoEnd() {
    assertThat(new KeyCodec(-1, Partitioning.RANGE).end().isEmpty()).isTrue();
  }

  @Test
  void whatFollowsAPrefix() {
    assertThat(KeyCodec.afterPrefix(bytes(1, 2))).isEqualTo(bytes(1, 3));
    assertThat(KeyCodec.afterPrefix(bytes(1, 0xff, 0xff))).isEqualTo(bytes(2));
    assertThat(KeyCodec.afterPrefix(bytes(0xff)).isEmpty()).isTrue();
  }
}
