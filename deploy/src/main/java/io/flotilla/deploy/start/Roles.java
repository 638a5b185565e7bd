package io.flotilla.deploy.start;

import io.flotilla.deploy.config.ConfigException;
import io.flotilla.deploy.config.RoleKeys;
import io.flotilla.deploy.config.Settings;
import io.flotilla.placement.plan.HeatPolicy;
import io.flotilla.placement.plan.KeyspaceWish;
import io.flotilla.placement.plan.Policy;
import io.flotilla.placement.service.PlacementConfig;
import io.flotilla.placement.service.PlacementPolicy;
import io.flotilla.placement.service.PlacementServer;
import io.flotilla.router.client.ClientConfig;
import io.flotilla.router.client.FlotillaClient;
import io.flotilla.router.client.LimitsConfig;
import io.flotilla.router.gateway.GatewayConfig;
import io.flotilla.router.gateway.GatewayLimits;
import io.flotilla.router.gateway.RedisGateway;
import io.flotilla.shard.kv.KvStoreConfig;
import io.flotilla.shard.service.ListenConfig;
import io.flotilla.shard.service.RaftConfig;
import io.flotilla.shard.service.ServiceConfig;
import io.flotilla.shard.service.ShardNode;
import io.flotilla.shard.service.ShardNodeConfig;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Supplier;

/** What each role makes of its settings. */
final class Roles {
  private static final int THREADS_MAX = 64;

  private Roles() {}

  static StartCommand.Role placement() {
    return new StartCommand.Role(
        RoleKeys.placement(),
        (settings, removed) -> PlacementServer.start(placementConfig(settings)));
  }

  static StartCommand.Role node() {
    return new StartCommand.Role(
        RoleKeys.node(), (settings, removed) -> ShardNode.start(nodeConfig(settings), removed));
  }

  static StartCommand.Role gateway() {
    return new StartCommand.Role(RoleKeys.gateway(), (settings, removed) -> startGateway(settings));
  }

  private static PlacementConfig placementConfig(Settings settings) {
    SortedMap<Long, String> members = new TreeMap<>(settings.members("placement.members"));
    return checked(
        () ->
            new PlacementConfig(
                settings.cluster("cluster.id"),
                settings.number("placement.member-id", 1, Integer.MAX_VALUE),
                settings.flag("placement.join"),
                members,
                settings.text("listen.host"),
                settings.port("listen.port"),
                settings.path("data.dir"),
                placementPolicy(settings)));
  }

  private static PlacementPolicy placementPolicy(Settings settings) {
    int splitMebibytes = settings.integer("placement.split-mebibytes", 1, 1 << 20);
    return new PlacementPolicy(
        settings.integer("placement.replicas", 1, KeyspaceWish.REPLICAS_MAX),
        settings.integer("placement.initial-shards", 1, KeyspaceWish.SHARDS_MAX),
        PlacementPolicy.DEFAULT.nodeSilentMillis(),
        1000 * settings.integer("placement.node-dead-seconds", 5, 86_400),
        1000 * settings.integer("placement.node-steady-seconds", 1, 3600),
        Policy.DEFAULT
            .splittingAt((long) splitMebibytes << 20)
            .mergingBelow(
                (long) settings.integer("placement.merge-mebibytes", 0, splitMebibytes / 8) << 20)
            .splittingAt(
                new HeatPolicy(
                    settings.integer("placement.split-operations", 0, Integer.MAX_VALUE),
                    HeatPolicy.DEFAULT.lastsMillis())));
  }

  private static ShardNodeConfig nodeConfig(Settings settings) {
    return checked(
        () -> {
          ListenConfig listen =
              ListenConfig.on(
                  settings.text("listen.host"),
                  settings.port("listen.port"),
                  settings.address("advertise.address"));
          RaftConfig standard = RaftConfig.DEFAULT;
          RaftConfig raft =
              new RaftConfig(
                  threads(settings, "raft.loops", standard.loops()),
                  threads(settings, "raft.apply-threads", standard.applyThreads()),
                  standard.fetchThreads(),
                  standard.tick(),
                  standard.gather(),
                  standard.core(),
                  standard
                      .limits()
                      .retaining(settings.integer("raft.log-retain-bytes", 1 << 16, 1 << 30)),
                  standard.log());
          return ShardNodeConfig.of(
                  settings.cluster("cluster.id"),
                  settings.addresses("placement.endpoints"),
                  listen,
                  settings.path("data.dir"))
              .withLabels(settings.pairs("node.labels"))
              .withRaft(raft)
              .withState(
                  KvStoreConfig.DEFAULT
                      .withWriteBufferBytes(
                          settings.integer("state.write-buffer-bytes", 1 << 20, 1 << 30))
                      .withCacheBytes(settings.number("state.cache-bytes", 1 << 20, 1L << 40)))
              .withService(
                  ServiceConfig.DEFAULT.withSizes(
                      settings.integer("limits.key-bytes-max", 1, Integer.MAX_VALUE),
                      settings.integer("limits.value-bytes-max", 1, Integer.MAX_VALUE)));
        });
  }

  private static int threads(Settings settings, String key, int standard) {
    int chosen = settings.integer(key, 0, THREADS_MAX);
    return chosen == 0 ? standard : chosen;
  }

  private static AutoCloseable startGateway(Settings settings) throws Exception {
    ClientConfig client =
        checked(
            () ->
                ClientConfig.of(
                        settings.addresses("placement.endpoints"), settings.cluster("cluster.id"))
                    .withLimits(
                        LimitsConfig.DEFAULT.withSizes(
                            settings.integer("limits.key-bytes-max", 1, Integer.MAX_VALUE),
                            settings.integer("limits.value-bytes-max", 1, Integer.MAX_VALUE))));
    GatewayConfig gateway =
        checked(
            () ->
                GatewayConfig.of(settings.text("redis.host"), settings.port("redis.port"))
                    .withKeyspace(settings.text("redis.keyspace"))
                    .withThreads(settings.integer("redis.threads", 1, THREADS_MAX))
                    .withClient(client.limits())
                    .withLimits(
                        GatewayLimits.DEFAULT
                            .withConnectionsMax(
                                settings.integer("redis.connections-max", 1, Integer.MAX_VALUE))
                            .forValuesUpTo(client.limits().valueBytesMax())));
    FlotillaClient data = FlotillaClient.open(client);
    try {
      RedisGateway server = RedisGateway.start(gateway, data);
      return () -> {
        server.close();
        data.close();
      };
    } catch (Exception e) {
      data.close();
      throw e;
    }
  }

  /**
   * A record that refuses its values says why; here that is the user's configuration, not a bug.
   */
  private static <T> T checked(Supplier<T> made) {
    try {
      return made.get();
    } catch (IllegalArgumentException e) {
      throw new ConfigException(String.valueOf(e.getMessage()));
    }
  }
}
