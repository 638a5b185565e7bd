package io.flotilla.router.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.router.client.Bytes;
import java.io.IOException;
import java.util.HashSet;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Every key that is there throughout is returned, and every scan ends. */
class ScanTest {
  private static final Pattern KEY = Pattern.compile("\"(stays[^\"]*)\"");

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void keysComeAndGo(long seed) throws Exception {
    Random random = new Random(seed);
    try (FakeKv kv = new FakeKv(seed);
        RedisGateway gateway = RedisGateway.start(GatewayConfig.of("127.0.0.1", 0), kv);
        RedisGateway other = RedisGateway.start(GatewayConfig.of("127.0.0.1", 0), kv);
        Wire wire = new Wire(gateway.port());
        Wire toOther = new Wire(other.port())) {
      Set<String> staying = new HashSet<>();
      for (int i = 0; i < 500; i++) {
        staying.add("stays" + i);
        kv.put(Bytes.utf8("stays" + i), Bytes.EMPTY).join();
      }
      Set<String> seen = new HashSet<>();
      String cursor = "0";
      do {
        Bytes key = Bytes.utf8("goes" + random.nextInt(2000));
        kv.put(key, Bytes.EMPTY).join();
        kv.delete(Bytes.utf8("goes" + random.nextInt(2000))).join();
        Wire either = random.nextBoolean() ? wire : toOther;
        cursor = scan(either, cursor, 1 + random.nextInt(30), seen);
      } while (!cursor.equals("0"));
      assertThat(seen).isEqualTo(staying);
    }
  }

  @Test
  void manyKeysInOneSlot() throws Exception {
    try (FakeKv kv = new FakeKv(1);
        RedisGateway gateway = RedisGateway.start(GatewayConfig.of("127.0.0.1", 0), kv);
        Wire wire = new Wire(gateway.port())) {
      Set<String> staying = new HashSet<>();
      for (int i = 0; i < 5000; i++) {
        staying.add("stays{x}" + i);
        kv.put(Bytes.utf8("stays{x}" + i), Bytes.EMPTY).join();
        staying.add("stays" + i);
        kv.put(Bytes.utf8("stays" + i), Bytes.EMPTY).join();
      }
      Set<String> seen = new HashSet<>();
      String cursor = "0";
      int withinSlot = 0;
      do {
        cursor = scan(wire, cursor, 100, seen);
        assertThat(Long.parseLong(cursor)).isBetween(0L, 1L << 53);
        withinSlot += Long.parseLong(cursor) > 1L << 32 ? 1 : 0;
      } while (!cursor.equals("0"));
      assertThat(seen).isEqualTo(staying);
      assertThat(withinSlot).isBetween(3, 10);
    }
  }

  @Test
  void onlyTheLatestPositionsAreKept() {
    ScanCursors cursors = new ScanCursors();
    ScanCursors.Position position = new ScanCursors.Position(7, Optional.of(Bytes.utf8("k")));
    long first = cursors.keep(position);
    assertThat(cursors.find(first)).isEqualTo(position);
    for (int i = 0; i < 10_000; i++) {
      cursors.keep(position);
    }
    assertThatThrownBy(() -> cursors.find(first))
        .isInstanceOf(Refused.class)
        .hasMessage(ScanCursors.UNKNOWN);
    assertThat(cursors.find(16_383)).isEqualTo(new ScanCursors.Position(16_383, Optional.empty()));
  }

  private static String scan(Wire wire, String cursor, int count, Set<String> seen)
      throws IOException {
    String reply = wire.ask("SCAN " + cursor + " COUNT " + count);
    assertThat(reply).startsWith("[\"");
    Matcher keys = KEY.matcher(reply);
    while (keys.find()) {
      seen.add(keys.group(1));
    }
    return reply.substring(2, reply.indexOf('"', 2));
  }
}
