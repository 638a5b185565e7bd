package io.flotilla.router.gateway;

import static org.awaitility.Awaitility.await;

import io.flotilla.router.client.Bytes;
import io.netty.buffer.PoolArenaMetric;
import io.netty.buffer.PooledByteBufAllocator;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** What a connection gives to a socket whose client does not read: what it gives is copied. */
class FullSocketTest {
  private static final int VALUE_BYTES = 900_000;
  private static final int COMMANDS = 30;
  private static final long COPIED_BYTES_MAX = 8 << 20;

  @Test
  void isGivenNoMoreThanFillsIt() throws Exception {
    GatewayLimits limits = GatewayLimits.DEFAULT.withAllRepliesBytesMax(256 << 20);
    try (FakeKv kv = new FakeKv(1);
        RedisGateway gateway =
            RedisGateway.start(GatewayConfig.of("127.0.0.1", 0).withLimits(limits), kv);
        Wire wire = Wire.narrow(gateway.port())) {
      StringBuilder pipeline = new StringBuilder();
      for (int i = 0; i < COMMANDS; i++) {
        kv.put(Bytes.utf8("k" + i), Bytes.of(new byte[VALUE_BYTES])).join();
        pipeline.append(Wire.command("GET", "k" + i));
      }
      kv.hold();
      wire.send(pipeline.toString());
      await().until(() -> kv.underWay() == COMMANDS);
      long before = copiedBytes();
      kv.release();
      await()
          .during(Duration.ofSeconds(1))
          .atMost(Duration.ofSeconds(5))
          .until(() -> kv.underWay() == 0 && copiedBytes() - before < COPIED_BYTES_MAX);
    }
  }

  private static long copiedBytes() {
    return PooledByteBufAllocator.DEFAULT.metric().directArenas().stream()
        .mapToLong(PoolArenaMetric::numActiveBytes)
        .sum();
  }
}
