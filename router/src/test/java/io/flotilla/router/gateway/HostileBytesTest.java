package io.flotilla.router.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.redis.RedisArrayAggregator;
import io.netty.handler.codec.redis.RedisBulkStringAggregator;
import io.netty.handler.codec.redis.RedisDecoder;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever is sent, what comes back is the protocol, and the gateway goes on. */
class HostileBytesTest {
  private static final String SESSION =
      Wire.command("SET", "k", "value")
          + Wire.command("MGET", "k", "none")
          + Wire.command("COMMAND", "INFO", "get")
          + "INCR n\r\n"
          + Wire.command("SCAN", "0")
          + Wire.command("LPUSH", "k", "\u00ff\0");

  private final FakeKv kv = new FakeKv(5);
  private RedisGateway gateway;

  @BeforeEach
  void start() {
    gateway = RedisGateway.start(GatewayConfig.of("127.0.0.1", 0), kv);
  }

  @AfterEach
  void stop() throws Exception {
    try (Wire wire = new Wire(gateway.port())) {
      assertThat(wire.ask("PING")).as("afterwards").isEqualTo("+PONG");
    }
    gateway.close();
    kv.close();
  }

  @Test
  void everyPrefix() throws IOException {
    for (int cut = 0; cut <= SESSION.length(); cut++) {
      assertIsProtocol(exchange(SESSION.substring(0, cut)));
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {21, 22, 23})
  void anyBytes(long seed) throws IOException {
    Random random = new Random(seed);
    for (int i = 0; i < 100; i++) {
      assertIsProtocol(exchange(RequestDecoderTest.anyBytes(random)));
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {31, 32, 33})
  void damagedCommands(long seed) throws IOException {
    Random random = new Random(seed);
    for (int i = 0; i < 100; i++) {
      StringBuilder damaged = new StringBuilder(SESSION);
      for (int j = random.nextInt(3); j >= 0; j--) {
        damaged.setCharAt(random.nextInt(damaged.length()), (char) random.nextInt(256));
      }
      assertIsProtocol(exchange(damaged.toString()));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "*1000000000, invalid multibulk length",
    "*1~$2147483647, invalid bulk length",
    "*1~x, 'expected ''$'', got ''x'''",
    "POST / HTTP/1.1, 'this is HTTP, not the Redis protocol'",
    "Host: localhost, 'this is HTTP, not the Redis protocol'",
  })
  void isToldAndClosed(String raw, String complaint) throws IOException {
    try (Wire wire = new Wire(gateway.port())) {
      wire.send(Wire.command("SET", "k", "v") + raw.replace("~", "\r\n") + "\r\n");
      wire.send(Wire.command("SET", "k", "after"));
      assertThat(wire.reply()).isEqualTo("+OK");
      assertThat(wire.reply()).isEqualTo("-ERR Protocol error: " + complaint);
      assertThat(wire.rest()).isEmpty();
    }
    try (Wire wire = new Wire(gateway.port())) {
      assertThat(wire.ask("GET k")).isEqualTo("\"v\"");
    }
  }

  private String exchange(String bytes) throws IOException {
    try (Wire wire = new Wire(gateway.port())) {
      wire.send(bytes);
      wire.socket().shutdownOutput();
      return wire.rest();
    }
  }

  /** As Netty's codec sees it. */
  private static void assertIsProtocol(String replies) {
    EmbeddedChannel codec =
        new EmbeddedChannel(
            new RedisDecoder(),
            new RedisBulkStringAggregator(),
            new RedisArrayAggregator(64, 1 << 20));
    codec.writeInbound(Unpooled.copiedBuffer(replies, StandardCharsets.ISO_8859_1));
    String whole = replies + "+END\r\n";
    codec.writeInbound(Unpooled.copiedBuffer("+END\r\n", StandardCharsets.US_ASCII));
    Object last = null;
    for (Object each = codec.readInbound(); each != null; each = codec.readInbound()) {
      last = each;
      ReferenceCountUtil.release(each);
    }
    assertThat(String.valueOf(last)).as(whole).contains("END");
    codec.finishAndReleaseAll();
  }
}
