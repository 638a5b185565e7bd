package io.flotilla.router.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.codahale.metrics.MetricRegistry;
import io.flotilla.router.client.Bytes;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What one client cannot make the gateway do. */
class GatewayLimitsTest {
  private final FakeKv kv = new FakeKv(1);
  private final MetricRegistry registry = new MetricRegistry();
  private final List<Wire> wires = new ArrayList<>();
  private RedisGateway gateway;

  private Wire connect(GatewayLimits limits) throws IOException {
    if (gateway == null) {
      gateway =
          RedisGateway.start(GatewayConfig.of("127.0.0.1", 0).withLimits(limits), kv, registry);
    }
    Wire wire = new Wire(gateway.port());
    wires.add(wire);
    return wire;
  }

  @AfterEach
  void stop() throws Exception {
    for (Wire wire : wires) {
      wire.close();
    }
    gateway.close();
    kv.close();
  }

  @Test
  void commandsUnderWay() throws IOException {
    Wire wire = connect(GatewayLimits.DEFAULT.withCommandsMax(16));
    kv.hold();
    StringBuilder pipeline = new StringBuilder();
    for (int i = 0; i < 500; i++) {
      pipeline.append(Wire.command("SET", "k" + i, "v"));
    }
    wire.send(pipeline.toString());
    await().until(() -> kv.underWay() == 16);
    kv.release();
    for (int i = 0; i < 500; i++) {
      assertThat(wire.reply()).isEqualTo("+OK");
    }
    assertThat(kv.underWayMost.get()).isEqualTo(16);
  }

  @Test
  void aClientThatDoesNotRead() throws IOException {
    Wire wire =
        connect(
            GatewayLimits.DEFAULT
                .withReplyBytesMax(4 << 20)
                .withSlowReaderTimeout(Duration.ofMillis(500)));
    kv.put(Bytes.utf8("large"), Bytes.of(new byte[1 << 20])).join();
    for (int i = 0; i < 300; i++) {
      kv.put(Bytes.utf8("k" + i), Bytes.of(new byte[1 << 20])).join();
    }
    int before = kv.operations.get();
    StringBuilder pipeline = new StringBuilder();
    for (int i = 0; i < 300; i++) {
      pipeline.append(Wire.command("GET", "k" + i));
    }
    wire.send(pipeline.toString());
    await()
        .atMost(Duration.ofSeconds(20))
        .until(() -> registry.counter("router.gateway.connections.slow").getCount() == 1);
    assertThat(kv.operations.get() - before).as("begun").isLessThan(60);
    assertThat(connect(GatewayLimits.DEFAULT).ask("PING")).isEqualTo("+PONG");
  }

  /** Far more than may be held for all of them together. */
  @Test
  void manyClientsThatDoNotRead() throws IOException {
    long allBytes = 16 << 20;
    GatewayLimits limits =
        GatewayLimits.DEFAULT.withReplyBytesMax(8 << 20).withAllRepliesBytesMax(allBytes);
    assertThat(connect(limits).ask("SET small v")).isEqualTo("+OK");
    kv.put(Bytes.utf8("large"), Bytes.of(new byte[1 << 20])).join();
    String pipeline = Wire.command("GET", "large").repeat(64);
    for (int i = 0; i < 40; i++) {
      Wire hog = Wire.narrow(gateway.port());
      wires.add(hog);
      hog.send(pipeline);
    }
    await()
        .atMost(Duration.ofSeconds(20))
        .until(() -> registry.counter("router.gateway.replies.waits").getCount() > 0);
    Wire newcomer = connect(limits);
    assertThat(newcomer.ask("PING")).isEqualTo("+PONG");
    for (int i = 0; i < 20; i++) {
      assertThat(newcomer.ask("GET small")).isEqualTo("\"v\"");
      assertThat(replyBytes()).isLessThanOrEqualTo(allBytes + allBytes / 8);
    }
    assertThat(registry.counter("router.gateway.connections.slow").getCount()).isPositive();
    for (Wire wire : wires) {
      wire.close();
    }
    await().until(() -> replyBytes() == 0);
  }

  private long replyBytes() {
    return (Long) registry.getGauges().get("router.gateway.replies.bytes").getValue();
  }

  @Test
  void aClientThatReadsSlowlyButSteadily() throws Exception {
    Wire wire =
        connect(
            GatewayLimits.DEFAULT
                .withReplyBytesMax(4 << 20)
                .withSlowReaderTimeout(Duration.ofMillis(500)));
    kv.put(Bytes.utf8("large"), Bytes.of(new byte[1 << 20])).join();
    wire.send(Wire.command("GET", "large").repeat(50));
    long all = 50L * ("$1048576\r\n".length() + (1 << 20) + "\r\n".length());
    InputStream in = wire.socket().getInputStream();
    long begunNanos = System.nanoTime();
    for (long read = 0; read < all; ) {
      int part = (int) Math.min(all - read, 100_000);
      assertThat(in.readNBytes(part)).as("with %d bytes to come", all - read).hasSize(part);
      read += part;
      long dueNanos = begunNanos + read * 100; // 10 MB/s, and as much again asked for
      await().pollInterval(Duration.ofMillis(1)).until(() -> System.nanoTime() - dueNanos >= 0);
    }
    assertThat(wire.ask("PING")).isEqualTo("+PONG");
  }

  @Test
  void localCommandsThatNobodyReads() throws IOException {
    Wire wire =
        connect(
            GatewayLimits.DEFAULT
                .withReplyBytesMax(1 << 20)
                .withSlowReaderTimeout(Duration.ofMillis(500)));
    Thread sender =
        new Thread(
            () -> {
              try {
                wire.send("COMMAND\r\n".repeat(100_000));
              } catch (IOException e) {
                assertThat(e).isNotNull(); // closed under its hands, as it should be
              }
            });
    sender.start();
    await()
        .atMost(Duration.ofSeconds(20))
        .until(() -> registry.counter("router.gateway.connections.slow").getCount() == 1);
    assertThat(registry.counter("router.gateway.commands").getCount()).isLessThan(5_000);
  }

  @Test
  void aPipelineOfLargeValues() throws IOException {
    Wire wire = connect(GatewayLimits.DEFAULT.withReplyBytesMax(4 << 20));
    kv.put(Bytes.utf8("large"), Bytes.of(new byte[1 << 20])).join();
    for (int round = 0; round < 2; round++) {
      StringBuilder pipeline = new StringBuilder();
      for (int i = 0; i < 50; i++) {
        pipeline.append(Wire.command("GET", "large"));
        pipeline.append(Wire.command("GET", "none" + i));
      }
      wire.send(pipeline.toString());
      for (int i = 0; i < 50; i++) {
        assertThat(wire.reply()).hasSize((1 << 20) + 2);
        assertThat(wire.reply()).isEqualTo("nil");
      }
    }
  }

  @Test
  void aReplyThatWouldBeTooLarge() throws IOException {
    Wire wire = connect(GatewayLimits.DEFAULT.withReplyBytesMax(64 << 10));
    for (int i = 0; i < 10; i++) {
      assertThat(wire.ask("SET k" + i + " " + "v".repeat(10_000))).isEqualTo("+OK");
    }
    assertThat(wire.ask("MGET k0 k1 k2 k3 k4 k5 k6 k7 k8 k9"))
        .isEqualTo("-ERR the reply would be longer than 65536 bytes; ask for fewer keys at once");
    assertThat(wire.ask("EXISTS k0 k1 k2 k3 k4 k5 k6 k7 k8 k9")).isEqualTo(":10");
    assertThat(wire.ask("MGET k0 k1 k2")).hasSizeGreaterThan(30_000);
  }

  @Test
  void aKeyOrValueThatIsTooLongKeepsTheOthersFromBeingTouched() throws IOException {
    Wire wire = connect(GatewayLimits.DEFAULT);
    String longKey = "k".repeat(5000);
    String longValue = "v".repeat((1 << 20) + 1);
    String keyError = "-ERR a key of 5000 bytes; allowed are 1 to 4096";
    assertThat(wire.ask("MSET a 1 b " + longValue))
        .isEqualTo("-ERR a value of 1048577 bytes; allowed are 0 to 1048576");
    assertThat(wire.ask("MSET a 1 " + longKey + " 2")).isEqualTo(keyError);
    assertThat(wire.ask("EXISTS a b")).isEqualTo(":0");
    assertThat(wire.ask("MSET a 1 b 2")).isEqualTo("+OK");
    assertThat(wire.ask("DEL a " + longKey)).isEqualTo(keyError);
    assertThat(wire.ask("UNLINK " + longKey + " b")).isEqualTo(keyError);
    wire.send(Wire.command("DEL", "a", ""));
    assertThat(wire.reply()).isEqualTo("-ERR a key of 0 bytes; allowed are 1 to 4096");
    assertThat(wire.ask("MGET a " + longKey)).isEqualTo(keyError);
    assertThat(wire.ask("EXISTS a " + longKey)).isEqualTo(keyError);
    assertThat(wire.ask("EXISTS a b")).isEqualTo(":2");
  }

  @Test
  void manyKeysAtOnce() throws IOException {
    Wire wire = connect(GatewayLimits.DEFAULT);
    List<String> mset = new ArrayList<>(List.of("MSET"));
    List<String> mget = new ArrayList<>(List.of("MGET"));
    List<String> del = new ArrayList<>(List.of("DEL"));
    for (int i = 0; i < 20_000; i++) {
      mset.addAll(List.of("k" + i, "v"));
      mget.add("k" + i);
      del.add("k" + i);
    }
    wire.send(Wire.command(mset.toArray(String[]::new)));
    assertThat(wire.reply()).isEqualTo("+OK");
    assertThat(kv.underWayMost.get()).isLessThanOrEqualTo(1024);
    wire.send(Wire.command(mget.toArray(String[]::new)));
    assertThat(wire.reply()).doesNotContain("nil").hasSizeGreaterThan(60_000);
    wire.send(Wire.command(del.toArray(String[]::new)));
    assertThat(wire.reply()).isEqualTo(":20000");
  }

  @Test
  void connections() throws IOException {
    GatewayLimits limits = GatewayLimits.DEFAULT.withConnectionsMax(2);
    Wire first = connect(limits);
    Wire second = connect(limits);
    assertThat(first.ask("PING")).isEqualTo("+PONG");
    assertThat(second.ask("PING")).isEqualTo("+PONG");
    assertThat(connect(limits).rest()).isEqualTo("-ERR max number of clients reached\r\n");
    assertThat(first.ask("QUIT")).isEqualTo("+OK");
    assertThat(first.rest()).isEmpty();
    first.close();
    await().until(() -> registry.counter("router.gateway.connections").getCount() == 1);
    assertThat(connect(limits).ask("PING")).isEqualTo("+PONG");
    assertThat(registry.counter("router.gateway.command.ping").getCount()).isEqualTo(3);
  }

  @Test
  void closingAnswersWhatIsUnderWay() throws Exception {
    Wire wire = connect(GatewayLimits.DEFAULT);
    kv.hold();
    wire.send(Wire.command("SET", "k", "v"));
    await().until(() -> kv.underWay() == 1);
    Thread closer = new Thread(gateway::close);
    closer.start();
    kv.release();
    assertThat(wire.reply()).isEqualTo("+OK");
    assertThat(wire.rest()).isEmpty();
    wire.close();
    closer.join();
  }
}
