package io.flotilla.deploy.local;

import io.flotilla.router.client.ClientConfig;
import io.flotilla.router.client.ClusterStatus;
import io.flotilla.router.client.FlotillaClient;
import io.flotilla.router.client.Health;
import io.flotilla.router.client.KvException;
import java.time.Duration;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/** Whether a cluster serves, as its placement says. */
final class LocalHealth implements AutoCloseable {
  private static final Duration TIMEOUT = Duration.ofSeconds(5);

  private final FlotillaClient client;

  LocalHealth(LocalCluster cluster) {
    this(cluster, TIMEOUT);
  }

  /**
   * @param timeout for each question
   */
  LocalHealth(LocalCluster cluster, Duration timeout) {
    client =
        FlotillaClient.open(
            ClientConfig.of(List.of(cluster.endpoints().split(",", -1))).withCallTimeout(timeout));
  }

  /**
   * The cluster's id.
   *
   * @throws LocalException if placement does not answer
   */
  String cluster() {
    return status().cluster();
  }

  private ClusterStatus status() {
    return answer(client.admin().status());
  }

  private static <T> T answer(CompletableFuture<T> asked) {
    try {
      return asked.join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof KvException refused) {
        throw new LocalException("placement does not answer: " + refused.getMessage());
      }
      throw e;
    }
  }

  /**
   * Has placement take in one more member.
   *
   * @return addresses of all that are to stay by their ids, the new one last
   * @throws LocalException if placement does not answer, or refuses it
   */
  SortedMap<Long, String> addMember(String address) {
    answer(client.admin().addMember(address, false));
    SortedMap<Long, String> members = new TreeMap<>();
    status().members().stream()
        .filter(member -> !member.leaving())
        .forEach(member -> members.put(member.id(), member.address()));
    return members;
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
