package io.flotilla.placement.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.placement.model.ClusterView;
import io.flotilla.placement.model.FreshIds;
import io.flotilla.placement.model.KeyBytes;
import io.flotilla.placement.model.Keyspace;
import io.flotilla.placement.model.KeyspacePlan;
import io.flotilla.placement.model.Node;
import io.flotilla.placement.model.Partitioning;
import io.flotilla.placement.model.Replica;
import io.flotilla.placement.model.Revised;
import io.flotilla.placement.model.Shard;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

final class KeyspacePlannerTest {
  static LongStream seeds() {
    return LongStream.range(0, 100);
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void spreadsEvenlyOverNodesOfZonesAndRacksOfOneSize(long seed) throws Exception {
    Random random = new Random(seed);
    int zones = 1 + random.nextInt(4);
    int racks = 1 + random.nextInt(3);
    int each = racks * (1 + random.nextInt(3));
    ClusterView view = viewOf(nodes(Collections.nCopies(zones, each), node -> "r" + node % racks));
    for (int round = 0; round < 3; round++) {
      KeyspaceWish wish = randomWish(random, "k" + round, zones * each);
      KeyspacePlan plan = KeyspacePlanner.plan(view, wish, Set.of());
      assertSound(view, wish, plan);

      assertThat(spread(replicasByNode(view, plan.shards()))).isLessThanOrEqualTo(1);
      assertThat(spread(leadersByNode(view, plan.shards()))).isLessThanOrEqualTo(1);
      view = with(view, plan);
      // A keyspace begins where those before left room, so that the sum stays even as well.
      assertThat(spread(replicasByNode(view, view.shardsSince(0)))).isLessThanOrEqualTo(1);
    }
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void keepsReplicasOfAShardInDifferentZonesWhateverTheirSizes(long seed) throws Exception {
    Random random = new Random(seed);
    List<Integer> sizes =
        IntStream.range(0, 1 + random.nextInt(5)).mapToObj(zone -> 1 + random.nextInt(4)).toList();
    List<Node> nodes = nodes(sizes);
    ClusterView view = viewOf(nodes);
    KeyspaceWish wish = randomWish(random, "k", nodes.size());
    KeyspacePlan plan = KeyspacePlanner.plan(view, wish, Set.of());
    assertSound(view, wish, plan);

    Map<Long, String> zoneOf = nodes.stream().collect(Collectors.toMap(Node::id, Node::zone));
    int fewestPossible = fewestInTheFullestZone(sizes, wish.replicas());
    for (Shard shard : plan.shards()) {
      Map<String, Long> byZone =
          shard.replicas().stream()
              .collect(
                  Collectors.groupingBy(
                      replica -> zoneOf.get(replica.node()), Collectors.counting()));
      assertThat(Collections.max(byZone.values())).isEqualTo(fewestPossible);
    }
    Map<Long, Integer> loads = replicasByNode(view, plan.shards());
    for (String zone : Set.copyOf(zoneOf.values())) {
      Map<Long, Integer> within = new HashMap<>(loads);
      within.keySet().removeIf(node -> !zone.equals(zoneOf.get(node)));
      assertThat(spread(within)).isLessThanOrEqualTo(1);
    }
  }

  /** As few pairs in one zone as there can be; then as few in one rack, if it has a name. */
  @ParameterizedTest
  @MethodSource("seeds")
  void keepsReplicasOfAShardInDifferentRacksWhateverTheirSizes(long seed) throws Exception {
    Random random = new Random(seed);
    List<Integer> sizes =
        IntStream.range(0, 1 + random.nextInt(3)).mapToObj(zone -> 1 + random.nextInt(5)).toList();
    int racks = 1 + random.nextInt(3);
    List<Node> nodes =
        nodes(sizes, node -> random.nextInt(4) == 0 ? "" : "r" + random.nextInt(racks));
    KeyspaceWish wish = randomWish(random, "k", nodes.size());
    KeyspacePlan plan = KeyspacePlanner.plan(viewOf(nodes), wish, Set.of());
    assertSound(viewOf(nodes), wish, plan);

    int least = leastCrowd(nodes, List.of(), wish.replicas());
    Map<Long, Node> byId = nodes.stream().collect(Collectors.toMap(Node::id, node -> node));
    for (Shard shard : plan.shards()) {
      List<Node> chosen =
          shard.replicas().stream().map(replica -> byId.get(replica.node())).toList();
      assertThat(crowd(chosen)).as("%s", chosen).isEqualTo(least);
    }
  }

  /** Of all that could be chosen in addition to these. */
  private static int leastCrowd(List<Node> nodes, List<Node> chosen, int replicas) {
    if (chosen.size() == replicas) {
      return crowd(chosen);
    }
    int least = Integer.MAX_VALUE;
    for (int i = 0; i < nodes.size(); i++) {
      List<Node> more = new ArrayList<>(chosen);
      more.add(nodes.get(i));
      least = Math.min(least, leastCrowd(nodes.subList(i + 1, nodes.size()), more, replicas));
    }
    return least;
  }

  private static int crowd(List<Node> chosen) {
    int crowd = 0;
    for (int i = 0; i < chosen.size(); i++) {
      Node one = chosen.get(i);
      for (Node other : chosen.subList(0, i)) {
        boolean zone = one.zone().equals(other.zone());
        crowd += zone ? 100 : 0;
        crowd += zone && !one.rack().isEmpty() && one.rack().equals(other.rack()) ? 1 : 0;
      }
    }
    return crowd;
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void plansTheSameFromTheSame(long seed) throws Exception {
    Random random = new Random(seed);
    List<Node> nodes = nodes(List.of(2, 3, 1));
    KeyspaceWish wish = randomWish(random, "k", nodes.size());
    KeyspacePlan first = KeyspacePlanner.plan(viewOf(nodes), wish, Set.of());
    KeyspacePlan second = KeyspacePlanner.plan(viewOf(nodes(List.of(2, 3, 1))), wish, Set.of());
    assertThat(second).isEqualTo(first);
  }

  @Test
  void cutsAHashKeyspaceEvenlyBySlot() throws Exception {
    KeyspaceWish wish = new KeyspaceWish("redis", Partitioning.HASH, 16, List.of(), 3);
    KeyspacePlan plan = KeyspacePlanner.plan(viewOf(nodes(List.of(3))), wish, Set.of());

    assertThat(plan.keyspace()).isEqualTo(Keyspace.REDIS.withReplicas(3));
    assertThat(plan.shards().stream().map(shard -> shard.range().toString()))
        .startsWith("[00000002, 000000020400)", "[000000020400, 000000020800)")
        .endsWith("[000000023c00, 00000003)");
  }

  @Test
  void cutsOneSlotForEachShardAtMost() throws Exception {
    KeyspaceWish wish = new KeyspaceWish("big", Partitioning.HASH, 16384, List.of(), 3);
    KeyspacePlan plan = KeyspacePlanner.plan(viewOf(nodes(List.of(5))), wish, Set.of());
    assertThat(plan.shards().get(16383).range()).hasToString("[000000033fff, 00000004)");
    assertThat(spread(leadersByNode(viewOf(nodes(List.of(5))), plan.shards())))
        .isLessThanOrEqualTo(1);
  }

  @Test
  void cutsARangeKeyspaceEvenlyByItsFirstBytes() throws Exception {
    KeyspaceWish wish = new KeyspaceWish("default", Partitioning.RANGE, 3, List.of(), 1);
    KeyspacePlan plan = KeyspacePlanner.plan(viewOf(nodes(List.of(1))), wish, Set.of());
    assertThat(plan.shards().stream().map(shard -> shard.range().toString()))
        .containsExactly(
            "[00000001, 000000015555)", "[000000015555, 00000001aaaa)", "[00000001aaaa, 00000002)");

    KeyspaceWish sixteen = new KeyspaceWish("default", Partitioning.RANGE, 16, List.of(), 1);
    assertThat(
            KeyspacePlanner.plan(viewOf(nodes(List.of(1))), sixteen, Set.of())
                .shards()
                .get(1)
                .range())
        .hasToString("[0000000110, 0000000120)");
  }

  @Test
  void cutsAtTheKeysThatWereGiven() throws Exception {
    List<KeyBytes> keys = List.of(key("g"), key("gopher"), key("z"));
    KeyspaceWish wish = new KeyspaceWish("words", Partitioning.RANGE, 4, keys, 1);
    KeyspacePlan plan = KeyspacePlanner.plan(viewOf(nodes(List.of(1))), wish, Set.of());
    assertThat(plan.keyspace().id()).isEqualTo(3);
    assertThat(plan.shards().stream().map(shard -> shard.range().start().toString()))
        .containsExactly("00000003", "0000000367", "00000003676f70686572", "000000037a");
  }

  @Test
  void avoidsNodesAndSaysWhenTooFewAreLeft() throws Exception {
    ClusterView view = viewOf(nodes(List.of(4)));
    KeyspaceWish wish = new KeyspaceWish("k", Partitioning.RANGE, 5, List.of(), 3);
    KeyspacePlan plan = KeyspacePlanner.plan(view, wish, Set.of(2L));
    assertThat(nodesOf(plan.shards())).containsOnly(1L, 3L, 4L);

    assertThatThrownBy(() -> KeyspacePlanner.plan(view, wish, Set.of(2L, 3L)))
        .isInstanceOf(PlanRefusedException.class)
        .hasMessage(
            "3 replicas on different nodes need 3 nodes; 4 are registered, and 2 of them"
                + " neither silent nor draining");
    assertThatThrownBy(() -> KeyspacePlanner.plan(with(view, plan), wish, Set.of()))
        .isInstanceOf(PlanRefusedException.class)
        .hasMessage("keyspace 'k' exists already");
  }

  @Test
  void refusesWishesThatNoClusterCouldGrant() {
    assertRefused("Bad", Partitioning.RANGE, 1, List.of(), 3, "keyspace name 'Bad'");
    assertRefused("", Partitioning.RANGE, 1, List.of(), 3, "keyspace name ''");
    assertRefused("a".repeat(65), Partitioning.RANGE, 1, List.of(), 3, "keyspace name");
    assertRefused("k", Partitioning.RANGE, 0, List.of(), 3, "shards is 0; allowed: 1 to 16384");
    assertRefused("k", Partitioning.HASH, 16385, List.of(), 3, "shards is 16385");
    assertRefused("k", Partitioning.RANGE, 1, List.of(), 0, "replicas is 0; allowed: 1 to 15");
    assertRefused("k", Partitioning.HASH, 2, List.of(key("a")), 3, "only for range keyspaces");
    assertRefused("k", Partitioning.RANGE, 3, List.of(key("a")), 3, "one more than the 1 split");
    assertRefused("k", Partitioning.RANGE, 3, List.of(key("b"), key("a")), 3, "rise strictly");
    assertRefused("k", Partitioning.RANGE, 3, List.of(key("b"), key("b")), 3, "rise strictly");
    assertRefused("k", Partitioning.RANGE, 2, List.of(KeyBytes.EMPTY), 3, "rise strictly");
  }

  private static void assertRefused(
      String name, Partitioning partitioning, int shards, List<KeyBytes> keys, int n, String why) {
    assertThatThrownBy(() -> new KeyspaceWish(name, partitioning, shards, keys, n))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(why);
  }

  private static void assertSound(ClusterView view, KeyspaceWish wish, KeyspacePlan plan) {
    assertThat(plan.shards()).hasSize(wish.shards());
    KeyBytes end = plan.keyspace().range().start();
    Set<Long> ids = new HashSet<>();
    for (Shard shard : plan.shards()) {
      assertThat(shard.range().start()).isEqualTo(end);
      end = shard.range().end();
      assertThat(shard.id()).isGreaterThanOrEqualTo(view.freshIds().shard());
      assertThat(shard.replicas()).hasSize(wish.replicas());
      assertThat(shard.replicas().stream().map(Replica::node).distinct())
          .hasSize(wish.replicas())
          .isSubsetOf(view.nodes().keySet());
      assertThat(shard.replicas()).allMatch(replica -> ids.add(replica.id()));
      assertThat(shard.replicas()).isSortedAccordingTo((a, b) -> Long.compare(a.id(), b.id()));
      assertThat(shard.preferredLeader()).isPositive();
    }
    assertThat(end).isEqualTo(plan.keyspace().range().end());
    assertThat(Collections.min(ids)).isGreaterThanOrEqualTo(view.freshIds().replica());
  }

  private static KeyspaceWish randomWish(Random random, String name, int nodes) {
    Partitioning partitioning = random.nextBoolean() ? Partitioning.HASH : Partitioning.RANGE;
    int replicas = 1 + random.nextInt(Math.min(nodes, 5));
    return new KeyspaceWish(name, partitioning, 1 + random.nextInt(64), List.of(), replicas);
  }

  private static int fewestInTheFullestZone(List<Integer> sizes, int replicas) {
    int fullest = 1;
    while (room(sizes, fullest) < replicas) {
      fullest++;
    }
    return fullest;
  }

  private static int room(List<Integer> sizes, int each) {
    return sizes.stream().mapToInt(size -> Math.min(size, each)).sum();
  }

  private static KeyBytes key(String text) {
    return KeyBytes.of(text.getBytes(java.nio.charset.StandardCharsets.UTF_8));
  }

  private static List<Node> nodes(List<Integer> zoneSizes) {
    return nodes(zoneSizes, node -> "");
  }

  /**
   * @param rack of the n-th node of its zone
   */
  private static List<Node> nodes(List<Integer> zoneSizes, IntFunction<String> rack) {
    Stream.Builder<Node> nodes = Stream.builder();
    long id = 0;
    for (int zone = 0; zone < zoneSizes.size(); zone++) {
      for (int i = 0; i < zoneSizes.get(zone); i++) {
        id++;
        nodes.add(
            new Node(
                id,
                "host:" + (7000 + id),
                "i" + id,
                new TreeMap<>(Map.of(Node.ZONE, "z" + zone, Node.RACK, rack.apply(i)))));
      }
    }
    return nodes.build().toList();
  }

  private static ClusterView viewOf(List<Node> nodes) {
    TreeMap<Long, Revised<Node>> byId = new TreeMap<>();
    nodes.forEach(node -> byId.put(node.id(), new Revised<>(node.id(), node)));
    long revision = nodes.size();
    FreshIds ids = new FreshIds(revision + 1, 1, 1, 3);
    return new ClusterView(
        "c", revision, revision, ids, byId, new TreeMap<>(), new TreeMap<>(), new TreeMap<>());
  }

  private static ClusterView with(ClusterView view, KeyspacePlan plan) {
    long revision = view.revision() + 1;
    var keyspaces = new TreeMap<>(view.keyspaces());
    keyspaces.put(plan.keyspace().id(), new Revised<>(revision, plan.keyspace()));
    var shards = new TreeMap<>(view.shards());
    plan.shards().forEach(shard -> shards.put(shard.id(), new Revised<>(revision, shard)));
    FreshIds ids =
        new FreshIds(
            view.freshIds().node(),
            shards.lastKey() + 1,
            shards.get(shards.lastKey()).value().replicas().stream()
                    .mapToLong(Replica::id)
                    .max()
                    .orElseThrow()
                + 1,
            plan.keyspace().id() + 1);
    return new ClusterView(
        "c", revision, revision, ids, view.nodes(), keyspaces, shards, new TreeMap<>());
  }

  private static Set<Long> nodesOf(Collection<Shard> shards) {
    return shards.stream()
        .flatMap(shard -> shard.replicas().stream())
        .map(Replica::node)
        .collect(Collectors.toSet());
  }

  private static Map<Long, Integer> replicasByNode(ClusterView view, Collection<Shard> shards) {
    Map<Long, Integer> counts = new HashMap<>();
    view.nodes().keySet().forEach(node -> counts.put(node, 0));
    shards.forEach(
        shard -> shard.replicas().forEach(each -> counts.merge(each.node(), 1, Integer::sum)));
    return counts;
  }

  private static Map<Long, Integer> leadersByNode(ClusterView view, Collection<Shard> shards) {
    Map<Long, Integer> counts = new HashMap<>();
    view.nodes().keySet().forEach(node -> counts.put(node, 0));
    for (Shard shard : shards) {
      shard.replicas().stream()
          .filter(replica -> replica.id() == shard.preferredLeader())
          .forEach(replica -> counts.merge(replica.node(), 1, Integer::sum));
    }
    return counts;
  }

  private static int spread(Map<Long, Integer> counts) {
    return Collections.max(counts.values()) - Collections.min(counts.values());
  }
}
