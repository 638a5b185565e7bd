package io.flotilla.router.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.router.client.Bytes;
import io.flotilla.router.client.KvException;
import io.flotilla.rpc.ErrorCode;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The first word of an error: {@code UNKNOWN} if, and only if, a write may have been executed. */
class ErrorRepliesTest {
  private static final Bytes BAD = Bytes.utf8("bad");

  private final FakeKv kv = new FakeKv(1);
  private final CompletableFuture<Void> ready = new CompletableFuture<>();
  private RedisGateway gateway;
  private Wire wire;

  @BeforeEach
  void start() throws IOException {
    gateway = RedisGateway.start(GatewayConfig.of("127.0.0.1", 0), kv, ready);
    wire = new Wire(gateway.port());
  }

  @AfterEach
  void stop() throws Exception {
    wire.close();
    gateway.close();
    kv.close();
  }

  @ParameterizedTest
  @CsvSource({
    "NOT_LEADER, CLUSTERDOWN, CLUSTERDOWN",
    "NO_SUCH_SHARD, CLUSTERDOWN, CLUSTERDOWN",
    "UNAVAILABLE, CLUSTERDOWN, CLUSTERDOWN",
    "DEADLINE_EXCEEDED, CLUSTERDOWN, CLUSTERDOWN",
    "STALE_EPOCH, TRYAGAIN, TRYAGAIN",
    "OVERLOADED, TRYAGAIN, TRYAGAIN",
    "UNKNOWN_OUTCOME, UNKNOWN, TRYAGAIN",
    "SESSION_EXPIRED, UNKNOWN, TRYAGAIN",
    "INVALID_REQUEST, ERR, ERR",
    "CONFLICT, ERR, ERR",
    "NOT_FOUND, ERR, ERR",
    "INTERNAL, ERR, ERR",
    "REPLICA_BEHIND, TRYAGAIN, TRYAGAIN",
  })
  void firstWords(ErrorCode code, String ofWrite, String ofRead) throws IOException {
    ready.complete(null);
    kv.failing.put(BAD, new KvException(code, "because"));
    for (String write :
        new String[] {
          "SET bad v",
          "DEL bad",
          "INCR bad",
          "APPEND bad x",
          "GETDEL bad",
          "MSET bad 1",
          "SET bad v NX"
        }) {
      assertThat(wire.ask(write)).as(write).startsWith("-" + ofWrite + " ").contains("because");
    }
    for (String read : new String[] {"GET bad", "MGET good bad", "EXISTS bad", "STRLEN bad"}) {
      assertThat(wire.ask(read)).as(read).startsWith("-" + ofRead + " ").contains("because");
    }
  }

  @Test
  void aRowOfWritesSharesItsFailure() throws IOException {
    ready.complete(null);
    kv.failing.put(BAD, new KvException(ErrorCode.UNKNOWN_OUTCOME, "because"));
    wire.send(Wire.command("INCR", "bad").repeat(10));
    for (int i = 0; i < 10; i++) {
      assertThat(wire.reply()).startsWith("-UNKNOWN ");
    }
  }

  @Test
  void aPartOfManyKeys() throws IOException {
    ready.complete(null);
    kv.failing.put(BAD, new KvException(ErrorCode.UNAVAILABLE, "because"));
    assertThat(wire.ask("MSET good 1 bad 2"))
        .startsWith("-UNKNOWN outcome: the command was executed for 1 of its 2 keys for certain;")
        .contains("because");
    assertThat(wire.ask("DEL bad good")).startsWith("-UNKNOWN ");
    Bytes other = Bytes.utf8("bad2");
    kv.failing.put(other, new KvException(ErrorCode.OVERLOADED, "because"));
    assertThat(wire.ask("MSET bad2 1 bad 2")).matches("-(CLUSTERDOWN|TRYAGAIN) .*");
    kv.failing.put(other, new KvException(ErrorCode.UNKNOWN_OUTCOME, "because"));
    assertThat(wire.ask("MSET bad 1 bad2 2")).startsWith("-UNKNOWN ");
    assertThat(wire.ask("DEL bad bad2")).startsWith("-UNKNOWN ");
  }

  @Test
  void loadingUntilTheShardsAreKnown() throws IOException {
    assertThat(wire.ask("GET k")).startsWith("-LOADING ");
    assertThat(wire.ask("PING")).startsWith("-LOADING ");
    assertThat(wire.ask("INFO persistence")).contains("loading:1");
    assertThat(gateway.ready()).isNotDone();
    ready.complete(null);
    assertThat(wire.ask("GET k")).isEqualTo("nil");
    assertThat(wire.ask("PING")).isEqualTo("+PONG");
    assertThat(gateway.ready()).isCompleted();
  }

  @Test
  void aValueThatIsTooLarge() throws IOException {
    ready.complete(null);
    String large = "x".repeat(FakeKv.VALUE_BYTES_MAX + 1);
    assertThat(wire.ask("SET k " + large)).startsWith("-ERR string exceeds maximum allowed size");
    assertThat(wire.ask("PING")).isEqualTo("+PONG");
  }
}
