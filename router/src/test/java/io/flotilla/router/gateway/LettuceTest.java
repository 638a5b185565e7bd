package io.flotilla.router.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lettuce.core.KeyScanCursor;
import io.lettuce.core.LettuceFutures;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.RedisURI;
import io.lettuce.core.ScanArgs;
import io.lettuce.core.SetArgs;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.async.RedisAsyncCommands;
import io.lettuce.core.api.sync.RedisCommands;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Lettuce, which pipelines whatever it is given. */
class LettuceTest {
  private final FakeKv kv = new FakeKv(3);
  private RedisGateway gateway;
  private RedisClient client;
  private StatefulRedisConnection<String, String> connection;

  @BeforeEach
  void start() {
    gateway = RedisGateway.start(GatewayConfig.of("127.0.0.1", 0), kv);
    client =
        RedisClient.create(
            RedisURI.builder()
                .withHost("127.0.0.1")
                .withPort(gateway.port())
                .withClientName("tester")
                .withTimeout(Duration.ofSeconds(20))
                .build());
    connection = client.connect();
  }

  @AfterEach
  void stop() throws Exception {
    connection.close();
    client.shutdown(0, 1, TimeUnit.SECONDS);
    gateway.close();
    kv.close();
  }

  @Test
  void commands() {
    RedisCommands<String, String> redis = connection.sync();
    assertThat(redis.ping()).isEqualTo("PONG");
    assertThat(redis.clientGetname()).isEqualTo("tester");
    assertThat(redis.set("k", "v", SetArgs.Builder.nx())).isEqualTo("OK");
    assertThat(redis.set("k", "v", SetArgs.Builder.nx())).isNull();
    assertThat(redis.setGet("k", "w")).isEqualTo("v");
    assertThat(redis.setGet("k", "x")).isEqualTo("w");
    assertThat(redis.getdel("k")).isEqualTo("x");
    assertThat(redis.mset(Map.of("a", "1", "b", "2"))).isEqualTo("OK");
    assertThat(redis.mget("a", "b").get(1).getValue()).isEqualTo("2");
    assertThat(redis.incrby("a", 5)).isEqualTo(6);
    assertThat(redis.decrby("a", 7)).isEqualTo(-1);
    assertThat(redis.append("b", "34")).isEqualTo(3);
    assertThat(redis.strlen("b")).isEqualTo(3);
    assertThat(redis.exists("a", "b", "c")).isEqualTo(2);
    assertThat(redis.dbsize()).isEqualTo(2);
    assertThat(redis.type("a")).isEqualTo("string");
    assertThat(redis.command()).isNotEmpty();
    assertThat(redis.commandInfo("get")).hasSize(1);
    assertThat(redis.configGet("save")).containsEntry("save", "");
    assertThat(redis.info()).contains("role:master");
    KeyScanCursor<String> scanned = redis.scan(ScanArgs.Builder.limit(100).match("?"));
    assertThat(scanned.getKeys()).containsExactlyInAnyOrder("a", "b");
    assertThat(scanned.isFinished()).isTrue();
    assertThat(redis.del("a", "b")).isEqualTo(2);
    assertThatThrownBy(() -> redis.hset("h", "f", "v"))
        .isInstanceOf(RedisCommandExecutionException.class)
        .hasMessageStartingWith("ERR unknown command 'HSET'");
  }

  @Test
  void manyAtOnce() {
    RedisAsyncCommands<String, String> redis = connection.async();
    List<RedisFuture<?>> answers = new ArrayList<>();
    Map<Integer, RedisFuture<String>> values = new HashMap<>();
    for (int i = 0; i < 5000; i++) {
      answers.add(redis.set("k" + i % 100, "v" + i));
      values.put(i, redis.get("k" + i % 100));
    }
    answers.addAll(values.values());
    assertThat(
            LettuceFutures.awaitAll(Duration.ofSeconds(30), answers.toArray(new RedisFuture<?>[0])))
        .isTrue();
    values.forEach((i, value) -> assertThat(value.toCompletableFuture().join()).isEqualTo("v" + i));
  }
}
