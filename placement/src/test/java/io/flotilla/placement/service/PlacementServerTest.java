package io.flotilla.placement.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.flotilla.proto.map.Keyspace;
import io.flotilla.proto.map.Node;
import io.flotilla.proto.map.Partitioning;
import io.flotilla.proto.map.Replica;
import io.flotilla.proto.map.Shard;
import io.flotilla.proto.placement.CreateKeyspaceRequest;
import io.flotilla.proto.placement.GetMapRequest;
import io.flotilla.proto.placement.MapUpdate;
import io.flotilla.proto.placement.RegisterNodeRequest;
import io.flotilla.proto.placement.StatusRequest;
import io.flotilla.rpc.ErrorCode;
import io.flotilla.rpc.RpcException;
import io.flotilla.rpc.RpcMethods;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
final class PlacementServerTest {
  private static final PlacementPolicy THREE = new PlacementPolicy(3, 4, 60_000);
  private static final PlacementPolicy ONE = new PlacementPolicy(1, 2, 60_000);

  @TempDir Path root;

  @Test
  void oneMemberServesAloneAndComesBack() throws Exception {
    MapUpdate before;
    try (Members members = new Members(root, 1, ONE)) {
      members.startAll();
      assertThat(register(members, "a")).isEqualTo(1);
      awaitBuiltIns(members);
      before = map(members);
      assertThat(before.getShardsList()).hasSize(4);
      members.killAll();
      members.startAll();
      assertThat(map(members)).isEqualTo(before);
      assertThat(register(members, "a")).isEqualTo(1);
      assertThat(register(members, "b")).isEqualTo(2);
      assertThat(members.broken).isEmpty();
    }
  }

  @Test
  void refusesWhatIsNotItsOwn() throws Exception {
    try (Members members = new Members(root, 1, ONE)) {
      PlacementServer server = members.start(1);
      PlacementConfig config = members.config(1);
      assertRefused(config, "is in use by this process already");
      members.awaitLeader();
      server.close();

      assertRefused(
          new PlacementConfig(
              "other",
              1,
              config.members(),
              config.bindHost(),
              config.bindPort(),
              config.dataDir(),
              ONE),
          "belongs to cluster 'test', but this process is configured as cluster 'other'");
      Path identity = config.dataDir().resolve("identity");
      Files.writeString(identity, Files.readString(identity).replace("format=1", "format=9"));
      assertRefused(config, "has format 9; this version reads format 1");
      Files.delete(identity);
      assertRefused(config, "has a log or state, but no file 'identity'");
    }
  }

  @Test
  void neverGoesOnWithoutItsLog() throws Exception {
    try (Members members = new Members(root, 1, ONE)) {
      members.startAll();
      members.awaitLeader();
      members.killAll();
      PlacementConfig config = members.config(1);
      Path log = config.dataDir().resolve("log");
      List<String> before = files(config.dataDir().resolve("state"));
      delete(log);
      assertRefused(config, log + " is gone");
      assertRefused(config, "what member 1 has promised");
      // Where there is no log no vote was kept, and so none was given.
      assertThat(log).doesNotExist();
      assertThat(files(config.dataDir().resolve("state"))).isEqualTo(before);
      Files.createDirectories(log.resolve("lost+found"));
      assertRefused(config, log + " is gone");
    }
  }

  @Test
  void aStateThatIsLostAloneComesAgainFromTheLog() throws Exception {
    try (Members members = new Members(root, 1, ONE)) {
      members.startAll();
      register(members, "a");
      awaitBuiltIns(members);
      MapUpdate before = map(members);
      members.killAll();
      delete(members.config(1).dataDir().resolve("state"));
      members.startAll();
      assertThat(map(members)).isEqualTo(before);
      assertThat(members.broken).isEmpty();
    }
  }

  private static List<String> files(Path directory) throws IOException {
    try (Stream<Path> all = Files.list(directory)) {
      return all.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  private static void delete(Path path) throws IOException {
    try (Stream<Path> all = Files.walk(path)) {
      for (Path one : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(one);
      }
    }
  }

  @Test
  void refusesAConfigurationThatCannotBe() {
    Map<Long, String> members = Map.of(1L, "h:1", 2L, "h:1");
    assertThatThrownBy(() -> config("a b", 1, Map.of(1L, "h:1")))
        .hasMessageContaining("cluster.id is 'a b'; allowed: [A-Za-z0-9_-]{1,64}");
    assertThatThrownBy(() -> config("a", 3, Map.of(1L, "h:1")))
        .hasMessageContaining("placement.member-id is '3'; allowed: one of [1]");
    assertThatThrownBy(() -> config("a", 1, members))
        .hasMessageContaining("each with an address of its own");
    assertThatThrownBy(() -> new PlacementPolicy(0, 16, 5000))
        .hasMessage("placement.replicas is 0; allowed: 1 to 15");
  }

  private PlacementConfig config(String cluster, long id, Map<Long, String> members) {
    return new PlacementConfig(cluster, id, new TreeMap<>(members), "h", 1, root, ONE);
  }

  @Test
  void anotherClustersClientIsTurnedAway() throws Exception {
    try (Members members = new Members(root, 1, ONE)) {
      members.startAll();
      members.awaitLeader();
      try (var foreign =
          new io.flotilla.rpc.RpcClient(
              members.threads,
              new io.flotilla.rpc.Hello("foreign", io.flotilla.rpc.Hello.Role.CLIENT, 0))) {
        assertThatThrownBy(
                () ->
                    foreign
                        .call(
                            members.addresses.get(1L),
                            RpcMethods.STATUS,
                            StatusRequest.getDefaultInstance(),
                            Duration.ofSeconds(5))
                        .join())
            .hasCauseInstanceOf(RpcException.class)
            .hasMessageContaining("cluster");
      }
      assertThat(map(members).getComplete()).isTrue();
    }
  }

  /** Leaders die while nodes register and keyspaces are created; one watcher sees it all. */
  @Test
  void theMapSurvivesItsLeadersAndWatchersMissNothing() throws Exception {
    try (Members members = new Members(root, 3, THREE);
        Watcher watcher = new Watcher(members)) {
      members.startAll();
      List<Long> nodes = new ArrayList<>();
      for (String name : List.of("a", "b", "c", "d")) {
        nodes.add(register(members, name));
      }
      assertThat(nodes).doesNotHaveDuplicates();
      awaitBuiltIns(members);

      for (int round = 0; round < 3; round++) {
        long leader = members.awaitLeader();
        CompletableFuture<Void> work = createMany(members, "r" + round + "-k", 8);
        members.kill(leader);
        work.get();
        members.start(leader);
      }
      MapUpdate map = map(members);
      assertThat(map.getKeyspacesList()).hasSize(2 + 3 * 8);
      assertThat(map.getKeyspacesList()).extracting(Keyspace::getId).doesNotHaveDuplicates();
      assertThat(map.getShardsList()).hasSize(2 * 4 + 3 * 8 * 2);
      assertThat(map.getShardsList())
          .flatExtracting(Shard::getReplicasList)
          .extracting(Replica::getReplica)
          .doesNotHaveDuplicates();
      await().atMost(Duration.ofSeconds(20)).until(() -> watcher.knows(map(members)));
      assertThat(watcher.complaints()).isEmpty();
      assertThat(watcher.streams()).isGreaterThan(1);

      members.killAll();
      members.startAll();
      assertThat(map(members).toBuilder().clearLeaders().build()).isEqualTo(map);
      assertThat(register(members, "b")).isEqualTo(nodes.get(1));
      assertThat(register(members, "e"))
          .isGreaterThan(map.getNodesList().stream().mapToLong(Node::getId).max().orElseThrow());
      await().atMost(Duration.ofSeconds(20)).until(() -> watcher.knows(map(members)));
      assertThat(watcher.complaints()).isEmpty();
      assertThat(members.broken).isEmpty();
    }
  }

  @Test
  void aKeyspaceMayHaveAShardForEachSlot() throws Exception {
    try (Members members = new Members(root, 3, THREE);
        Watcher watcher = new Watcher(members)) {
      members.startAll();
      for (String name : List.of("a", "b", "c", "d", "e")) {
        register(members, name);
      }
      awaitBuiltIns(members);
      create(
          members,
          CreateKeyspaceRequest.newBuilder()
              .setName("wide")
              .setPartitioning(Partitioning.HASH)
              .setShards(16384)
              .build());
      assertThat(map(members).getShardsCount()).isEqualTo(8 + 16384);
      await().atMost(Duration.ofSeconds(20)).until(() -> watcher.knows(map(members)));
      assertThat(watcher.complaints()).isEmpty();
      Map<Long, Long> replicasByNode =
          map(members).getShardsList().stream()
              .filter(shard -> shard.getKeyspace() > 2)
              .flatMap(shard -> shard.getReplicasList().stream())
              .collect(Collectors.groupingBy(Replica::getNode, Collectors.counting()));
      // 16384 times 3 replicas on 5 nodes.
      assertThat(replicasByNode.values()).hasSize(5).allMatch(n -> n == 9830 || n == 9831);
    }
  }

  @Test
  void followersSendCallersToTheLeader() throws Exception {
    try (Members members = new Members(root, 3, THREE)) {
      members.startAll();
      long leader = members.awaitLeader();
      map(members);
      long follower = leader == 1 ? 2 : 1;
      await()
          .atMost(Duration.ofSeconds(20))
          .untilAsserted(
              () ->
                  assertThatThrownBy(
                          () ->
                              members
                                  .client
                                  .call(
                                      members.addresses.get(follower),
                                      RpcMethods.STATUS,
                                      StatusRequest.getDefaultInstance(),
                                      Duration.ofSeconds(5))
                                  .join())
                      .hasCauseInstanceOf(RpcException.class)
                      .cause()
                      .satisfies(
                          thrown -> {
                            RpcException error = (RpcException) thrown;
                            assertThat(error.code()).isEqualTo(ErrorCode.NOT_LEADER);
                            assertThat(error.detail().getLeaderNode()).isEqualTo(leader);
                            assertThat(error.detail().getLeaderAddress())
                                .isEqualTo(members.addresses.get(leader));
                          }));
    }
  }

  private static CompletableFuture<Void> createMany(Members members, String prefix, int count) {
    return CompletableFuture.runAsync(
        () -> {
          for (int i = 0; i < count; i++) {
            create(
                members,
                CreateKeyspaceRequest.newBuilder().setName(prefix + i).setShards(2).build());
          }
        });
  }

  /**
   * An attempt whose outcome was unknown is repeated: that the name is taken then means success.
   */
  private static void create(Members members, CreateKeyspaceRequest request) {
    try {
      members.call(RpcMethods.CREATE_KEYSPACE, request);
    } catch (RpcException refused) {
      if (refused.code() != ErrorCode.CONFLICT) {
        throw refused;
      }
      assertThat(refused).hasMessageContaining("exists already");
    }
  }

  private static long register(Members members, String name) {
    return members
        .call(
            RpcMethods.REGISTER_NODE,
            RegisterNodeRequest.newBuilder()
                .setIncarnation("dir-" + name)
                .setAddress("node-" + name + ":7410")
                .build())
        .getNode();
  }

  private static MapUpdate map(Members members) {
    return members.call(RpcMethods.GET_MAP, GetMapRequest.getDefaultInstance());
  }

  private static void awaitBuiltIns(Members members) {
    await().atMost(Duration.ofSeconds(30)).until(() -> map(members).getKeyspacesCount() >= 2);
  }

  private static void assertRefused(PlacementConfig config, String why) {
    assertThatThrownBy(() -> PlacementServer.start(config, broken -> {}).close())
        .isInstanceOf(IOException.class)
        .hasMessageContaining(why);
  }
}
