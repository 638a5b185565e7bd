package io.flotilla.router.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.router.client.Bytes;
import io.flotilla.router.gateway.Incoming.Malformed;
import io.flotilla.router.gateway.Incoming.Request;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.redis.ArrayRedisMessage;
import io.netty.handler.codec.redis.FullBulkStringRedisMessage;
import io.netty.handler.codec.redis.RedisEncoder;
import io.netty.handler.codec.redis.RedisMessage;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What comes in pieces, what is wrong, and what would be too large. */
class RequestDecoderTest {
  private static final String VALID =
      "*1~$4~PING~*0~*3~$3~SET~$0~~$4~~~~~GET 'a b'~~*-1~*2~$3~GET~$1~k~PING\n"
          .replace("~", "\r\n");

  private static final List<String> COMMANDS =
      List.of("PING", "SET||\\x0d\\x0a\\x0d\\x0a", "GET|a b", "GET|k", "PING");

  @Test
  void everyPrefixAndTheRestAfterIt() {
    for (int cut = 0; cut <= VALID.length(); cut++) {
      EmbeddedChannel channel = channel();
      List<String> got = feed(channel, VALID.substring(0, cut));
      assertThat(COMMANDS.subList(0, got.size())).as("first %d bytes", cut).isEqualTo(got);
      got.addAll(feed(channel, VALID.substring(cut)));
      assertThat(got).as("cut after %d bytes", cut).isEqualTo(COMMANDS);
      channel.finishAndReleaseAll();
    }
  }

  @Test
  void byteByByte() {
    EmbeddedChannel channel = channel();
    List<String> got = new ArrayList<>();
    for (int i = 0; i < VALID.length(); i++) {
      got.addAll(feed(channel, VALID.substring(i, i + 1)));
    }
    assertThat(got).isEqualTo(COMMANDS);
    channel.finishAndReleaseAll();
  }

  @ParameterizedTest
  @CsvSource({
    "*1000000000, invalid multibulk length",
    "*100001, invalid multibulk length",
    "*99999999999999999999, invalid multibulk length",
    "*x, invalid multibulk length",
    "*, invalid multibulk length",
    "*01, invalid multibulk length",
    "*+1, invalid multibulk length",
    "*1~$2147483647, invalid bulk length",
    "*1~$4194305, invalid bulk length",
    "*1~$-1, invalid bulk length",
    "*1~$-2147483648, invalid bulk length",
    "*1~$99999999999999999999, invalid bulk length",
    "*1~$, invalid bulk length",
    "*1~*1~$4~PING, 'expected ''$'', got ''*'''",
    "*1~:4, 'expected ''$'', got '':'''",
    "*2~$3~GET~x, 'expected ''$'', got ''x'''",
    "*1~~, 'expected ''$'', got ''\\x0d'''",
    "*1~$4~PINGxx, expected CRLF after a bulk string",
    "SET \"a, unbalanced quotes in request",
    "SET 'a'b, unbalanced quotes in request",
  })
  void refused(String raw, String complaint) {
    EmbeddedChannel channel = channel();
    List<String> got = feed(channel, raw.replace("~", "\r\n") + "\r\n");
    assertThat(got).containsExactly("! ERR Protocol error: " + complaint);
    assertThat(feed(channel, VALID)).as("what follows").isEmpty();
    channel.finishAndReleaseAll();
  }

  @Test
  void endlessLines() {
    String endless = "1".repeat(70_000);
    assertThat(feed(channel(), "*" + endless))
        .containsExactly("! ERR Protocol error: too big mbulk count string");
    assertThat(feed(channel(), "*1\r\n$" + endless))
        .containsExactly("! ERR Protocol error: too big bulk count string");
    assertThat(feed(channel(), endless))
        .containsExactly("! ERR Protocol error: too big inline request");
  }

  @Test
  void argumentsThatAreTooLongTogether() {
    EmbeddedChannel channel = channel();
    String four = "$4000000\r\n" + "x".repeat(4_000_000) + "\r\n";
    assertThat(feed(channel, "*4\r\n" + four + four)).isEmpty();
    assertThat(feed(channel, "$4000000\r\n"))
        .containsExactly(
            "! ERR Protocol error: too big command, at most 8388608 bytes are allowed");
    channel.finishAndReleaseAll();
  }

  /**
   * Each is within the limits; a connection that never sends more must not cost what it announces.
   */
  @ParameterizedTest
  @ValueSource(strings = {"*100000~", "*2~$4194304~", "*1~$4194304~x"})
  void headersAreWorthNoMemoryBeforeTheBytesAreThere(String raw) {
    List<EmbeddedChannel> channels = List.of(channel(), channel(), channel());
    long leastBytes = Long.MAX_VALUE;
    for (EmbeddedChannel channel : channels) { // the first ones load classes
      long before = allocatedBytes();
      assertThat(feed(channel, raw.replace("~", "\r\n"))).isEmpty();
      leastBytes = Math.min(leastBytes, allocatedBytes() - before);
      channel.finishAndReleaseAll();
    }
    assertThat(leastBytes).isLessThan(64 << 10);
  }

  private static long allocatedBytes() {
    return ((com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean())
        .getThreadAllocatedBytes(Thread.currentThread().getId());
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void whatAnotherEncoderWrites(long seed) {
    Random random = new Random(seed);
    EmbeddedChannel encoder = new EmbeddedChannel(new RedisEncoder());
    EmbeddedChannel decoder = channel();
    for (int i = 0; i < 200; i++) {
      List<Bytes> arguments = new ArrayList<>();
      List<RedisMessage> bulks = new ArrayList<>();
      for (int j = random.nextInt(8); j >= 0; j--) {
        byte[] bytes = new byte[random.nextInt(100)];
        random.nextBytes(bytes);
        arguments.add(Bytes.of(bytes));
        bulks.add(new FullBulkStringRedisMessage(Unpooled.wrappedBuffer(bytes)));
      }
      encoder.writeOutbound(new ArrayRedisMessage(bulks));
      for (ByteBuf part = encoder.readOutbound(); part != null; part = encoder.readOutbound()) {
        decoder.writeInbound(part);
      }
      Request request = decoder.readInbound();
      assertThat(request.arguments()).isEqualTo(arguments);
    }
    encoder.finishAndReleaseAll();
    decoder.finishAndReleaseAll();
  }

  @ParameterizedTest
  @ValueSource(longs = {11, 12, 13, 14, 15})
  void anyBytes(long seed) {
    Random random = new Random(seed);
    for (int i = 0; i < 500; i++) {
      EmbeddedChannel channel = channel();
      List<String> got = new ArrayList<>();
      for (int piece = 0; piece < 5; piece++) {
        got.addAll(feed(channel, anyBytes(random)));
      }
      long wrong = got.stream().filter(each -> each.startsWith("!")).count();
      assertThat(wrong).isLessThanOrEqualTo(1);
      if (wrong == 1) {
        assertThat(got.get(got.size() - 1)).as("the last").startsWith("! ERR Protocol error: ");
      }
      channel.finishAndReleaseAll();
    }
  }

  /** Bytes of the protocol's own alphabet get further in than others. */
  static String anyBytes(Random random) {
    String alphabet = "**$$::\r\n\r\n\r\n0123459-+ab '\"\\\0\u00ff";
    StringBuilder bytes = new StringBuilder();
    for (int i = random.nextInt(60); i > 0; i--) {
      bytes.append(
          switch (random.nextInt(4)) {
            case 0 -> "\r\n";
            case 1 -> "*" + random.nextInt(4) + "\r\n";
            case 2 -> "$" + random.nextInt(3) + "\r\n";
            default -> alphabet.charAt(random.nextInt(alphabet.length()));
          });
    }
    return bytes.toString();
  }

  private static EmbeddedChannel channel() {
    return new EmbeddedChannel(new RequestDecoder(GatewayLimits.DEFAULT));
  }

  private static List<String> feed(EmbeddedChannel channel, String raw) {
    channel.writeInbound(Unpooled.copiedBuffer(raw, StandardCharsets.ISO_8859_1));
    List<String> got = new ArrayList<>();
    for (Object each = channel.readInbound(); each != null; each = channel.readInbound()) {
      if (each instanceof Malformed malformed) {
        got.add("! " + malformed.error());
      } else {
        Request request = (Request) each;
        assertThat(request.arguments()).isNotEmpty();
        got.add(String.join("|", request.arguments().stream().map(Bytes::toString).toList()));
      }
    }
    return got;
  }

  @Test
  void inlineWords() {
    assertThat(words("a  b\t c ")).containsExactly("a", "b", "c");
    assertThat(words("\"a b\" 'c d' e\"f\"")).containsExactly("a b", "c d", "ef");
    assertThat(words("\"\\n\\x41\\\"\\q\\\\\" '\\'\\n'"))
        .containsExactly("\\x0aA\"q\\\\", "'\\\\n");
    assertThat(words("\"\" ''")).containsExactly("", "");
    for (String bad : Arrays.asList("\"a", "'a", "\"a\"b", "'a'b", "\"a\\", "\"")) {
      assertThat(InlineWords.of(bad.getBytes(StandardCharsets.ISO_8859_1))).as(bad).isEmpty();
    }
  }

  private static List<String> words(String line) {
    return InlineWords.of(line.getBytes(StandardCharsets.ISO_8859_1)).orElseThrow().stream()
        .map(Bytes::toString)
        .toList();
  }

  @Test
  void numbers() {
    for (String good :
        List.of("0", "1", "-1", "10", "9223372036854775807", "-9223372036854775808")) {
      assertThat(Numbers.parse(good.getBytes(StandardCharsets.US_ASCII)))
          .hasValue(Long.parseLong(good));
    }
    for (String bad :
        List.of(
            "",
            "-",
            "-0",
            "01",
            "-01",
            "+1",
            " 1",
            "1 ",
            "1a",
            "9223372036854775808",
            "-9223372036854775809",
            "99999999999999999999",
            "123456789012345678901")) {
      assertThat(Numbers.parse(bad.getBytes(StandardCharsets.US_ASCII))).as(bad).isEmpty();
    }
  }
}
