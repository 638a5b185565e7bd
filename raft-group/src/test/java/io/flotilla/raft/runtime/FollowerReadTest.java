package io.flotilla.raft.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.flotilla.raft.core.GroupId;
import io.flotilla.raft.core.GroupStatus.RoleName;
import io.flotilla.raft.port.StorageException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a replica that does not lead knows of how new its state is. */
class FollowerReadTest {
  private static final long GROUP = 1;
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  @TempDir Path dir;
  private final Loopback network = new Loopback();
  private final List<TestNode> nodes = new ArrayList<>();
  private TestNode leader;
  private TestNode follower;

  @BeforeEach
  void start() throws Exception {
    for (long id = 1; id <= 3; id++) {
      TestNode node = new TestNode(id, dir, network, TestNode.LIMITS, RaftListener.NONE);
      nodes.add(node);
      node.open(GROUP, 3, id == 1);
    }
    await().atMost(PATIENCE).until(() -> nodes.stream().anyMatch(FollowerReadTest::leads));
    leader = nodes.stream().filter(FollowerReadTest::leads).findFirst().orElseThrow();
    follower = nodes.stream().filter(node -> node != leader).findFirst().orElseThrow();
    await().atMost(PATIENCE).until(() -> follower.group(GROUP).status().leader().isPresent());
  }

  @AfterEach
  void close() throws StorageException {
    for (TestNode node : nodes) {
      node.close();
    }
  }

  private static boolean leads(TestNode node) {
    return node.group(GROUP).status().role() == RoleName.LEADER;
  }

  private static <T> T get(CompletableFuture<T> future) throws Exception {
    return future.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
  }

  @Test
  void aFollowerThatIsCutOffReachesAnIndexOnceItHearsAgain() throws Exception {
    network.cutOff(follower.id);
    get(leader.propose(GROUP, "missed"));
    long written = leader.group(GROUP).status().commitIndex();
    CompletableFuture<Long> reached = follower.group(GROUP).appliedAtLeast(written);
    assertThat(get(leader.group(GROUP).appliedAtLeast(written))).isGreaterThanOrEqualTo(written);
    assertThat(reached).isNotDone();
    assertThat(follower.journal(GROUP).commands()).isEmpty();
    network.heal(follower.id);
    assertThat(get(reached)).isGreaterThanOrEqualTo(written);
    assertThat(follower.journal(GROUP).commands()).containsExactly("missed");
  }

  @Test
  void aReplicaThatStopsLetsNobodyWait() throws Exception {
    CompletableFuture<Long> reached = follower.group(GROUP).appliedAtLeast(1_000_000);
    RaftGroup closing = follower.group(GROUP);
    get(follower.runtime.close(new GroupId(GROUP)));
    assertThatThrownBy(() -> get(reached))
        .isInstanceOf(ExecutionException.class)
        .hasCauseInstanceOf(RaftException.class);
    assertThat(closing.appliedAtLeast(1_000_000)).isCompletedExceptionally();
  }

  @Test
  void theAgeOfTheStateCountsFromTheYoungestBarrierThatWasReached() throws Exception {
    for (TestNode node : List.of(leader, follower)) {
      RaftGroup group = node.group(GROUP);
      assertThat(group.stateAge()).isEmpty();
      long before = System.nanoTime();
      CompletableFuture<Long> barrier = group.readBarrier();
      long asked = System.nanoTime();
      get(barrier);
      Duration least = Duration.ofNanos(System.nanoTime() - asked);
      Duration age = group.stateAge().orElseThrow();
      assertThat(age).isBetween(least, Duration.ofNanos(System.nanoTime() - before));
    }
  }

  @Test
  void withoutItsLeaderAFollowerOnlyGrowsOlder() throws Exception {
    RaftGroup group = follower.group(GROUP);
    get(group.readBarrier());
    network.cutOff(follower.id);
    Duration before = group.stateAge().orElseThrow();
    long since = System.nanoTime();
    get(leader.propose(GROUP, "missed"));
    assertThatThrownBy(() -> get(group.readBarrier())).hasCauseInstanceOf(RaftException.class);
    long elapsed = System.nanoTime() - since;
    assertThat(group.stateAge().orElseThrow()).isGreaterThanOrEqualTo(before.plusNanos(elapsed));
  }
}
