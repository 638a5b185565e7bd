package io.flotilla.placement.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import io.flotilla.proto.map.Keyspace;
import io.flotilla.proto.map.Partitioning;
import io.flotilla.proto.placement.CreateKeyspaceReply;
import io.flotilla.proto.placement.CreateKeyspaceRequest;
import io.flotilla.proto.placement.GetMapRequest;
import io.flotilla.proto.placement.MapUpdate;
import io.flotilla.proto.placement.NodeStatus;
import io.flotilla.proto.placement.PlacementCommand;
import io.flotilla.proto.placement.RegisterNodeReply;
import io.flotilla.proto.placement.RegisterNodeRequest;
import io.flotilla.proto.placement.ReportRequest;
import io.flotilla.proto.placement.ShardReport;
import io.flotilla.proto.placement.StatusReply;
import io.flotilla.proto.placement.StatusRequest;
import io.flotilla.proto.placement.WatchRequest;
import io.flotilla.raft.core.Refusal;
import io.flotilla.raft.core.ReplicaId;
import io.flotilla.rpc.ErrorCode;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

final class PlacementServiceTest extends OneMember {
  @Test
  void createsTheBuiltInKeyspacesWhenThereAreNodesEnough() {
    registerNodes(2);
    MapUpdate before = ask(service::getMap, GetMapRequest.getDefaultInstance()).reply();
    assertThat(before.getComplete()).isTrue();
    assertThat(before.getKeyspacesList()).isEmpty();

    registerNodes(3);
    await().until(() -> map.view().keyspaces().size() == 2);
    MapUpdate after = ask(service::getMap, GetMapRequest.getDefaultInstance()).reply();
    assertThat(after.getKeyspacesList())
        .extracting(Keyspace::getId, Keyspace::getName, Keyspace::getPartitioning)
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple(1, "default", Partitioning.RANGE),
            org.assertj.core.groups.Tuple.tuple(2, "redis", Partitioning.HASH));
    assertThat(after.getShardsList()).hasSize(8);
    assertThat(after.getNodesList()).hasSize(3);
  }

  @Test
  void refusesBadRequestsWithOneClearError() {
    registerNodes(1);
    assertError(create("default", 4, 1), ErrorCode.CONFLICT, "is built in");
    assertError(create("Bad!", 4, 1), ErrorCode.INVALID_REQUEST, "keyspace name 'Bad!'");
    assertError(create("k", 0, 1), ErrorCode.INVALID_REQUEST, "shards is 0; allowed: 1 to 16384");
    assertError(create("k", 99999, 1), ErrorCode.INVALID_REQUEST, "shards is 99999");
    assertError(create("k", 4, 16), ErrorCode.INVALID_REQUEST, "replicas is 16");
    assertError(create("k", 4, 3), ErrorCode.CONFLICT, "need 3 nodes; 1 are registered");
    CreateKeyspaceRequest.Builder odd = CreateKeyspaceRequest.newBuilder().setName("k");
    assertError(
        ask(service::createKeyspace, odd.setShards(1).setPartitioningValue(7).build()),
        ErrorCode.INVALID_REQUEST,
        "unknown partitioning");

    RegisterNodeRequest.Builder node = RegisterNodeRequest.newBuilder().setIncarnation("x");
    assertError(
        ask(service::registerNode, node.setAddress("nowhere").build()),
        ErrorCode.INVALID_REQUEST,
        "address 'nowhere' is not allowed; allowed: host:port");
    assertError(
        ask(service::registerNode, node.setAddress("h:70000").build()),
        ErrorCode.INVALID_REQUEST,
        "address 'h:70000'");
    assertError(
        ask(service::registerNode, node.setAddress("h:7000").setNode(9).build()),
        ErrorCode.CONFLICT,
        "node 9 with data directory 'x' is not of this cluster");
    assertError(
        ask(service::report, ReportRequest.newBuilder().setNode(9).build()),
        ErrorCode.CONFLICT,
        "node 9 is not registered");
  }

  @Test
  void boundsTheMapInBytes() {
    registerNodes(1);
    assertError(
        ask(service::createKeyspace, wishWithLongSplitKeys("huge", 1024)),
        ErrorCode.INVALID_REQUEST,
        "shorter split keys");
    assertThat(ask(service::createKeyspace, wishWithLongSplitKeys("first", 300)).replies)
        .hasSize(1);
    assertError(
        ask(service::createKeyspace, wishWithLongSplitKeys("second", 300)),
        ErrorCode.CONFLICT,
        "allowed: 4194304 in all");
  }

  private static CreateKeyspaceRequest wishWithLongSplitKeys(String name, int count) {
    CreateKeyspaceRequest.Builder wish =
        CreateKeyspaceRequest.newBuilder().setName(name).setReplicas(1);
    for (int i = 0; i < count; i++) {
      byte[] key = new byte[4096];
      key[0] = (byte) (1 + i / 200);
      key[1] = (byte) (i % 200);
      wish.addSplitKeys(ByteString.copyFrom(key));
    }
    return wish.build();
  }

  @Test
  void whatComesTooLateIsNotBegun() {
    FakeCall<StatusRequest, StatusReply> late = new FakeCall<>(StatusRequest.getDefaultInstance());
    late.deadlineNanos = nanos.get() - 1;
    service.status(late);
    await().until(late::isAnswered);
    assertThat(late.errorCode()).isEqualTo(ErrorCode.DEADLINE_EXCEEDED);
  }

  @Test
  void takesUnknownFieldsOutOfWhatItProposes() throws Exception {
    RegisterNodeRequest newer =
        RegisterNodeRequest.parseFrom(
            ByteString.copyFrom(new byte[] {(byte) 0xf8, 0x07, 1})
                .concat(register(1).toByteString()));
    assertThat(newer.getUnknownFields().asMap()).isNotEmpty();
    assertThat(ask(service::registerNode, newer).reply().getNode()).isEqualTo(1);
  }

  @Test
  void createsAKeyspaceAndPlansAgainWhenNodesComeMeanwhile() {
    registerNodes(2);
    AtomicInteger proposals = new AtomicInteger();
    group.beforeProposal =
        () -> {
          if (proposals.incrementAndGet() == 1) {
            PlacementCommand late =
                PlacementCommand.newBuilder().setRegisterNode(register(77)).build();
            group.apply(late.toByteArray());
          }
        };
    FakeCall<CreateKeyspaceRequest, CreateKeyspaceReply> call = create("mine", 6, 1);
    assertThat(call.reply().getKeyspace().getName()).isEqualTo("mine");
    assertThat(proposals.get()).isGreaterThanOrEqualTo(2);
    assertError(create("mine", 6, 1), ErrorCode.CONFLICT, "'mine' exists already");
  }

  /** It costs one replica more, and bears no more losses. */
  @Test
  void anEvenNumberOfReplicasIsRemarkedOn() {
    registerNodes(4);
    await().until(() -> map.view().keyspaces().size() == 2);
    assertThat(create("four", 2, 4).reply().getNotesList())
        .containsExactly(
            "4 replicas bear the loss of 1, no more than 3 would: an odd number is better");
    assertThat(create("three", 2, 3).reply().getNotesList()).isEmpty();
    assertThat(create("usual", 2, 0).reply().getNotesList()).isEmpty();
  }

  @Test
  void aSilentNodeGetsNothingNew() {
    registerNodes(4);
    await().until(() -> map.view().keyspaces().size() == 2);
    nanos.addAndGet(6_000_000_000L);
    for (long node = 1; node <= 3; node++) {
      report(node, ShardReport.getDefaultInstance());
    }
    assertThat(create("mine", 6, 3).replies).hasSize(1);
    assertThat(map.view().shards().values())
        .filteredOn(shard -> shard.value().keyspace() > 2)
        .hasSize(6)
        .allSatisfy(
            shard ->
                assertThat(shard.value().replicas())
                    .extracting(replica -> replica.node())
                    .containsExactly(1L, 2L, 3L));
    assertError(create("wide", 6, 4), ErrorCode.CONFLICT, "4 are registered, and 3 of them");

    StatusReply status = ask(service::status, StatusRequest.getDefaultInstance()).reply();
    assertThat(status.getNodesList())
        .extracting(NodeStatus::getAlive)
        .containsExactly(true, true, true, false);
    assertThat(status.getNodes(3).getSilentMillis()).isEqualTo(6000);
  }

  @Test
  void whoReportedToAnotherLeaderIsNotSilentYet() {
    registerNodes(1);
    nanos.addAndGet(60_000_000_000L);
    assertThat(isAlive()).isFalse();
    group.term = 3; // there was one in term 2
    await().until(this::isAlive);
  }

  private boolean isAlive() {
    return ask(service::status, StatusRequest.getDefaultInstance()).reply().getNodes(0).getAlive();
  }

  @Test
  void statusPutsMapAndReportsSideBySide() {
    registerNodes(3);
    await().until(() -> map.view().keyspaces().size() == 2);
    long replica = map.view().shards().get(1L).value().replicas().get(1).id();
    report(
        2,
        ShardReport.newBuilder()
            .setShard(1)
            .setReplica(replica)
            .setLeader(true)
            .setTerm(4)
            .setLastIndex(20)
            .setApplied(19)
            .build());
    StatusReply status = ask(service::status, StatusRequest.getDefaultInstance()).reply();
    assertThat(status.getCluster()).isEqualTo("c");
    assertThat(status.getMembersList()).hasSize(1);
    assertThat(status.getMembers(0).getLeader()).isTrue();
    assertThat(status.getMembers(0).getAddress()).isEqualTo("p:1");
    assertThat(status.getNodes(1).getLeaders()).isEqualTo(1);
    assertThat(status.getNodes(1).getReplicas()).isEqualTo(8);
    assertThat(status.getShards(0).getLeaderNode()).isEqualTo(2);
    assertThat(status.getShards(0).getTerm()).isEqualTo(4);
    assertThat(status.getShards(0).getReplicas(1).getReported()).isTrue();
    assertThat(status.getShards(0).getReplicas(1).getApplied()).isEqualTo(19);
    assertThat(status.getShards(0).getReplicas(0).getReported()).isFalse();
  }

  @Test
  void aMemberThatDoesNotLeadSaysWhoDoes() {
    registerNodes(1);
    FakeCall<WatchRequest, MapUpdate> watch = ask(service::watchMap, watchAfter(0));
    group.leads = false;
    await().until(() -> isFailed(watch));
    for (FakeCall<?, ?> call :
        java.util.List.of(
            watch,
            ask(service::getMap, GetMapRequest.getDefaultInstance()),
            ask(service::registerNode, register(5)),
            ask(service::status, StatusRequest.getDefaultInstance()),
            ask(service::report, ReportRequest.newBuilder().setNode(1).build()),
            create("k", 1, 1),
            ask(service::watchMap, watchAfter(0)))) {
      assertThat(call.errorCode()).isEqualTo(ErrorCode.NOT_LEADER);
      assertThat(call.error().getLeaderNode()).isEqualTo(2);
      assertThat(call.error().getLeaderAddress()).isEqualTo("p:2");
    }
  }

  @Test
  void tellsRefusedFromUnknown() {
    group.losesAnswers = true;
    assertThat(ask(service::registerNode, register(1)).errorCode())
        .isEqualTo(ErrorCode.UNKNOWN_OUTCOME);
    group.losesAnswers = false;
    assertThat(ask(service::registerNode, register(1)).reply().getNode()).isEqualTo(1);
    group.refuses = Optional.of(new Refusal.Overloaded());
    FakeCall<RegisterNodeRequest, RegisterNodeReply> busy = ask(service::registerNode, register(2));
    assertThat(busy.errorCode()).isEqualTo(ErrorCode.OVERLOADED);
    assertThat(busy.error().getRetryAfterMillis()).isPositive();
    group.refuses = Optional.of(new Refusal.Transferring(new ReplicaId(2)));
    assertThat(ask(service::getMap, GetMapRequest.getDefaultInstance()).errorCode())
        .isEqualTo(ErrorCode.NOT_LEADER);
  }
}
