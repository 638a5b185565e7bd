package io.flotilla.router.map;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.flotilla.proto.map.Epoch;
import io.flotilla.proto.map.Keyspace;
import io.flotilla.proto.map.Node;
import io.flotilla.proto.map.Replica;
import io.flotilla.proto.map.Shard;
import io.flotilla.proto.placement.Leader;
import io.flotilla.proto.placement.MapUpdate;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ShardMapTest {
  private final ShardMap map =
      ShardMap.EMPTY.updatedBy(
          complete(5, shard(1, "b", "d", 1), shard(2, "d", "f", 1), shard(3, "h", "", 1)));

  private static ByteString text(String text) {
    return ByteString.copyFromUtf8(text);
  }

  private static Shard shard(long id, String start, String end, long version) {
    return Shard.newBuilder()
        .setId(id)
        .setStart(text(start))
        .setEnd(text(end))
        .setEpoch(Epoch.newBuilder().setVersion(version).setConfVersion(1))
        .addReplicas(Replica.newBuilder().setNode(1).setReplica(11))
        .addReplicas(Replica.newBuilder().setNode(2).setReplica(12))
        .setPreferredLeader(12)
        .build();
  }

  private static MapUpdate complete(long revision, Shard... shards) {
    return MapUpdate.newBuilder()
        .setRevision(revision)
        .setComplete(true)
        .addAllShards(List.of(shards))
        .build();
  }

  private static long routed(ShardMap map, String key) {
    Route route = map.routeOf(text(key));
    return route == null ? 0 : route.id();
  }

  private static long routedBefore(ShardMap map, String end) {
    Route route = map.routeBefore(text(end));
    return route == null ? 0 : route.id();
  }

  @Test
  void aKeyBelongsToTheRangeAroundIt() {
    assertThat(routed(map, "a")).isZero();
    assertThat(routed(map, "b")).isEqualTo(1);
    assertThat(routed(map, "czz")).isEqualTo(1);
    assertThat(routed(map, "d")).isEqualTo(2);
    assertThat(routed(map, "f")).isZero();
    assertThat(routed(map, "h")).isEqualTo(3);
    assertThat(routed(map, "\uffff")).isEqualTo(3);
  }

  @Test
  void whatLiesBeforeABound() {
    assertThat(routedBefore(map, "")).isEqualTo(3);
    assertThat(routedBefore(map, "i")).isEqualTo(3);
    assertThat(routedBefore(map, "h")).as("a gap").isZero();
    assertThat(routedBefore(map, "f")).isEqualTo(2);
    assertThat(routedBefore(map, "d")).isEqualTo(1);
    assertThat(routedBefore(map, "c")).isEqualTo(1);
    assertThat(routedBefore(map, "b")).isZero();
  }

  @Test
  void thePreferredLeaderIsAskedFirst() {
    Route route = map.route(1);
    assertThat(route.candidates()).isEqualTo(2);
    assertThat(route.candidate(0)).isEqualTo(2);
  }

  @Test
  void anUpdateOfThePastChangesNothing() {
    assertThat(map.updatedBy(complete(4))).isSameAs(map);
    assertThat(map.updatedBy(MapUpdate.newBuilder().setRevision(4).addRemovedShards(1).build()))
        .isSameAs(map);
  }

  @Test
  void beforeTheFirstCompleteMapNothingIsUsed() {
    MapUpdate part = MapUpdate.newBuilder().setRevision(9).addShards(shard(1, "a", "", 1)).build();
    assertThat(ShardMap.EMPTY.updatedBy(part).isKnown()).isFalse();
  }

  @Test
  void changesArePutOnTop() {
    ShardMap changed =
        map.updatedBy(
            MapUpdate.newBuilder()
                .setRevision(6)
                .addKeyspaces(Keyspace.newBuilder().setId(9).setName("new"))
                .addNodes(Node.newBuilder().setId(7).setAddress("there:1"))
                .addShards(shard(4, "f", "h", 1))
                .addRemovedShards(1)
                .build());
    assertThat(changed.revision()).isEqualTo(6);
    assertThat(routed(changed, "c")).isZero();
    assertThat(routed(changed, "g")).isEqualTo(4);
    assertThat(changed.address(7)).isEqualTo("there:1");
    assertThat(changed.keyspace("new")).isNotNull();
  }

  @Test
  void aDescriptorNeverGivesWayToAnOlderOne() {
    ShardMap split = map.taught(List.of(shard(1, "b", "c", 2), shard(9, "c", "d", 2)));
    assertThat(routed(split, "c")).isEqualTo(9);
    assertThat(split.taught(List.of(shard(1, "b", "d", 1)))).isSameAs(split);
    ShardMap late =
        split.updatedBy(
            MapUpdate.newBuilder().setRevision(6).addShards(shard(1, "b", "d", 1)).build());
    assertThat(late.route(1).epoch().getVersion()).isEqualTo(2);
  }

  /** Placement hears of a split after nodes and clients. */
  @Test
  void aCompleteMapFromBeforeASplitTakesNoHalfAway() {
    ShardMap split =
        map.taught(List.of(shard(1, "b", "c", 2), shard(9, "c", "d", 2)))
            .taught(List.of(shard(9, "c", "cc", 3), shard(10, "cc", "d", 3)));
    ShardMap asked = split.updatedBy(complete(6, shard(1, "b", "d", 1), shard(2, "d", "f", 1)));
    assertThat(routed(asked, "b")).isEqualTo(1);
    assertThat(routed(asked, "c")).isEqualTo(9);
    assertThat(routed(asked, "cd")).isEqualTo(10);
    assertThat(routed(asked, "h")).as("what placement knows no more").isZero();
    ShardMap merged = asked.updatedBy(complete(7, shard(1, "b", "f", 4)));
    assertThat(merged.routes()).extracting(Route::id).containsExactly(1L);
  }

  @Test
  void theNewHalfOfASplitIsFoundEvenIfTheOldOneIsNotKnownToHaveShrunk() {
    ShardMap half = map.taught(List.of(shard(9, "c", "d", 2)));
    assertThat(routed(half, "c")).isEqualTo(9);
    assertThat(routed(half, "b")).isEqualTo(1);
  }

  @Test
  void whatAMergeHasAbsorbedIsNotFoundAnyMore() {
    ShardMap merged = map.taught(List.of(shard(1, "b", "f", 3)));
    assertThat(routed(merged, "d")).isEqualTo(1);
    assertThat(routed(merged, "e")).isEqualTo(1);
  }

  @Test
  void placementSaysWhatIsNoMore() {
    MapUpdate merge =
        MapUpdate.newBuilder()
            .setRevision(6)
            .addShards(shard(2, "b", "f", 3))
            .addRemovedShards(1)
            .build();
    ShardMap merged = map.updatedBy(merge);
    assertThat(merged.route(1)).isNull();
    assertThat(routed(merged, "b")).isEqualTo(2);
    assertThat(routedBefore(merged, "d")).isEqualTo(2);
    ShardMap late = merged.taught(List.of(shard(1, "b", "d", 2)));
    assertThat(routed(late, "b")).as("a node that lags behind").isEqualTo(2);
    assertThat(late.taught(List.of(shard(1, "b", "d", 2)))).as("no news").isSameAs(late);
    assertThat(late.updatedBy(complete(7, shard(2, "b", "f", 3))).route(1)).isNull();
  }

  /**
   * Descriptors out of a long history of splits and merges arrive in any order, from nodes and from
   * placement. When those of now have arrived, every key is found where it is now, whatever else
   * has arrived.
   */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
  void newerVersionsWinInWhateverOrderTheyArrive(long seed) {
    Random random = new Random(seed);
    List<Shard> now = new ArrayList<>(List.of(shard(1, "a", "zz", 1)));
    List<Shard> all = new ArrayList<>(now);
    long ids = 2;
    for (int i = 0; i < 60; i++) {
      int at = random.nextInt(now.size());
      Shard shard = now.get(at);
      if (random.nextBoolean() && at + 1 < now.size()) {
        merge(now, at, random.nextBoolean(), all);
      } else {
        ids = split(now, at, shard.getStart().toStringUtf8() + (char) ('b' + i % 20), ids, all);
      }
    }
    ShardMap known = map.updatedBy(complete(6, all.get(0)));
    List<Shard> arriving = new ArrayList<>(all);
    Collections.shuffle(arriving, random);
    for (Shard each : arriving) {
      known =
          random.nextBoolean()
              ? known.taught(List.of(each))
              : known.updatedBy(
                  MapUpdate.newBuilder().setRevision(known.revision() + 1).addShards(each).build());
    }
    assertThat(known.routes())
        .extracting(Route::id)
        .containsExactlyElementsOf(now.stream().map(Shard::getId).toList());
    for (Shard each : now) {
      assertThat(known.routeOf(each.getStart()).shard()).isEqualTo(each);
      assertThat(known.routeBefore(each.getEnd()).shard()).isEqualTo(each);
    }
  }

  private static void merge(List<Shard> now, int at, boolean leftStays, List<Shard> all) {
    Shard left = now.get(at);
    Shard right = now.remove(at + 1);
    Shard stays = leftStays ? left : right;
    Shard goes = leftStays ? right : left;
    Epoch frozen = goes.getEpoch().toBuilder().setVersion(goes.getEpoch().getVersion() + 1).build();
    long version = Math.max(frozen.getVersion(), stays.getEpoch().getVersion()) + 1;
    Shard united =
        stays.toBuilder()
            .setStart(left.getStart())
            .setEnd(right.getEnd())
            .setEpoch(stays.getEpoch().toBuilder().setVersion(version))
            .build();
    all.add(goes.toBuilder().setEpoch(frozen).build());
    all.add(united);
    now.set(at, united);
  }

  private static long split(List<Shard> now, int at, String key, long ids, List<Shard> all) {
    Shard before = now.get(at);
    ByteString cut = ByteString.copyFromUtf8(key);
    if (Route.compare(cut, before.getEnd()) >= 0) {
      return ids;
    }
    Epoch epoch =
        before.getEpoch().toBuilder().setVersion(before.getEpoch().getVersion() + 1).build();
    Shard left = before.toBuilder().setEnd(cut).setEpoch(epoch).build();
    Shard right = before.toBuilder().setId(ids).setStart(cut).setEpoch(epoch).build();
    now.set(at, left);
    now.add(at + 1, right);
    all.add(left);
    all.add(right);
    return ids + 1;
  }

  @Test
  void placementsWordOnALeaderCountsOnlyWithANewerTerm() {
    LeaderHints hints = new LeaderHints();
    assertThat(hints.reported(1, "a:1", 5)).isTrue();
    hints.answered(1, "b:1");
    assertThat(hints.reported(1, "a:1", 5)).isFalse();
    assertThat(hints.address(1)).isEqualTo("b:1");
    hints.denied(1, "a:1");
    assertThat(hints.address(1)).isEqualTo("b:1");
    hints.denied(1, "b:1");
    assertThat(hints.address(1)).isNull();
    assertThat(hints.reported(1, "a:1", 5)).isFalse();
    assertThat(hints.reported(1, "c:1", 6)).isTrue();
    assertThat(hints.address(1)).isEqualTo("c:1");
  }

  @Test
  void whoLeadsInATermInWhichNobodyDidIsNews() {
    LeaderHints hints = new LeaderHints();
    assertThat(hints.reported(1, "", 5)).isFalse();
    assertThat(hints.reported(1, "a:1", 5)).isTrue();
    assertThat(hints.reported(1, "", 6)).isFalse();
    hints.answered(1, "b:1");
    assertThat(hints.reported(1, "a:1", 6)).as("a node knows better").isFalse();
    assertThat(hints.address(1)).isEqualTo("b:1");
  }

  @Test
  void listenersHearOfWhatChanges() {
    List<String> heard = new ArrayList<>();
    LiveMap live = new LiveMap();
    live.listen(
        new LiveMap.Listener() {
          @Override
          public void onMap(ShardMap changed) {
            heard.add("map " + changed.revision());
          }

          @Override
          public void onLeader(long shard) {
            heard.add("leader of " + shard);
          }
        });
    Leader leader = Leader.newBuilder().setShard(1).setNode(1).setTerm(3).build();
    live.update(
        complete(5, shard(1, "b", "d", 1)).toBuilder()
            .addNodes(Node.newBuilder().setId(1).setAddress("a:1"))
            .addLeaders(leader)
            .build());
    live.update(MapUpdate.newBuilder().setRevision(5).addLeaders(leader).build());
    assertThat(live.learn(List.of(shard(1, "b", "d", 1)))).isFalse();
    assertThat(live.learn(List.of(shard(1, "b", "c", 2)))).isTrue();
    assertThat(heard).containsExactly("map 5", "leader of 1", "map 5");
  }
}
