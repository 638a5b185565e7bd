package io.flotilla.deploy.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.flotilla.deploy.process.RunningCluster.Member;
import io.flotilla.router.client.Bytes;
import io.flotilla.router.client.ClientConfig;
import io.flotilla.router.client.FlotillaClient;
import io.flotilla.router.client.KvClient;
import io.flotilla.router.client.KvException;
import io.flotilla.router.client.LimitsConfig;
import io.flotilla.router.client.NewKeyspace;
import io.flotilla.router.client.SyncKvClient;
import io.lettuce.core.RedisClient;
import io.lettuce.core.api.StatefulRedisConnection;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import redis.clients.jedis.Jedis;

/**
 * A real cluster met at its doors: by Redis' own tools and libraries, and by callers that mean no
 * good.
 */
class DoorsTest {
  private static final int JUNK_SEEDS = 20;

  private static final int KEY_BYTES_MAX = 8 << 10;
  private static final int VALUE_BYTES_MAX = 6 << 20;

  /** Larger than by default. */
  private static final Map<String, String> SIZES =
      Map.of(
          "FLOTILLA_LIMITS_KEY_BYTES_MAX", "" + KEY_BYTES_MAX,
          "FLOTILLA_LIMITS_VALUE_BYTES_MAX", "" + VALUE_BYTES_MAX);

  @TempDir private static Path directory;
  private static RunningCluster cluster;

  @BeforeAll
  static void up() throws Exception {
    cluster = RunningCluster.up(directory.resolve("cluster"), SIZES, "--shards", "4");
  }

  @AfterAll
  static void down() throws Exception {
    cluster.close();
  }

  @Test
  void jedisAndLettuceSeeOneStore() {
    try (Jedis jedis = new Jedis(host(cluster.gateway()), port(cluster.gateway()));
        RedisClient client = RedisClient.create("redis://" + cluster.gateway());
        StatefulRedisConnection<String, String> lettuce = client.connect()) {
      assertThat(jedis.set("who", "jedis")).isEqualTo("OK");
      assertThat(lettuce.sync().get("who")).isEqualTo("jedis");
      assertThat(lettuce.sync().incrby("visits", 41)).isEqualTo(41);
      assertThat(jedis.incr("visits")).isEqualTo(42);
      assertThat(jedis.mget("who", "visits", "nothing")).containsExactly("jedis", "42", null);
      assertThat(jedis.del("who", "visits")).isEqualTo(2);
    }
  }

  @Test
  void redisBenchmarkRuns() throws Exception {
    assumeThat(installed("redis-benchmark")).as("redis-benchmark is installed").isTrue();
    String said =
        run(
            "redis-benchmark",
            "-h",
            host(cluster.gateway()),
            "-p",
            "" + port(cluster.gateway()),
            "-t",
            "set,get,incr,mset",
            "-P",
            "16",
            "-c",
            "50",
            "-n",
            "5000",
            "--csv");
    assertThat(said)
        .contains("\"SET\"", "\"GET\"", "\"INCR\"", "\"MSET (10 keys)\"")
        .doesNotContain("rror");
  }

  @Test
  void redisCliSpeaksToTheGateway() throws Exception {
    assumeThat(installed("redis-cli")).as("redis-cli is installed").isTrue();
    String port = "" + port(cluster.gateway());
    assertThat(run("redis-cli", "-p", port, "set", "cli", "one")).isEqualTo("OK\n");
    assertThat(run("redis-cli", "-p", port, "get", "cli")).isEqualTo("one\n");
    assertThat(run("redis-cli", "-p", port, "hello", "3")).startsWith("NOPROTO");
    assertThat(run("redis-cli", "-p", port, "lpush", "l", "x")).contains("unknown command");
  }

  @Test
  void junkOnEveryPortHarmsNobody() throws Exception {
    try (FlotillaClient client = cluster.connect()) {
      KvClient kv = client.keyspace("default");
      kv.sync().put(Bytes.utf8("before"), Bytes.utf8("junk"));
      for (Member member : cluster.members()) {
        long pid = member.pid();
        for (int seed = 0; seed < JUNK_SEEDS; seed++) {
          byte[] junk = new byte[1 + new Random(seed).nextInt(4096)];
          new Random(seed).nextBytes(junk);
          send(member.ready(), junk);
        }
        send(member.ready(), new byte[] {0x7f, -1, -1, -1, 0, 0, 0, 0, 1});
        send(
            member.ready(),
            "GET / HTTP/1.1\r\nHost: x\r\n\r\n"
                .getBytes(java.nio.charset.StandardCharsets.US_ASCII));
        send(
            member.ready(),
            "*1\r\n$2147483647\r\n".getBytes(java.nio.charset.StandardCharsets.US_ASCII));
        assertThat(member.pid()).as(member.name()).isEqualTo(pid);
        assertThat(ProcessHandle.of(pid)).as(member.name()).get().matches(ProcessHandle::isAlive);
      }
      assertThat(kv.sync().get(Bytes.utf8("before"))).contains(Bytes.utf8("junk"));
      kv.sync().put(Bytes.utf8("after"), Bytes.utf8("junk"));
    }
  }

  @Test
  void theClustersOwnLimitsHold() {
    ClientConfig config =
        ClientConfig.of(cluster.endpoints())
            .withLimits(LimitsConfig.DEFAULT.withSizes(64 << 10, 8 << 20));
    Bytes longest = Bytes.wrap(new byte[KEY_BYTES_MAX]);
    Bytes largest = Bytes.wrap(new byte[VALUE_BYTES_MAX]);
    try (FlotillaClient client = FlotillaClient.connect(config)) {
      SyncKvClient kv = client.keyspace("default").sync();
      kv.put(longest, largest);
      assertThat(kv.get(longest)).contains(largest);
      // A node sees encoded keys, and leaves room for the longest of what stands before the user's.
      Bytes tooLong = Bytes.wrap(new byte[KEY_BYTES_MAX + 3]);
      Bytes tooLarge = Bytes.wrap(new byte[VALUE_BYTES_MAX + 1]);
      assertRefused(() -> kv.put(tooLong, Bytes.EMPTY), "" + KEY_BYTES_MAX);
      assertRefused(() -> kv.put(longest, tooLarge), "" + VALUE_BYTES_MAX);
    }
    try (Jedis jedis = new Jedis(host(cluster.gateway()), port(cluster.gateway()))) {
      byte[] key = longest.toByteArray();
      assertThat(jedis.set(key, largest.toByteArray())).isEqualTo("OK");
      assertThat(jedis.strlen(key)).isEqualTo(VALUE_BYTES_MAX);
      assertThatThrownBy(() -> jedis.set(key, new byte[VALUE_BYTES_MAX + 1]))
          .hasMessageContaining("" + VALUE_BYTES_MAX);
      assertThat(jedis.del(key)).isEqualTo(1);
    }
  }

  @Test
  void keysAndValuesBeyondTheLimitsAreRefusedByName() {
    try (FlotillaClient client = cluster.connect()) {
      KvClient kv = client.keyspace("default");
      assertRefused(() -> kv.sync().put(Bytes.wrap(new byte[4097]), Bytes.EMPTY), "4096");
      assertRefused(() -> kv.sync().put(Bytes.EMPTY, Bytes.EMPTY), "key");
      assertRefused(
          () -> kv.sync().put(Bytes.utf8("k"), Bytes.wrap(new byte[(1 << 20) + 1])), "1048576");
      kv.sync().put(Bytes.wrap(new byte[4096]), Bytes.wrap(new byte[1 << 20]));
    }
  }

  @Test
  void aKeyspacesNameIsCheckedByPlacement() {
    try (FlotillaClient client = cluster.connect()) {
      for (String name : List.of("Upper", "no/good", "1st", "", "x".repeat(65))) {
        assertRefused(
            () -> FlotillaClient.await(client.admin().createKeyspace(NewKeyspace.range(name, 1))),
            "it must match [a-z][a-z0-9_-]{0,63}");
      }
      NewKeyspace good = NewKeyspace.range("a1_-", 1);
      assertThat(FlotillaClient.await(client.admin().createKeyspace(good)).keyspace().name())
          .isEqualTo(good.name());
    }
  }

  @Test
  void aSecondStartIsRefusedAndLeavesTheFirstToItsOwner() throws Exception {
    for (String name : List.of("placement-1", "node-1", "gateway-1")) {
      Member member = cluster.member(name);
      long pid = member.pid();
      List<String> again = member.restart().subList(1, member.restart().size());
      assertThatThrownBy(() -> cluster.launch(60, again))
          .hasMessageContaining("ended with 1")
          .hasMessageContaining("is held by process " + pid);
      assertThat(member.pid()).isEqualTo(pid);
    }
    String directory = cluster.member("node-1").pidfile().getParent().toString();
    assertThat(cluster.launch(60, List.of("local", "status", "--dir", directory)))
        .doesNotContain("not running");
  }

  @Test
  void anotherClustersCallerIsTurnedAway() {
    ClientConfig foreign =
        ClientConfig.of(cluster.endpoints(), "another").withCallTimeout(Duration.ofSeconds(3));
    assertRefused(() -> FlotillaClient.connect(foreign).close(), "another");
  }

  private static void assertRefused(Runnable deed, String word) {
    try {
      deed.run();
    } catch (KvException e) {
      assertThat(e.outcomeUnknown()).isFalse();
      assertThat(e).hasMessageContaining(word);
      return;
    }
    throw new AssertionError("was not refused");
  }

  private static void send(String address, byte[] bytes) throws IOException {
    try (Socket socket = new Socket(host(address), port(address))) {
      socket.setSoTimeout(2_000);
      OutputStream out = socket.getOutputStream();
      out.write(bytes);
      out.flush();
    } catch (java.net.SocketException e) {
      assertThat(e).hasMessageMatching("(?i).*(reset|broken pipe|closed).*"); // turned away early
    }
  }

  private static boolean installed(String program) throws Exception {
    return new ProcessBuilder("sh", "-c", "command -v " + program).start().waitFor() == 0;
  }

  private static String run(String... command) throws Exception {
    Path output = Files.createTempFile("said", ".txt");
    try {
      Process process =
          new ProcessBuilder(List.of(command))
              .redirectErrorStream(true)
              .redirectOutput(output.toFile())
              .start();
      if (!process.waitFor(60, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new AssertionError(List.of(command) + " does not end");
      }
      return Files.readString(output);
    } finally {
      Files.delete(output);
    }
  }

  private static String host(String address) {
    return address.substring(0, address.lastIndexOf(':'));
  }

  private static int port(String address) {
    return Integer.parseInt(address.substring(address.lastIndexOf(':') + 1));
  }
}
