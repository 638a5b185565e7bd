package io.flotilla.deploy.local;

import io.flotilla.router.client.ClientConfig;
import io.flotilla.router.client.ClusterStatus;
import io.flotilla.router.client.FlotillaClient;
import io.flotilla.router.client.Health;
import io.flotilla.router.client.KvException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionException;

/** Whether a cluster serves, as its placement says. */
final class LocalHealth implements AutoCloseable {
  private static final Duration TIMEOUT = Duration.ofSeconds(5);

  private final FlotillaClient client;

  LocalHealth(LocalCluster cluster) {
    client =
        FlotillaClient.open(
            ClientConfig.of(List.of(cluster.endpoints().split(",", -1))).withCallTimeout(TIMEOUT));
  }

  /**
   * The cluster's id.
   *
   * @throws LocalException if placement does not answer
   */
  String cluster() {
    try {
      return client.admin().status().join().cluster();
    } catch (CompletionException e) {
      if (e.getCause() instanceof KvException refused) {
        throw new LocalException("placement does not answer: " + refused.getMessage());
      }
      throw e;
    }
  }

  /** One line that says what is missing; empty if every shard has a leader. */
  String problem() {
    try {
      ClusterStatus status = client.admin().status().join();
      Health health = status.health();
      return health.level() == Health.Level.UNAVAILABLE ? health.summary() : "";
    } catch (CompletionException e) {
      if (e.getCause() instanceof KvException refused) {
        return "placement does not answer: " + refused.getMessage();
      }
      throw e;
    }
  }

  @Override
  public void close() {
    client.close();
  }
}
