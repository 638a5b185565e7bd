package io.flotilla.shard.host;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.proto.map.Epoch;
import io.flotilla.proto.map.Frozen;
import io.flotilla.proto.map.Replica;
import io.flotilla.proto.map.Shard;
import io.flotilla.shard.kv.KeyRange;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What is told to who was routed by another version, and how much is looked at for that. */
class StaleEpochTest extends OneHost {
  private static final Shard SOURCE =
      shard(7, "g", "p", 5)
          .setFrozen(Frozen.newBuilder().setInto(8).setIntoEpoch(epoch(4)).setIndex(30))
          .build();

  /** Those that were opened by an offer; who looks at all of them fails. */
  private static final class ByName extends HashMap<Long, HostedShard> {
    @Override
    public Collection<HostedShard> values() {
      throw new AssertionError("all shards were looked at");
    }
  }

  private static Epoch epoch(long version) {
    return Epoch.newBuilder().setVersion(version).setConfVersion(2).build();
  }

  private static Shard.Builder shard(long id, String start, String end, long version) {
    return Shard.newBuilder()
        .setId(id)
        .setKeyspace(1)
        .setStart(key(start))
        .setEnd(key(end))
        .setEpoch(epoch(version))
        .addReplicas(Replica.newBuilder().setNode(NODE).setReplica(id * 10 + 2));
  }

  /** In this order: a later one does not wait for an earlier. */
  private ByName here(Shard... shards) throws Exception {
    ByName here = new ByName();
    for (Shard shard : shards) {
      assertThat(host.offer(List.of(shard))).isEqualTo(1);
      here.put(shard.getId(), host.find(shard.getId()));
    }
    return here;
  }

  private static KeyRange around(String key) {
    return KeyRange.around(List.of(key(key)));
  }

  private static List<Shard> told(Shard shard, String asked, Map<Long, HostedShard> here) {
    return StaleEpoch.detail(shard, around(asked), here, List.of()).getShardsList();
  }

  @Test
  void whoIsToAbsorbItIsKnownByName() throws Exception {
    ByName before = here(shard(8, "a", "g", 4).build(), SOURCE);
    assertThat(StaleEpoch.isReplaced(SOURCE, before)).isFalse();
    assertThat(StaleEpoch.isReplaced(SOURCE, Map.of())).as("is elsewhere").isFalse();
  }

  @Test
  void whoHasAbsorbedItIsTold() throws Exception {
    Shard target = shard(8, "a", "p", 6).build();
    ByName here = here(target, SOURCE);
    assertThat(StaleEpoch.isReplaced(SOURCE, here)).isTrue();
    assertThat(told(SOURCE, "k", here)).containsExactly(target);
  }

  @Test
  void soIsWhatWasCutOffSince() throws Exception {
    Shard cutOff = shard(9, "g", "p", 7).build();
    Shard target = shard(8, "a", "g", 7).addCutOff(cutOff).build();
    ByName here = here(target, SOURCE);
    assertThat(StaleEpoch.isReplaced(SOURCE, here)).isTrue();
    assertThat(told(SOURCE, "k", here)).containsExactly(target, cutOff);
  }

  /** The neighbour went on at another version: it can absorb it no more. */
  @Test
  void whoHasNotAbsorbedItHasReplacedNothing() throws Exception {
    ByName here = here(shard(8, "a", "g", 6).build(), SOURCE);
    assertThat(StaleEpoch.isReplaced(SOURCE, here)).isFalse();
  }

  @Test
  void bothSidesOfACutAreToldAsTheyAreNow() throws Exception {
    Shard cutOff = shard(9, "k", "p", 6).build();
    Shard rest = shard(7, "g", "k", 6).addCutOff(cutOff).build();
    ByName here =
        here(rest, cutOff.toBuilder().setEpoch(epoch(6).toBuilder().setConfVersion(4)).build());
    assertThat(told(rest, "h", here)).containsExactly(rest, here.get(9L).descriptor());
    assertThat(told(rest, "l", here)).containsExactly(rest, here.get(9L).descriptor());
  }

  @Test
  void whoIsFurtherBehindIsToldOfWhomeverIsHere() throws Exception {
    Shard other = shard(10, "p", "z", 5).build();
    Map<Long, HostedShard> here = new HashMap<>(here(shard(7, "g", "k", 6).build(), other));
    assertThat(told(host.find(7).descriptor(), "q", here))
        .containsExactly(host.find(7).descriptor(), other);
  }

  /** By its own descriptor it still has them. */
  @Test
  void soIsWhoIsRoutedToAFrozenOneWhoseTargetIsNotHere() throws Exception {
    Shard heir = shard(10, "a", "z", 9).build();
    Map<Long, HostedShard> here = new HashMap<>(here(heir, SOURCE));
    assertThat(told(SOURCE, "k", here)).containsExactly(heir);
  }
}
