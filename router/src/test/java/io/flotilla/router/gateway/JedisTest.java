package io.flotilla.router.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.AbstractPipeline;
import redis.clients.jedis.RedisClient;
import redis.clients.jedis.Response;
import redis.clients.jedis.exceptions.JedisDataException;
import redis.clients.jedis.params.ScanParams;
import redis.clients.jedis.params.SetParams;
import redis.clients.jedis.resps.ScanResult;

/** Jedis, with its own handshake and its own idea of a pipeline. */
class JedisTest {
  private final FakeKv kv = new FakeKv(2);
  private RedisGateway gateway;
  private RedisClient jedis;

  @BeforeEach
  void start() {
    gateway = RedisGateway.start(GatewayConfig.of("127.0.0.1", 0), kv);
    jedis = RedisClient.create("127.0.0.1", gateway.port());
  }

  @AfterEach
  void stop() throws Exception {
    jedis.close();
    gateway.close();
    kv.close();
  }

  @Test
  void commands() {
    assertThat(jedis.ping()).isEqualTo("PONG");
    assertThat(jedis.set("k", "v")).isEqualTo("OK");
    assertThat(jedis.get("k")).isEqualTo("v");
    assertThat(jedis.set("k", "w", SetParams.setParams().nx())).isNull();
    assertThat(jedis.setGet("k", "w")).isEqualTo("v");
    assertThat(jedis.getDel("k")).isEqualTo("w");
    assertThat(jedis.set("k", "1", SetParams.setParams().nx())).isEqualTo("OK");
    assertThat(jedis.incrBy("k", 41)).isEqualTo(42);
    assertThat(jedis.decr("k")).isEqualTo(41);
    assertThat(jedis.append("k", "!")).isEqualTo(3);
    assertThat(jedis.strlen("k")).isEqualTo(3);
    assertThat(jedis.mset("a", "1", "b", "2")).isEqualTo("OK");
    assertThat(jedis.mget("a", "none", "b")).containsExactly("1", null, "2");
    assertThat(jedis.exists("a", "b", "none")).isEqualTo(2);
    assertThat(jedis.type("a")).isEqualTo("string");
    assertThat(jedis.dbSize()).isEqualTo(3);
    assertThat(jedis.del("a", "b")).isEqualTo(2);
    assertThat(jedis.unlink("k")).isEqualTo(1);
    assertThat(jedis.info("server")).contains("redis_version");
    assertThat(jedis.incr("n")).isEqualTo(1);
    assertThatThrownBy(() -> jedis.incrBy("n", Long.MAX_VALUE))
        .isInstanceOf(JedisDataException.class);
    assertThatThrownBy(() -> jedis.lpush("l", "x"))
        .isInstanceOf(JedisDataException.class)
        .hasMessageStartingWith("ERR unknown command 'LPUSH'");
  }

  @Test
  void scan() {
    List<String> keys = new ArrayList<>();
    for (int i = 0; i < 300; i++) {
      jedis.set("k" + i, "");
    }
    String cursor = ScanParams.SCAN_POINTER_START;
    do {
      ScanResult<String> page = jedis.scan(cursor, new ScanParams().count(20).match("k*"));
      keys.addAll(page.getResult());
      cursor = page.getCursor();
    } while (!cursor.equals(ScanParams.SCAN_POINTER_START));
    assertThat(keys).hasSize(300).doesNotHaveDuplicates();
  }

  @Test
  void pipelineWithAnErrorInTheMiddle() {
    List<Response<?>> responses = new ArrayList<>();
    try (AbstractPipeline pipeline = jedis.pipelined()) {
      responses.add(pipeline.set("k", "text"));
      responses.add(pipeline.incr("k"));
      responses.add(pipeline.append("k", "s"));
      responses.add(pipeline.get("k"));
      for (int i = 1; i <= 1000; i++) {
        responses.add(pipeline.incr("n" + i % 3));
      }
      pipeline.sync();
    }
    assertThat(responses.get(0).get()).isEqualTo("OK");
    assertThatThrownBy(() -> responses.get(1).get()).isInstanceOf(JedisDataException.class);
    assertThat(responses.get(2).get()).isEqualTo(5L);
    assertThat(responses.get(3).get()).isEqualTo("texts");
    for (int i = 1; i <= 1000; i++) {
      assertThat(responses.get(3 + i).get()).isEqualTo((i + 2) / 3L);
    }
  }
}
