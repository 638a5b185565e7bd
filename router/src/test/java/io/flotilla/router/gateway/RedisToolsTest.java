package io.flotilla.router.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Redis's own tools, where they are installed. */
class RedisToolsTest {
  private static final long SECONDS_MAX = 60;

  private final FakeKv kv = new FakeKv(9);
  private RedisGateway gateway;

  @BeforeEach
  void start() {
    gateway = RedisGateway.start(GatewayConfig.of("127.0.0.1", 0), kv);
  }

  @AfterEach
  void stop() throws Exception {
    gateway.close();
    kv.close();
  }

  @Test
  void redisCli() throws Exception {
    assertThat(run("redis-cli", "SET", "k", "v")).isEqualTo("OK\n");
    assertThat(run("redis-cli", "GET", "k")).isEqualTo("v\n");
    assertThat(run("redis-cli", "INCR", "k"))
        .contains("ERR value is not an integer or out of range");
    assertThat(run("redis-cli", "--scan")).isEqualTo("k\n");
    assertThat(run("redis-cli", "INFO", "server")).contains("redis_mode:standalone");
    assertThat(run("redis-cli", "-3", "PING")).contains("PONG");
  }

  @Test
  void redisBenchmark() throws Exception {
    List<String> benchmark =
        new ArrayList<>(List.of("-t", "ping,set,get,incr,mset", "-P", "16", "-c", "50"));
    benchmark.addAll(List.of("-n", "4800", "-q"));
    String report = run("redis-benchmark", benchmark.toArray(String[]::new));
    assertThat(report).contains("SET:").contains("GET:").contains("INCR:").contains("MSET");
    assertThat(report).doesNotContain("Error").doesNotContain("WARNING");
    assertThat(run("redis-cli", "GET", "counter:__rand_int__")).isEqualTo("4800\n");
  }

  private String run(String tool, String... arguments) throws Exception {
    assumeTrue(installed(tool), tool + " is not installed");
    List<String> command = new ArrayList<>(List.of(tool, "-h", "127.0.0.1", "-p"));
    command.add(String.valueOf(gateway.port()));
    command.addAll(List.of(arguments));
    Path output = Files.createTempFile("redis-tool", ".txt");
    try {
      Process process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
              .redirectOutput(output.toFile())
              .start();
      boolean ended = process.waitFor(SECONDS_MAX, TimeUnit.SECONDS);
      if (!ended) {
        process.destroyForcibly().waitFor();
      }
      String text = Files.readString(output, StandardCharsets.UTF_8);
      assertThat(ended).as("%s ended; it said %s", command, text).isTrue();
      return text;
    } finally {
      Files.delete(output);
    }
  }

  private static boolean installed(String tool) throws IOException {
    for (String directory : System.getenv().getOrDefault("PATH", "").split(":", -1)) {
      if (Files.isExecutable(Path.of(directory, tool))) {
        return true;
      }
    }
    return false;
  }
}
