package io.flotilla.placement.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.flotilla.placement.plan.MapRoom;
import io.flotilla.proto.map.Keyspace;
import io.flotilla.proto.placement.MapUpdate;
import io.flotilla.proto.placement.ShardReport;
import io.flotilla.proto.placement.WatchRequest;
import org.junit.jupiter.api.Test;

final class WatchMapTest extends OneMember {
  @Test
  void watchersGetTheMapThenWhatChangesAndHintsOfLeaders() {
    registerNodes(3);
    await().until(() -> map.view().keyspaces().size() == 2);
    long revision = map.view().revision();
    FakeCall<WatchRequest, MapUpdate> fresh = ask(service::watchMap, watchAfter(0));
    FakeCall<WatchRequest, MapUpdate> returning = ask(service::watchMap, watchAfter(revision - 1));
    FakeCall<WatchRequest, MapUpdate> foreign = ask(service::watchMap, watchAfter(revision + 1000));
    assertThat(fresh.reply().getComplete()).isTrue();
    assertThat(fresh.reply().getShardsList()).hasSize(8);
    assertThat(fresh.reply().getRevision()).isEqualTo(revision);
    assertThat(returning.reply().getComplete()).isFalse();
    assertThat(returning.reply().getKeyspacesList()).extracting(Keyspace::getId).containsExactly(2);
    assertThat(returning.reply().getShardsList()).hasSize(4);
    assertThat(returning.reply().getNodesList()).isEmpty();
    assertThat(foreign.reply().getComplete()).isTrue();

    report(2, ShardReport.newBuilder().setShard(5).setLeader(true).setTerm(3).build());
    await().until(() -> fresh.replies.size() == 2);
    assertThat(fresh.reply().getRevision()).isEqualTo(revision);
    assertThat(fresh.reply().getShardsList()).isEmpty();
    assertThat(fresh.reply().getLeadersList()).hasSize(1);
    assertThat(fresh.reply().getLeaders(0).getNode()).isEqualTo(2);

    FakeCall<WatchRequest, MapUpdate> late = ask(service::watchMap, watchAfter(revision));
    assertThat(late.reply().getLeadersList()).hasSize(1);
    assertThat(late.reply().getShardsList()).isEmpty();

    registerNodes(4);
    await().until(() -> fresh.replies.size() == 3);
    assertThat(fresh.reply().getNodesList()).hasSize(1);
    assertThat(fresh.reply().getLeadersList()).isEmpty();
  }

  @Test
  void whatTheMapTakesIsEstimatedNeverTooLow() {
    registerNodes(3);
    create("narrow", 100, 3);
    create("wide", 100, 1);
    int real =
        ask(service::watchMap, watchAfter(0)).reply().toBuilder()
            .clearNodes()
            .clearKeyspaces()
            .clearMembers()
            .build()
            .getSerializedSize();
    assertThat(MapRoom.in(map.view()).takenBytes()).isBetween((long) real, real * 7L / 4);
  }

  @Test
  void aSlowWatcherGetsOneUpdateForManyChanges() {
    FakeCall<WatchRequest, MapUpdate> slow = ask(service::watchMap, watchAfter(0));
    FakeCall<WatchRequest, MapUpdate> quick = ask(service::watchMap, watchAfter(0));
    slow.writable = false;
    registerNodes(2);
    for (int i = 0; i < 20; i++) {
      String name = "k" + i;
      assertThat(create(name, 1, 1).replies).hasSize(1);
    }
    await().until(() -> quick.reply().getRevision() == map.view().revision());
    assertThat(slow.replies).hasSize(1);
    slow.writable = true;
    await().until(() -> slow.replies.size() == 2);
    assertThat(slow.reply().getKeyspacesList()).hasSize(20);
    assertThat(slow.reply().getNodesList()).hasSize(2);
    assertThat(slow.reply().getRevision()).isEqualTo(map.view().revision());
  }

  @Test
  void watchersGetTheMapWhateverFailsBesides() throws Exception {
    stop();
    directory = directory.resolve("other");
    begin(null);
    FakeCall<WatchRequest, MapUpdate> watcher = ask(service::watchMap, watchAfter(0));
    registerNodes(2);
    await().until(() -> watcher.reply().getRevision() == map.view().revision());
    assertThat(map.view().cluster()).as("what failed").isEmpty();
  }

  @Test
  void aWatcherThatLeftIsForgotten() {
    FakeCall<WatchRequest, MapUpdate> gone = ask(service::watchMap, watchAfter(0));
    FakeCall<WatchRequest, MapUpdate> here = ask(service::watchMap, watchAfter(0));
    gone.leave();
    registerNodes(1);
    await().until(() -> here.replies.size() == 2);
    assertThat(gone.replies).hasSize(1);
  }
}
