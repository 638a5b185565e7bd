package io.flotilla.router.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.router.client.Bytes;
import io.flotilla.router.client.KvException;
import io.flotilla.rpc.ErrorCode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A pipeline of commands on few keys, over a store that carries out in any order what is under way
 * together, must answer as if one command were done after the other.
 */
class PipelineOrderTest {
  private static final int COMMANDS = 3000;
  private static final String FAILING = "failing";

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
  void asOneAfterTheOther(long seed) throws Exception {
    Random random = new Random(seed);
    Model model = new Model();
    StringBuilder pipeline = new StringBuilder();
    List<String> expected = new ArrayList<>();
    List<String> said = new ArrayList<>();
    for (int i = 0; i < COMMANDS; i++) {
      String[] command = anyCommand(random, i);
      said.add(String.join(" ", command));
      expected.add(model.answer(command));
      pipeline.append(Wire.command(command));
    }
    try (FakeKv kv = new FakeKv(seed);
        RedisGateway gateway = RedisGateway.start(GatewayConfig.of("127.0.0.1", 0), kv);
        Wire wire = new Wire(gateway.port())) {
      kv.failing.put(
          Bytes.utf8(FAILING), new KvException(ErrorCode.UNAVAILABLE, "no node answers"));
      Thread sender = new Thread(() -> send(wire, pipeline.toString()));
      sender.start();
      for (int i = 0; i < COMMANDS; i++) {
        assertThat(wire.reply()).as("%d: %s", i, said.get(i)).isEqualTo(expected.get(i));
      }
      sender.join();
      assertThat(kv.underWayMost.get()).as("most at once").isGreaterThan(1);
      assertThat(kv.operations.get()).as("operations").isLessThan(COMMANDS);
    }
  }

  private static void send(Wire wire, String pipeline) {
    try {
      wire.send(pipeline);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String[] anyCommand(Random random, int i) {
    String key = "k" + random.nextInt(5);
    String other = "k" + random.nextInt(5);
    String value = random.nextInt(3) == 0 ? "text" + i : String.valueOf(i);
    return switch (random.nextInt(18)) {
      case 0, 1 -> new String[] {"SET", key, value};
      case 2 -> new String[] {"SET", key, value, "NX"};
      case 3 -> new String[] {"SET", key, value, "GET"};
      case 4, 5 -> new String[] {"GET", key};
      case 6, 7, 8 -> new String[] {"INCRBY", key, "7"};
      case 9 -> new String[] {"APPEND", key, "1"};
      case 10 -> new String[] {"DEL", key, other};
      case 11 -> new String[] {"MSET", key, value, other, "0"};
      case 12 -> new String[] {"MGET", key, other, key};
      case 13 -> new String[] {"EXISTS", key, other};
      case 14 -> new String[] {"PING"};
      case 15 -> new String[] {"GET", FAILING};
      case 16 -> new String[] {"DBSIZE"};
      default -> new String[] {"GETDEL", key};
    };
  }

  @Test
  void neighboursOnOneKeyShareAnOperation() throws Exception {
    try (FakeKv kv = new FakeKv(1);
        RedisGateway gateway = RedisGateway.start(GatewayConfig.of("127.0.0.1", 0), kv);
        Wire wire = new Wire(gateway.port())) {
      wire.send(Wire.command("INCR", "n").repeat(16));
      for (int i = 1; i <= 16; i++) {
        assertThat(wire.reply()).isEqualTo(":" + i);
      }
      assertThat(kv.operations.get()).isLessThan(4);
    }
  }

  @Test
  void aRefusedNeighbourDoesNotHarmTheOthers() throws Exception {
    try (FakeKv kv = new FakeKv(1);
        RedisGateway gateway = RedisGateway.start(GatewayConfig.of("127.0.0.1", 0), kv);
        Wire wire = new Wire(gateway.port())) {
      wire.send(
          Wire.command("SET", "k", "1")
              + Wire.command("APPEND", "k", "x")
              + Wire.command("INCR", "k")
              + Wire.command("APPEND", "k", "y")
              + Wire.command("GET", "k"));
      assertThat(wire.reply()).isEqualTo("+OK");
      assertThat(wire.reply()).isEqualTo(":2");
      assertThat(wire.reply()).isEqualTo("-ERR value is not an integer or out of range");
      assertThat(wire.reply()).isEqualTo(":3");
      assertThat(wire.reply()).isEqualTo("\"1xy\"");
    }
  }

  /** What Redis would say. */
  private static final class Model {
    private final Map<String, String> data = new TreeMap<>();

    String answer(String... command) {
      String key = command.length > 1 ? command[1] : "";
      String before = data.get(key);
      return switch (command[0]) {
        case "SET" -> set(command, before);
        case "GET" ->
            key.equals(FAILING)
                ? "-CLUSTERDOWN the key's shard cannot be reached: no node answers"
                : bulk(before);
        case "INCRBY" -> increment(key, before);
        case "APPEND" -> {
          data.merge(key, command[2], String::concat);
          yield ":" + data.getOrDefault(key, "").length();
        }
        case "DEL" -> ":" + (remove(key) + remove(command[2]));
        case "MSET" -> {
          data.put(key, command[2]);
          data.put(command[3], command[4]);
          yield "+OK";
        }
        case "MGET" ->
            List.of(command).subList(1, command.length).stream()
                .map(k -> bulk(data.get(k)))
                .collect(Collectors.joining(" ", "[", "]"));
        case "EXISTS" -> ":" + (count(key) + count(command[2]));
        case "PING" -> "+PONG";
        case "DBSIZE" -> ":" + data.size();
        default -> bulk(data.remove(key));
      };
    }

    private String set(String[] command, String before) {
      String option = command.length > 3 ? command[3] : "";
      if (option.equals("NX") && before != null) {
        return "nil";
      }
      data.put(command[1], command[2]);
      return option.equals("GET") ? bulk(before) : "+OK";
    }

    private String increment(String key, String before) {
      if (before != null && !before.matches("0|[1-9][0-9]{0,15}")) {
        return "-ERR value is not an integer or out of range";
      }
      long number = (before == null ? 0 : Long.parseLong(before)) + 7;
      data.put(key, Long.toString(number));
      return ":" + number;
    }

    private int remove(String key) {
      return data.remove(key) == null ? 0 : 1;
    }

    private int count(String key) {
      return data.containsKey(key) ? 1 : 0;
    }

    private static String bulk(String value) {
      return value == null ? "nil" : '"' + value + '"';
    }
  }
}
