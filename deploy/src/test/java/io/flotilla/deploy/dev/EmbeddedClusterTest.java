package io.flotilla.deploy.dev;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.flotilla.router.client.ClusterStatus;
import io.flotilla.router.client.FlotillaClient;
import java.io.IOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A cluster in this process outlives what happens to its nodes. */
class EmbeddedClusterTest {
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final int SHARDS = 2;

  @TempDir private Path home;

  @Test
  void aNodeThatIsRemovedIsClosedAndTheOthersGoOn() throws Exception {
    try (EmbeddedCluster cluster =
            EmbeddedCluster.start(new EmbeddedCluster.Plan(home, 1, 4, SHARDS, 0));
        FlotillaClient client = cluster.connect()) {
      cluster.awaitServing();
      ClusterStatus.Node last = status(client).nodes().get(3);
      FlotillaClient.await(client.admin().drainNode(last.id(), false));
      await()
          .atMost(PATIENCE)
          .ignoreExceptionsMatching(EmbeddedClusterTest::isTooEarly)
          .untilAsserted(() -> FlotillaClient.await(client.admin().removeNode(last.id())));
      await().atMost(PATIENCE).until(() -> cluster.nodes() == 3);
      await().atMost(PATIENCE).until(() -> !listens(last.address()));
      assertThat(home.resolve("node-4")).as("its data").isNotEmptyDirectory();

      cluster.addNode();
      await().atMost(PATIENCE).until(() -> status(client).nodes().size() == 4);
      cluster.awaitServing();
    }
  }

  /** As long as it holds anything, and while it still deletes what has left it. */
  private static boolean isTooEarly(Throwable refusal) {
    return String.valueOf(refusal.getMessage()).contains("cannot be removed");
  }

  private static ClusterStatus status(FlotillaClient client) {
    return FlotillaClient.await(client.admin().status());
  }

  private static boolean listens(String address) {
    int colon = address.lastIndexOf(':');
    int port = Integer.parseInt(address.substring(colon + 1));
    try (Socket socket = new Socket(address.substring(0, colon), port)) {
      return socket.isConnected();
    } catch (IOException e) {
      return false;
    }
  }

  @Test
  void whyItCouldNotStartIsToldWhateverElseFails() throws Exception {
    Files.createFile(home.resolve("node-2"));
    assertThatThrownBy(() -> EmbeddedCluster.start(new EmbeddedCluster.Plan(home, 1, 2, 1, 0)))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("node-2");
  }
}
