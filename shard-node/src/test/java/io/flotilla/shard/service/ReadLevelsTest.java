package io.flotilla.shard.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import io.flotilla.proto.kv.Operation;
import io.flotilla.proto.kv.Put;
import io.flotilla.proto.kv.ReadLevel;
import io.flotilla.proto.kv.ReadReply;
import io.flotilla.proto.kv.ReadRequest;
import io.flotilla.proto.kv.ScanReply;
import io.flotilla.proto.kv.ScanRequest;
import io.flotilla.proto.map.Epoch;
import io.flotilla.rpc.ErrorCode;
import io.flotilla.rpc.RpcException;
import io.flotilla.rpc.RpcMethods;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a replica that does not lead answers at each read level, in health and behind. */
class ReadLevelsTest {
  private static final ByteString KEY = FakePlacement.key("k");
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  @TempDir Path directory;
  private CutOffNodes nodes;
  private long follower;

  @BeforeEach
  void open() throws IOException {
    nodes = new CutOffNodes(directory);
    long written = put("first");
    follower = nodes.follower();
    await()
        .atMost(PATIENCE)
        .ignoreExceptionsInstanceOf(CompletionException.class)
        .until(() -> value(ask(session(written))).equals("first"));
  }

  @AfterEach
  void close() throws IOException {
    nodes.close();
  }

  /** Returns the session token that comes with it. */
  private long put(String value) {
    Operation put =
        Operation.newBuilder()
            .setPut(Put.newBuilder().setKey(KEY).setValue(ByteString.copyFromUtf8(value)))
            .build();
    return nodes.client.send(nodes.client.request(KEY, put).build()).getApplied();
  }

  private ReadRequest.Builder read(ReadLevel level) {
    return ReadRequest.newBuilder()
        .setShard(nodes.shard.getId())
        .setEpoch(nodes.shard.getEpoch())
        .setLevel(level)
        .addKeys(KEY);
  }

  private ReadRequest.Builder session(long minApplied) {
    return read(ReadLevel.SESSION).setMinApplied(minApplied);
  }

  private ReadRequest.Builder stale(long millis) {
    return read(ReadLevel.STALE).setMaxStalenessMillis(millis);
  }

  private ScanRequest.Builder scan(ReadLevel level) {
    return ScanRequest.newBuilder()
        .setShard(nodes.shard.getId())
        .setEpoch(nodes.shard.getEpoch())
        .setStart(nodes.shard.getStart())
        .setLevel(level);
  }

  private ReadReply ask(ReadRequest.Builder request) {
    return nodes
        .client
        .rpc
        .call(nodes.address(follower), RpcMethods.KV_READ, request.build(), TestClient.CALL)
        .join();
  }

  private ScanReply ask(ScanRequest.Builder request) {
    return nodes
        .client
        .rpc
        .call(nodes.address(follower), RpcMethods.KV_SCAN, request.build(), TestClient.CALL)
        .join();
  }

  private RpcException refusal(ReadRequest.Builder request) {
    CompletionException refused =
        catchThrowableOfType(CompletionException.class, () -> ask(request));
    assertThat(refused).as("was answered").isNotNull();
    return (RpcException) refused.getCause();
  }

  private static String value(ReadReply reply) {
    return reply.getValues(0).getValue().toStringUtf8();
  }

  private static String value(ScanReply reply) {
    return reply.getPairs(0).getValue().toStringUtf8();
  }

  @Test
  void aFollowerAnswersLinearizably() {
    for (int i = 0; i < 50; i++) {
      long written = put("v" + i);
      ReadReply reply = ask(read(ReadLevel.FOLLOWER));
      assertThat(value(reply)).isEqualTo("v" + i);
      assertThat(reply.getApplied()).isGreaterThanOrEqualTo(written);
      assertThat(reply.hasAgeMillis()).isFalse();
      put("w" + i);
      assertThat(value(ask(scan(ReadLevel.FOLLOWER)))).isEqualTo("w" + i);
    }
  }

  @Test
  void aFollowerWithoutItsLeaderAnswersNothingLinearizably() {
    nodes.cutOff(follower);
    put("second");
    // First nobody answers it, then it knows that nobody leads it.
    await()
        .atMost(PATIENCE)
        .until(() -> refusal(read(ReadLevel.FOLLOWER)).code() == ErrorCode.NOT_LEADER);
    assertThat(refusal(session(0)).code()).isEqualTo(ErrorCode.NOT_LEADER);
  }

  @Test
  void aSessionReadsWhatItWroteOrIsSentElsewhere() {
    nodes.cutOff(follower);
    long written = put("second");
    RpcException behind = refusal(session(written));
    assertThat(behind.code()).isEqualTo(ErrorCode.REPLICA_BEHIND);
    assertThat(behind).hasMessageContaining("the session has seen " + written);
    // What it had seen before it may see here again, and no older.
    ReadReply before = ask(session(written - 1));
    assertThat(value(before)).isEqualTo("first");
    assertThat(before.getApplied()).isEqualTo(written - 1);
    nodes.heal(follower);
    await().atMost(PATIENCE).until(() -> readOrBehind(written).equals("second"));
    ScanReply scanned = ask(scan(ReadLevel.SESSION).setMinApplied(written));
    assertThat(value(scanned)).isEqualTo("second");
    assertThat(scanned.getApplied()).isGreaterThanOrEqualTo(written);
  }

  /** Never anything that is older than the token. */
  private String readOrBehind(long token) {
    try {
      ReadReply reply = ask(session(token));
      assertThat(value(reply)).isEqualTo("second");
      assertThat(reply.getApplied()).isGreaterThanOrEqualTo(token);
      return value(reply);
    } catch (CompletionException e) {
      assertThat(((RpcException) e.getCause()).code()).isEqualTo(ErrorCode.REPLICA_BEHIND);
      return "behind";
    }
  }

  @Test
  void aStaleReadTellsItsAgeAndKeepsItsBound() {
    ReadReply fresh = ask(stale(PATIENCE.toMillis()));
    assertThat(fresh.hasAgeMillis()).isTrue();
    assertThat(fresh.getAgeMillis()).isBetween(1L, PATIENCE.toMillis());
    nodes.cutOff(follower);
    put("second");
    long writtenNanos = System.nanoTime();
    await()
        .atMost(PATIENCE)
        .until(
            () -> {
              long missesNanos = System.nanoTime() - writtenNanos;
              ReadReply old = ask(read(ReadLevel.STALE));
              assertThat(value(old)).isEqualTo("first");
              // It misses the write, so it must not say that it is younger than that.
              assertThat(old.getAgeMillis())
                  .isGreaterThanOrEqualTo(TimeUnit.NANOSECONDS.toMillis(missesNanos));
              return old.getAgeMillis() > 100;
            });
    RpcException refused = refusal(stale(100));
    assertThat(refused.code()).isEqualTo(ErrorCode.REPLICA_BEHIND);
    assertThat(refused).hasMessageContaining(" ms old; allowed: up to 100 ms");
    assertThat(value(ask(scan(ReadLevel.STALE)))).isEqualTo("first");
    assertThat(ask(scan(ReadLevel.STALE)).getAgeMillis()).isGreaterThan(100);
    nodes.heal(follower);
    await().atMost(PATIENCE).until(() -> value(ask(read(ReadLevel.STALE))).equals("second"));
    await()
        .atMost(PATIENCE)
        .ignoreExceptionsInstanceOf(CompletionException.class)
        .until(() -> ask(stale(100)).hasAgeMillis());
  }

  @ParameterizedTest
  @EnumSource(names = {"LINEARIZABLE", "FOLLOWER", "SESSION", "STALE"})
  void anotherVersionOfTheShardIsRefusedAtEveryLevel(ReadLevel level) {
    Epoch older = nodes.shard.getEpoch().toBuilder().setVersion(0).build();
    assertThat(refusal(read(level).setEpoch(older)).code()).isEqualTo(ErrorCode.STALE_EPOCH);
  }

  @Test
  void leasesComeLater() {
    RpcException refused = refusal(read(ReadLevel.LEASE));
    assertThat(refused.code()).isEqualTo(ErrorCode.INVALID_REQUEST);
    assertThat(refused).hasMessageContaining("leases come later");
  }
}
