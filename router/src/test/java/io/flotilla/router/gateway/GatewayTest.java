package io.flotilla.router.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.router.client.Bytes;
import java.io.IOException;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Each command over a socket, reply by reply. */
class GatewayTest {
  private final FakeKv kv = new FakeKv(1);
  private RedisGateway gateway;
  private Wire wire;

  @BeforeEach
  void start() throws IOException {
    gateway = RedisGateway.start(GatewayConfig.of("127.0.0.1", 0), kv);
    wire = new Wire(gateway.port());
  }

  @AfterEach
  void stop() throws Exception {
    wire.close();
    gateway.close();
    kv.close();
  }

  @Test
  void connectionCommands() throws IOException {
    says("PING", "+PONG");
    says("ping hello", "\"hello\"");
    says("PING a b", "-ERR wrong number of arguments for 'ping' command");
    says("ECHO hello", "\"hello\"");
    says("ECHO", "-ERR wrong number of arguments for 'echo' command");
    says("SELECT 0", "+OK");
    says("SELECT 1", "-ERR DB index is out of range");
    says("SELECT x", "-ERR value is not an integer or out of range");
    says(
        "AUTH secret",
        "-ERR AUTH <password> called without any password configured for the"
            + " default user. Are you sure your configuration is correct?");
    says("AUTH default secret", "+OK");
    says("AUTH someone secret", "-WRONGPASS invalid username-password pair or user is disabled.");
    says("RESET", "+RESET");
    says("QUIT", "+OK");
    assertThat(wire.rest()).isEmpty();
  }

  @Test
  void hello() throws IOException {
    String greeting =
        "[\"server\" \"redis\" \"version\" \"7.2.0\" \"proto\" :2 \"id\" :1 \"mode\""
            + " \"standalone\" \"role\" \"master\" \"modules\" []]";
    says("HELLO", greeting);
    says("HELLO 2", greeting);
    says("HELLO 3", "-NOPROTO unsupported protocol version");
    says("HELLO 1", "-NOPROTO unsupported protocol version");
    says("HELLO x", "-ERR Protocol version is not an integer or out of range");
    says("HELLO 2 AUTH default any SETNAME me", greeting);
    says("CLIENT GETNAME", "\"me\"");
    says(
        "HELLO 2 AUTH other any", "-WRONGPASS invalid username-password pair or user is disabled.");
    says("HELLO 2 WHAT", "-ERR Syntax error in HELLO option 'WHAT'");
  }

  @Test
  void client() throws IOException {
    says("CLIENT ID", ":1");
    says("CLIENT GETNAME", "nil");
    says("CLIENT SETNAME me", "+OK");
    says("CLIENT GETNAME", "\"me\"");
    says("CLIENT SETINFO LIB-NAME lib", "+OK");
    says("CLIENT SETINFO lib-ver 1.2", "+OK");
    says("CLIENT SETINFO what 1.2", "-ERR Unrecognized option 'what'");
    says("CLIENT NO-EVICT ON", "+OK");
    says("CLIENT NO-TOUCH off", "+OK");
    says("CLIENT NO-TOUCH maybe", "-ERR syntax error");
    says(
        "CLIENT MAINT_NOTIFICATIONS ON",
        "-ERR unknown subcommand 'MAINT_NOTIFICATIONS'. Try CLIENT HELP.");
    says("CLIENT SETNAME", "-ERR wrong number of arguments for 'client|setname' command");
    says("CLIENT", "-ERR wrong number of arguments for 'client' command");
    assertThat(wire.ask("CLIENT INFO"))
        .contains("id=1 addr=127.0.0.1:")
        .contains("name=me")
        .contains("cmd=client|info")
        .contains("lib-name=lib lib-ver=1.2 resp=2");
    try (Wire other = new Wire(gateway.port())) {
      assertThat(other.ask("CLIENT LIST")).contains("id=1 ").contains("id=2 ");
      assertThat(other.ask("CLIENT LIST ID 2")).doesNotContain("id=1 ").contains("id=2 ");
    }
    assertThat(wire.ask("CLIENT HELP")).contains("SETNAME");
  }

  @Test
  void set() throws IOException {
    says("GET k", "nil");
    says("SET k v", "+OK");
    says("GET k", "\"v\"");
    says("SET k w NX", "nil");
    says("SET k w XX", "+OK");
    says("SET k x GET", "\"w\"");
    says("SET k y NX GET", "\"x\"");
    says("SET new y NX GET", "nil");
    says("GET new", "\"y\"");
    says("SET none y XX", "nil");
    says("SET none y XX GET", "nil");
    says("EXISTS none", ":0");
    says("SET k v NX XX", "-ERR syntax error");
    says("SET k v WHAT", "-ERR syntax error");
    says("SET k v EX 10", "-ERR SET option 'ex' is not supported: keys do not expire yet");
    says("SET k", "-ERR wrong number of arguments for 'set' command");
    says("GET k", "\"x\"");
  }

  @Test
  void otherWrites() throws IOException {
    says("SETNX k v", ":1");
    says("SETNX k v", ":0");
    says("GETSET k w", "\"v\"");
    says("GETSET new w", "nil");
    says("GETDEL k", "\"w\"");
    says("GETDEL k", "nil");
    says("APPEND a 12", ":2");
    says("APPEND a 345", ":5");
    says("STRLEN a", ":5");
    says("STRLEN none", ":0");
    says("DEL a", ":1");
    says("DEL a", ":0");
    says("MSET a 1 b 2 a 3", "+OK");
    says("MGET a none b a", "[\"3\" nil \"2\" \"3\"]");
    says("MSET a 1 b", "-ERR wrong number of arguments for 'mset' command");
    says("EXISTS a b none a", ":3");
    says("TYPE a", "+string");
    says("TYPE none", "+none");
    says("DBSIZE", ":3");
    says("DEL a b none a", ":2");
    says("UNLINK new other", ":1");
    says("DBSIZE", ":0");
  }

  @Test
  void numbers() throws IOException {
    says("INCR n", ":1");
    says("INCRBY n 10", ":11");
    says("DECR n", ":10");
    says("DECRBY n 20", ":-10");
    says("GET n", "\"-10\"");
    says("INCRBY n x", "-ERR value is not an integer or out of range");
    says("INCRBY n 9223372036854775808", "-ERR value is not an integer or out of range");
    says("DECRBY n -9223372036854775808", "-ERR decrement would overflow");
    says("SET n 9223372036854775807", "+OK");
    says("INCR n", "-ERR increment or decrement would overflow");
    says("SET n text", "+OK");
    says("INCR n", "-ERR value is not an integer or out of range");
    says("DECR n", "-ERR value is not an integer or out of range");
  }

  @Test
  void unknownCommands() throws IOException {
    says("nosuch", "-ERR unknown command 'nosuch', with args beginning with: ");
    says("NOSUCH a b", "-ERR unknown command 'NOSUCH', with args beginning with: 'a' 'b' ");
    String longName = "n".repeat(300);
    says(longName, "-ERR unknown command '" + "n".repeat(128) + "', with args beginning with: ");
    says(
        "x " + longName,
        "-ERR unknown command 'x', with args beginning with: '" + "n".repeat(128) + "' ");
    wire.send(Wire.command("bad\r\nname"));
    assertThat(wire.reply()).startsWith("-ERR unknown command 'bad  name'");
    says("PING", "+PONG");
  }

  @Test
  void command() throws IOException {
    assertThat(wire.ask("COMMAND COUNT")).matches(":[0-9]+");
    says(
        "COMMAND INFO get nosuch",
        "[[\"get\" :2 [+fast +readonly] :1 :1 :1 [+@fast +@read +@string] [] [] []] nil array]");
    assertThat(wire.ask("COMMAND")).contains("[\"mset\" :-3 [+denyoom +write] :1 :-1 :2");
    says(
        "COMMAND DOCS strlen",
        "[\"strlen\" [\"summary\" \"Returns the length of a value.\" \"since\" \"2.2.0\""
            + " \"group\" \"string\"]]");
    assertThat(wire.ask("COMMAND DOCS")).contains("client|setname");
    says("COMMAND LIST FILTERBY PATTERN ms*", "[\"mset\"]");
    says("COMMAND GETKEYS MSET a 1 b 2", "[\"a\" \"b\"]");
    says("COMMAND GETKEYS PING", "-ERR The command has no key arguments");
    assertThat(wire.ask("COMMAND LIST")).contains("\"scan\"");
  }

  @Test
  void infoAndConfig() throws IOException {
    assertThat(wire.ask("INFO"))
        .contains("# Server\r\nredis_version:7.2.0\r\nredis_mode:standalone\r\n")
        .contains("role:master\r\n")
        .contains("tcp_port:" + gateway.port())
        .contains("connected_clients:1\r\n");
    says("INFO replication", "\"# Replication\r\nrole:master\r\nconnected_slaves:0\r\n\"");
    says("CONFIG GET save", "[\"save\" \"\"]");
    says("CONFIG GET append*", "[\"appendfsync\" \"always\" \"appendonly\" \"yes\"]");
    says("CONFIG GET nosuch", "[]");
    says("CONFIG SET save x", "-ERR a gateway is configured when it is started, not by CONFIG SET");
  }

  @ParameterizedTest
  @CsvSource({"0", "3", "1000"})
  void scanOverManyKeys(int extra) throws IOException {
    for (int i = 0; i < extra; i++) {
      kv.put(Bytes.utf8("key" + i), Bytes.EMPTY).join();
    }
    Set<String> seen = new TreeSet<>();
    String cursor = "0";
    do {
      String reply = wire.ask("SCAN " + cursor + " COUNT 7 MATCH key* TYPE string");
      cursor = reply.substring(2, reply.indexOf('"', 2));
      Matcher keys = Pattern.compile("\"(key[0-9]+)\"").matcher(reply);
      while (keys.find()) {
        seen.add(keys.group(1));
      }
    } while (!cursor.equals("0"));
    assertThat(seen).hasSize(extra);
    says("SCAN 0 TYPE list", wire.ask("SCAN 0 MATCH nothing"));
  }

  @Test
  void scanErrors() throws IOException {
    says("SCAN x", "-ERR invalid cursor");
    says("SCAN 99999999999", "-" + ScanCursors.UNKNOWN);
    says("SCAN 0 COUNT 0", "-ERR syntax error");
    says("SCAN 0 COUNT x", "-ERR value is not an integer or out of range");
    says("SCAN 0 MATCH", "-ERR syntax error");
    says("SCAN 0 WHAT x", "-ERR syntax error");
    says("SCAN 0", "[\"0\" []]");
  }

  @Test
  void inlineCommands() throws IOException {
    wire.send("SET k \"a b\"\r\n\r\n  GET   k  \nECHO '\\x41'\r\nECHO \"\\x41\"\r\n");
    assertThat(wire.reply()).isEqualTo("+OK");
    assertThat(wire.reply()).isEqualTo("\"a b\"");
    assertThat(wire.reply()).isEqualTo("\"\\x41\"");
    assertThat(wire.reply()).isEqualTo("\"A\"");
  }

  @Test
  void whatCameBeforeTheEndIsCarriedOut() throws IOException {
    wire.send(Wire.command("SET", "k", "v") + Wire.command("GET", "k"));
    wire.socket().shutdownOutput();
    assertThat(wire.rest()).isEqualTo("+OK\r\n$1\r\nv\r\n");
  }

  private void says(String command, String reply) throws IOException {
    assertThat(wire.ask(command)).as(command).isEqualTo(reply);
  }
}
