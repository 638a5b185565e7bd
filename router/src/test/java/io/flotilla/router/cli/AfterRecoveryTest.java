package io.flotilla.router.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.proto.map.Node;
import io.flotilla.proto.map.Replica;
import io.flotilla.proto.map.Shard;
import io.flotilla.proto.placement.NodeStatus;
import io.flotilla.proto.placement.ReplicaStatus;
import io.flotilla.proto.placement.ShardStatus;
import io.flotilla.proto.placement.StatusReply;
import io.flotilla.router.client.FakeStatus;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Nodes 1 and 2 are dead. */
class AfterRecoveryTest {
  private final StatusReply.Builder status = StatusReply.newBuilder();

  private void nodes(int count) {
    for (long id = 1; id <= count; id++) {
      status.addNodes(
          NodeStatus.newBuilder().setNode(Node.newBuilder().setId(id)).setAlive(id > 2));
    }
  }

  private void shardOn(long... nodes) {
    long id = status.getShardsCount() + 1L;
    Shard.Builder shard = Shard.newBuilder().setId(id).setKeyspace(1);
    ShardStatus.Builder one = ShardStatus.newBuilder();
    for (long node : nodes) {
      shard.addReplicas(Replica.newBuilder().setNode(node).setReplica(10 * id + node));
      one.addReplicas(
          ReplicaStatus.newBuilder().setNode(node).setReplica(10 * id + node).setAlive(node > 2));
    }
    status.addShards(one.setShard(shard));
  }

  private AfterRecovery after() {
    return new AfterRecovery(FakeStatus.read(status.build()), new TreeSet<>(List.of(1L, 2L)));
  }

  @Test
  void whatIsEmptyCanBeRemoved() {
    nodes(3);
    shardOn(3);
    assertThat(after().empty()).containsExactly(1L, 2L);
    assertThat(after().steps()).isEmpty();
  }

  /**
   * As placement says: with half of four nodes silent, nothing is planned; with two of five, it is.
   */
  @Test
  void withHalfOfTheNodesSilentOneMoreIsNeeded() {
    nodes(4);
    shardOn(3);
    shardOn(1, 3, 4);
    shardOn(2, 3, 4);
    assertThat(after().empty()).isEmpty();
    assertThat(after().steps())
        .contains("Node 1 cannot be removed yet: 1 shard has a replica there.")
        .contains(
            "First add a node: while half of the nodes are silent, placement begins nothing. Then"
                + " what they hold is replaced by itself.");
  }

  /** Without node 1, one of three is silent. */
  @Test
  void whereTheEmptyAreRemovedFirstFewerAreSilent() {
    nodes(4);
    shardOn(2, 3, 4);
    assertThat(after().empty()).containsExactly(1L);
    assertThat(after().steps())
        .contains("Node 2 cannot be removed yet: 1 shard has a replica there.")
        .anyMatch(step -> step.startsWith("First add a node: no node that is left may take"));
  }

  @Test
  void whereOthersMayTakeTheirPlaceNobodyHasToBeAdded() {
    nodes(5);
    shardOn(1, 3, 4);
    assertThat(after().steps())
        .containsExactly(
            "Node 1 cannot be removed yet: 1 shard has a replica there.",
            "What they hold is replaced by itself; job watch shows it.",
            "Then node why says of each when it can be removed.");
    status.getNodesBuilder(4).getNodeBuilder().setState(io.flotilla.proto.map.NodeState.DRAINING);
    assertThat(after().steps()).anyMatch(step -> step.startsWith("First add a node: no node"));
  }

  @Test
  void whatHasNoMajorityIsNotReplaced() {
    nodes(5);
    shardOn(1, 2, 3);
    assertThat(after().steps())
        .containsExactly(
            "Node 1 cannot be removed yet: 1 shard has a replica there.",
            "Node 2 cannot be removed yet: 1 shard has a replica there.",
            "Shards there without a majority, 1, come first: shard recover says what is in the"
                + " way.",
            "Then node why says of each when it can be removed.");
  }
}
