package io.flotilla.shard.service;

import io.flotilla.rpc.Hello;
import io.flotilla.shard.kv.KvStoreConfig;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * All that a storage node has to know.
 *
 * @param cluster id of the cluster, 1 to 64 of [A-Za-z0-9_-]
 * @param placement addresses of placement's members, as host:port; at least one
 * @param directory where all of its data is; made if it is not there
 * @param labels what placement may use to spread replicas, as zone=a
 */
public record ShardNodeConfig(
    String cluster,
    List<String> placement,
    ListenConfig listen,
    Path directory,
    Map<String, String> labels,
    KvStoreConfig state,
    RaftConfig raft,
    ServiceConfig service) {
  public ShardNodeConfig {
    if (!Hello.isClusterId(cluster)) {
      throw new IllegalArgumentException(
          "cluster.id is \"" + cluster + "\"; allowed: 1 to 64 of [A-Za-z0-9_-]");
    }
    if (placement.isEmpty()) {
      throw new IllegalArgumentException(
          "placement.endpoints is empty; allowed: at least one host:port");
    }
    placement = List.copyOf(placement);
    labels = Map.copyOf(new TreeMap<>(labels));
  }

  public static ShardNodeConfig of(
      String cluster, List<String> placement, ListenConfig listen, Path directory) {
    return new ShardNodeConfig(
        cluster,
        placement,
        listen,
        directory,
        Map.of(),
        KvStoreConfig.DEFAULT,
        RaftConfig.DEFAULT,
        ServiceConfig.DEFAULT);
  }

  public ShardNodeConfig withLabels(Map<String, String> all) {
    return new ShardNodeConfig(cluster, placement, listen, directory, all, state, raft, service);
  }

  public ShardNodeConfig withState(KvStoreConfig config) {
    return new ShardNodeConfig(
        cluster, placement, listen, directory, labels, config, raft, service);
  }

  public ShardNodeConfig withRaft(RaftConfig config) {
    return new ShardNodeConfig(
        cluster, placement, listen, directory, labels, state, config, service);
  }

  public ShardNodeConfig withService(ServiceConfig config) {
    return new ShardNodeConfig(cluster, placement, listen, directory, labels, state, raft, config);
  }
}
