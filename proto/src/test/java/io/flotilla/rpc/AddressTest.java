package io.flotilla.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AddressTest {
  @Test
  void hostAndPort() {
    assertThat(Address.of("node-1.example:7410")).isEqualTo(new Address("node-1.example", 7410));
    assertThat(Address.of("127.0.0.1:1").host()).isEqualTo("127.0.0.1");
    assertThat(Address.of("[::1]:65535")).hasToString("[::1]:65535");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "a", "a:", ":1", "a:0", "a:65536", "a:1;b:2", "::1:7", "a b:1", "a:x"})
  void anythingElseIsRefused(String text) {
    assertThat(Address.is(text)).isFalse();
    assertThatThrownBy(() -> Address.of(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("\"" + text + "\" is not host:port");
  }
}
