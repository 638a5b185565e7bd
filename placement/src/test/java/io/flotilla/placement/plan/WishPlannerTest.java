package io.flotilla.placement.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.placement.model.ClusterView;
import io.flotilla.placement.model.Epoch;
import io.flotilla.placement.model.FreshIds;
import io.flotilla.placement.model.KeyBytes;
import io.flotilla.placement.model.KeyRange;
import io.flotilla.placement.model.Move;
import io.flotilla.placement.model.Node;
import io.flotilla.placement.model.Replica;
import io.flotilla.placement.model.Revised;
import io.flotilla.placement.model.Shard;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

final class WishPlannerTest {
  private static final long SHARD = 1;
  private static final long FRESH = 100;

  private final TreeMap<Long, Revised<Node>> nodes = new TreeMap<>();
  private final TreeMap<Long, Revised<Shard>> shards = new TreeMap<>();
  private final TreeMap<Long, Move> moves = new TreeMap<>();

  private void node(long id, String zone) {
    Node node = new Node(id, "h:" + (7000 + id), "i" + id, new TreeMap<>(Map.of(Node.ZONE, zone)));
    nodes.put(id, new Revised<>(1, node));
  }

  private void shard(long id, long... on) {
    List<Replica> replicas = new ArrayList<>();
    for (long node : on) {
      replicas.add(new Replica(node, id * 10 + replicas.size(), Replica.Role.VOTER));
    }
    KeyBytes at = KeyBytes.of(new byte[] {0, 0, 0, 1, (byte) id});
    KeyBytes end = KeyBytes.of(new byte[] {0, 0, 0, 1, (byte) (id + 1)});
    Shard shard = new Shard(id, 1, new KeyRange(at, end), Epoch.FIRST, replicas, 0);
    shards.put(id, new Revised<>(1, shard));
  }

  private Move plan(long from, long to, Long... silent) throws PlanRefusedException {
    FreshIds ids = new FreshIds(99, 99, FRESH, 3);
    ClusterView view = new ClusterView("c", 1, 1, ids, nodes, new TreeMap<>(), shards, moves);
    Map<Long, LoadView.Health> health = new HashMap<>();
    nodes.keySet().forEach(node -> health.put(node, LoadView.Health.STEADY));
    health.keySet().removeAll(List.of(silent));
    return new WishPlanner(view, new LoadView(true, health, Map.of(), Map.of(), Set.of()))
        .move(SHARD, from, to);
  }

  private void assertRefused(long from, long to, String why, Long... silent) {
    assertThatThrownBy(() -> plan(from, to, silent))
        .isInstanceOf(PlanRefusedException.class)
        .hasMessageContaining(why);
  }

  private void fiveNodes() {
    for (long id = 1; id <= 5; id++) {
      node(id, "");
    }
    shard(SHARD, 1, 2, 3);
  }

  @Test
  void theReplicaThatComesHasAnIdThatWasNeverUsed() throws Exception {
    fiveNodes();
    assertThat(plan(2, 5))
        .isEqualTo(new Move(0, SHARD, 11, new Replica(5, FRESH, Replica.Role.VOTER), "asked for"));
  }

  @Test
  void itGoesWhereThereIsLeast() throws Exception {
    fiveNodes();
    assertThat(plan(2, 0).to().node()).as("the lowest id").isEqualTo(4);
    shard(2, 4, 1, 2);
    assertThat(plan(2, 0).to().node()).isEqualTo(5);
    shard(7, 1, 2, 3);
    shard(8, 1, 2, 3);
    moves.put(7L, new Move(9, 7, 70, new Replica(5, 98, Replica.Role.VOTER)));
    moves.put(8L, new Move(9, 8, 80, new Replica(5, 99, Replica.Role.VOTER)));
    assertThat(plan(2, 0).to().node()).as("what is to come counts").isEqualTo(4);
  }

  @Test
  void theSameWishIsTheJobUnderWayAndAnotherIsRefused() throws Exception {
    fiveNodes();
    Move job = new Move(9, SHARD, 11, new Replica(4, 98, Replica.Role.VOTER));
    moves.put(SHARD, job);
    assertThat(plan(2, 4)).isEqualTo(job);
    assertThat(plan(2, 0)).isEqualTo(job);
    assertRefused(2, 5, "job 9 is under way: it moves replica 11 of shard 1 to node 4");
    assertRefused(1, 5, "job 9 is under way");
    assertRefused(1, 0, "job 9 is under way");
  }

  @Test
  void notToWhoIsSilent() throws Exception {
    fiveNodes();
    assertThat(plan(2, 0, 4L).to().node()).isEqualTo(5);
    assertRefused(2, 4, "node 4 is silent", 4L);
    assertRefused(2, 0, "add a node", 4L, 5L);
  }

  @Test
  void zonesAreKeptApartWhereThatCanBe() throws Exception {
    node(1, "a");
    node(2, "b");
    node(3, "c");
    node(4, "a");
    node(5, "b");
    shard(SHARD, 1, 2, 3);
    shard(2, 5);
    assertThat(plan(2, 0).to().node()).as("b is left, though 5 has more").isEqualTo(5);
    assertThat(plan(3, 0).to().node()).as("no zone is free").isEqualTo(4);
  }

  @Test
  void whatCannotBeIsRefusedWithItsReason() {
    fiveNodes();
    assertRefused(4, 5, "shard 1 has no replica on node 4");
    assertRefused(1, 2, "node 2 holds a replica of shard 1 already");
    assertRefused(1, 9, "there is no node 9");
    shards.clear();
    assertRefused(1, 4, "there is no shard 1");
  }

  @Test
  void whoOnlyLearnsIsNotMovedForNobodyWouldBeTakenInForIt() {
    fiveNodes();
    Shard still = shards.get(SHARD).value();
    List<Replica> replicas = new ArrayList<>(still.replicas());
    replicas.add(new Replica(4, 98, Replica.Role.LEARNER));
    shards.put(
        SHARD,
        new Revised<>(
            1, new Shard(SHARD, 1, still.range(), new Epoch(1, 2), replicas, 0, Optional.empty())));
    assertRefused(4, 5, "replica 98 of shard 1 on node 4 only learns");
    assertRefused(4, 0, "only learns");
  }
}
