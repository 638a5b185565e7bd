package io.flotilla.deploy.config;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** The keys that each role knows. Names are those of the YAML files. */
public final class RoleKeys {
  private static final List<Setting> COMMON =
      List.of(Setting.required("cluster.id", "the cluster's name, the same in every process"));

  private static final List<Setting> LISTENER =
      List.of(
          Setting.of("listen.host", "0.0.0.0", "address to listen on"),
          Setting.required("data.dir", "directory that belongs to this process alone"));

  /** Whoever leads placement goes by its own. */
  private static final List<Setting> POLICY =
      sameInEveryMember(
          Setting.of("placement.replicas", 3, "replicas of each shard of a new keyspace"),
          Setting.of(
              "placement.initial-shards", 16, "shards of the keyspaces 'default' and 'redis'"),
          Setting.of(
              "placement.node-dead-seconds",
              300,
              "a node that is silent for so long, and that most of the others do not hear either,"
                  + " is dead: its replicas are replaced"),
          Setting.of(
              "placement.node-steady-seconds",
              30,
              "nothing is evened out with a node that is new, or back, for less"),
          Setting.of("placement.split-mebibytes", 1024, "a shard that weighs more is split"),
          Setting.of(
              "placement.merge-mebibytes",
              0,
              "neighbours that both weigh less are merged, down to as many shards as were asked"
                  + " for; an eighth of split-mebibytes at most; 0: never"),
          Setting.of(
              "placement.split-operations",
              10_000,
              "a shard that is asked for so many in each second of a minute is split; 0: never"));

  private static final List<Setting> SIZES =
      List.of(
          Setting.of("limits.key-bytes-max", 4096, "longest key; the same in nodes and gateways"),
          Setting.of(
              "limits.value-bytes-max", 1 << 20, "longest value; the same in nodes and gateways"));

  private RoleKeys() {}

  public static List<Setting> placement() {
    return join(
        COMMON,
        LISTENER,
        List.of(
            Setting.of("listen.port", 7400, "port to listen on"),
            Setting.required("placement.member-id", "which of placement.members this is"),
            Setting.required(
                "placement.members",
                "id=host:port of members, this one among them: those it begins with, or, where"
                    + " there is a log, some to ask"),
            Setting.of(
                "placement.join",
                "false",
                "true: it was added (placement add) to a placement that is there")),
        POLICY);
  }

  public static List<Setting> node() {
    return join(
        COMMON,
        LISTENER,
        SIZES,
        List.of(
            Setting.of("listen.port", 7410, "port to listen on"),
            Setting.of(
                "advertise.address",
                "",
                "host:port that others reach this node by; empty: as listened, if that is one"
                    + " host"),
            Setting.required("placement.endpoints", "host:port of placement members"),
            Setting.of("node.labels", "", "name=value,... such as zone=a,rack=r1"),
            Setting.of(
                "raft.loops",
                0,
                "threads that own the groups' Raft state; 0: one for four processors"),
            Setting.of(
                "raft.apply-threads",
                0,
                "threads that apply committed entries; 0: one for four processors"),
            Setting.of(
                "raft.log-retain-bytes",
                16 << 20,
                "a shard's log is cut when it weighs more; who lags further gets a snapshot"),
            Setting.of(
                "state.write-buffer-bytes",
                8 << 20,
                "an eighth of the state in memory before it goes to disk; small is quick"),
            Setting.of("state.cache-bytes", 64 << 20, "state from disk that is kept in memory")));
  }

  public static List<Setting> gateway() {
    return join(
        COMMON,
        SIZES,
        List.of(
            Setting.required("placement.endpoints", "host:port of placement members"),
            Setting.of("redis.host", "0.0.0.0", "address to listen on for Redis clients"),
            Setting.of("redis.port", 6379, "port to listen on for Redis clients"),
            Setting.of("redis.keyspace", "redis", "keyspace that commands work on"),
            Setting.of("redis.threads", 2, "event loops"),
            Setting.of("redis.connections-max", 10_000, "clients at once; more are turned away")));
  }

  private static List<Setting> sameInEveryMember(Setting... settings) {
    return Stream.of(settings)
        .map(
            setting ->
                new Setting(
                    setting.key(),
                    setting.fallback(),
                    setting.meaning() + "; the same in every member"))
        .toList();
  }

  @SafeVarargs
  private static List<Setting> join(List<Setting>... lists) {
    List<Setting> joined = new ArrayList<>();
    for (List<Setting> list : lists) {
      joined.addAll(list);
    }
    return List.copyOf(joined);
  }
}
