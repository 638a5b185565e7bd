package io.flotilla.router.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import io.flotilla.proto.kv.Result;
import io.flotilla.proto.kv.WriteRequest;
import io.flotilla.rpc.ErrorCode;
import io.flotilla.session.Session;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a client does with writes of which a shard could keep no record. */
class HeldBackTest {
  private static final int AT_ONCE = 4096;
  private static final Bytes STUCK = Bytes.utf8("n");
  private static final Bytes LEFT_OF_IT = Bytes.utf8("g");
  private static final Bytes VALUE = Bytes.utf8("v");

  private final FakeCluster cluster = new FakeCluster(1, 3, "f", "m", "t");
  private final FlotillaClient client =
      FlotillaClient.connect(cluster.config().withCallTimeout(Duration.ofMinutes(2)));
  private final KvClient kv = client.keyspace("default");

  @AfterEach
  void close() {
    client.close();
    cluster.close();
  }

  /** One is under way at a shard that has no leader; as many as may be have ended at another. */
  private CompletableFuture<Void> beHeldUp() throws Exception {
    long leader = cluster.leaderOf("n").id;
    kv.sync().put(STUCK, VALUE);
    cluster.node(leader).willMeet(FakeNode.silence());
    CompletableFuture<Void> stuck = kv.put(STUCK, VALUE);
    await().until(() -> cluster.node(leader).requests() == 2);
    cluster.moveLeader("n", 0);
    for (int i = 0; i < Session.WINDOW_PER_SHARD / AT_ONCE; i++) {
      write(AT_ONCE).forEach(FlotillaClient::await);
    }
    return stuck;
  }

  private List<CompletableFuture<Void>> write(int writes) {
    List<CompletableFuture<Void>> some = new ArrayList<>();
    for (int i = 0; i < writes; i++) {
      some.add(kv.put(LEFT_OF_IT, VALUE));
    }
    return some;
  }

  @Test
  void noMoreIsBegunAtAShardThanItKeepsUntilTheOldestHasEnded() throws Exception {
    CompletableFuture<Void> stuck = beHeldUp();
    int before = cluster.state().executions();
    KvException late =
        catchThrowableOfType(
            KvException.class,
            () ->
                FlotillaClient.await(
                    kv.withTimeout(Duration.ofMillis(200)).put(LEFT_OF_IT, VALUE)));
    assertThat(late.code()).isEqualTo(ErrorCode.OVERLOADED);
    assertThat(late).hasMessageContaining("another write of this client is under way");
    List<CompletableFuture<Void>> held = write(AT_ONCE);
    kv.sync().put(Bytes.utf8("u"), VALUE); // another shard has room
    assertThat(cluster.state().executions()).isEqualTo(before + 1);
    cluster.moveLeader("n", 1);
    stuck.get();
    held.forEach(FlotillaClient::await);
    assertThat(cluster.state().executions()).isEqualTo(before + 2 + AT_ONCE);
  }

  /** Else it would wait behind those that wait for it. */
  @Test
  void theOldestGoesFirstWhereOthersAreHeldBackForIt() throws Exception {
    CompletableFuture<Void> stuck = beHeldUp();
    List<CompletableFuture<Void>> held = write(AT_ONCE);
    cluster.merge("n");
    cluster.publish();
    stuck.get();
    held.forEach(FlotillaClient::await);
  }

  @Test
  void whatAShardHasNoRoomForIsSentAgainUnderTheSameNumber() throws Exception {
    cluster.state().tellStatus(Result.Status.OVERLOADED.getNumber());
    CompletableFuture<Void> refused = kv.put(STUCK, VALUE);
    await().until(() -> cluster.state().requests().size() > 1);
    assertThat(refused).isNotDone();
    cluster.state().tellStatus(-1);
    refused.get();
    assertThat(cluster.state().requests())
        .flatExtracting(WriteRequest::getWritesList)
        .extracting(write -> write.getSeq())
        .containsOnly(1L);
    assertThat(cluster.state().executions()).isEqualTo(1);
  }
}
