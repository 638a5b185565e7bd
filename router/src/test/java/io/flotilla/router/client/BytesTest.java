package io.flotilla.router.client;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class BytesTest {
  @Test
  void bytesReadAsTheyAreWritten() {
    assertThat(Bytes.utf8("a\\b\u00e9\n")).hasToString("a\\\\b\\xc3\\xa9\\x0a");
    assertThat(Bytes.hex("ff00"))
        .isGreaterThan(Bytes.hex("7f"))
        .isEqualTo(Bytes.of((byte) -1, (byte) 0));
  }
}
