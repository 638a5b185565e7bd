package io.flotilla.raft.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.raft.core.Membership;
import io.flotilla.raft.core.Membership.Member;
import io.flotilla.raft.core.ReplicaId;
import io.flotilla.raft.port.NodeId;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** Replica n lives on node n. */
class RoutesTest {
  private final Routes routes = new Routes(of(1, 2, 3));

  private static Membership of(long... ids) {
    return Membership.of(
        LongStream.of(ids).mapToObj(id -> new Member(new ReplicaId(id), id)).toList());
  }

  private void hear(long id) {
    routes.learn(new ReplicaId(id), new NodeId(id));
  }

  private List<Long> known(long first, long last) {
    return LongStream.rangeClosed(first, last)
        .filter(id -> new NodeId(id).equals(routes.nodeOf(new ReplicaId(id))))
        .boxed()
        .toList();
  }

  /** The third of three members is replaced again and again. */
  private void replaceUpTo(long last) {
    for (long leaves = 3; leaves < last; leaves++) {
      routes.update(of(1, 2, leaves, leaves + 1));
      routes.update(of(1, 2, leaves + 1));
      assertThat(known(leaves, leaves)).as("who has just left").containsExactly(leaves);
    }
  }

  @Test
  void whoeverLeavesCanBeToldHoweverManyHaveLeftBefore() {
    replaceUpTo(40);
    assertThat(known(1, 40)).startsWith(1L, 2L).endsWith(39L, 40L).hasSize(3 + 16);
    hear(3);
    assertThat(known(3, 3)).as("it asks").containsExactly(3L);
  }

  @Test
  void aStrangerIsAnsweredWhateverTheHistory() {
    replaceUpTo(40);
    for (long stranger = 100; stranger < 140; stranger++) {
      hear(stranger);
      hear(100);
    }
    assertThat(known(100, 139)).startsWith(100L).endsWith(138L, 139L).hasSize(16);
    assertThat(known(24, 39)).as("those who have left").hasSize(16);
  }

  @Test
  void whoComesBackIsAMember() {
    hear(4);
    routes.update(of(1, 2, 4));
    routes.update(of(1, 2, 3));
    assertThat(known(1, 4)).containsExactly(1L, 2L, 3L, 4L);
    replaceUpTo(40);
    assertThat(known(1, 2)).containsExactly(1L, 2L);
  }
}
