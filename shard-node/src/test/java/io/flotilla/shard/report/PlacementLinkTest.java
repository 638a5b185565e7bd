package io.flotilla.shard.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import io.flotilla.proto.errors.ErrorDetail;
import io.flotilla.proto.map.Epoch;
import io.flotilla.proto.map.Node;
import io.flotilla.proto.map.Replica;
import io.flotilla.proto.map.ReplicaRole;
import io.flotilla.proto.map.Shard;
import io.flotilla.proto.placement.MapUpdate;
import io.flotilla.proto.placement.PingReply;
import io.flotilla.proto.placement.RegisterNodeReply;
import io.flotilla.proto.placement.RegisterNodeRequest;
import io.flotilla.proto.placement.ReportReply;
import io.flotilla.proto.placement.ReportRequest;
import io.flotilla.proto.placement.ShardReport;
import io.flotilla.proto.placement.WatchRequest;
import io.flotilla.raft.core.GroupStatus;
import io.flotilla.raft.core.Membership;
import io.flotilla.raft.core.ReplicaId;
import io.flotilla.raft.runtime.ReplicaLostException;
import io.flotilla.rpc.ErrorCode;
import io.flotilla.rpc.Hello;
import io.flotilla.rpc.NetThreads;
import io.flotilla.rpc.RpcCall;
import io.flotilla.rpc.RpcClient;
import io.flotilla.rpc.RpcMethods;
import io.flotilla.rpc.RpcServer;
import io.flotilla.shard.host.HeldGroup;
import io.flotilla.shard.host.NodeTable;
import io.flotilla.shard.host.ShardHost;
import io.flotilla.shard.kv.KvStore;
import io.flotilla.shard.kv.KvStoreConfig;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Members that lead, follow, refuse and come back. */
class PlacementLinkTest {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  @TempDir Path directory;
  private final NetThreads threads = new NetThreads(1, "link-test");
  private final RpcClient client = new RpcClient(threads, new Hello("t", Hello.Role.NODE, 0));
  private final HeldGroup group = new HeldGroup();
  private final List<Throwable> fatal = new CopyOnWriteArrayList<>();
  private final List<String> removed = new CopyOnWriteArrayList<>();
  private final List<Member> members = new ArrayList<>();
  private final NodeTable nodes = new NodeTable();
  private volatile boolean losesAll;
  private KvStore store;
  private PlacementLink link;

  /** One member: leads, names who does, or refuses. */
  private final class Member {
    final RpcServer server = new RpcServer(threads, new Hello("t", Hello.Role.PLACEMENT, 1));
    final List<RpcCall<WatchRequest, MapUpdate>> watches = new CopyOnWriteArrayList<>();
    final List<WatchRequest> asked = new CopyOnWriteArrayList<>();
    final List<ReportRequest> reports = new CopyOnWriteArrayList<>();
    final String address;
    volatile List<Long> suspects = List.of();
    volatile ErrorDetail refusal = ErrorDetail.getDefaultInstance();

    Member() throws IOException {
      server.handle(RpcMethods.REGISTER_NODE, this::register);
      server.handle(RpcMethods.WATCH_MAP, this::watch);
      server.handle(RpcMethods.REPORT, this::report);
      address = "127.0.0.1:" + server.listen("127.0.0.1", 0);
    }

    Member refuses(ErrorCode code, String leader) {
      refusal =
          ErrorDetail.newBuilder()
              .setCode(code.number())
              .setMessage("not here")
              .setLeaderAddress(leader)
              .build();
      return this;
    }

    private boolean refused(RpcCall<?, ?> call) {
      if (refusal.getCode() != 0) {
        call.fail(refusal);
      }
      return refusal.getCode() != 0;
    }

    private void register(RpcCall<RegisterNodeRequest, RegisterNodeReply> call) {
      if (!refused(call)) {
        call.reply(RegisterNodeReply.newBuilder().setNode(5).build());
      }
    }

    private void watch(RpcCall<WatchRequest, MapUpdate> call) {
      if (!refused(call)) {
        asked.add(call.request());
        watches.add(call);
      }
    }

    private void report(RpcCall<ReportRequest, ReportReply> call) {
      if (!refused(call)) {
        reports.add(call.request());
        call.reply(ReportReply.newBuilder().addAllSuspects(suspects).build());
      }
    }
  }

  @BeforeEach
  void open() throws Exception {
    store = KvStore.open(directory, new KvStoreConfig(1 << 20, 2, 1 << 20, 1));
    members.add(new Member());
    members.add(new Member());
  }

  @AfterEach
  void close() throws Exception {
    link.close();
    members.forEach(member -> member.server.close());
    client.close();
    threads.close();
    store.close();
    assertThat(fatal).isEmpty();
  }

  private Member member(int i) {
    return members.get(i);
  }

  private void link(String... addresses) {
    link = new PlacementLink(client, List.of(addresses), fatal::add, removed::add);
  }

  private void follow() {
    ShardHost host =
        new ShardHost(
            5,
            store,
            (spec, state) -> {
              if (losesAll) {
                throw new ReplicaLostException("damaged");
              }
              group.self = spec.self();
              return group;
            },
            Runnable::run,
            fatal::add);
    link.follow(5, host, nodes, table -> {});
  }

  private static Shard joinable(int confVersion) {
    return Shard.newBuilder()
        .setId(7)
        .setKeyspace(1)
        .setEnd(ByteString.copyFrom(new byte[] {1}))
        .setEpoch(Epoch.newBuilder().setVersion(1).setConfVersion(confVersion))
        .addReplicas(Replica.newBuilder().setNode(5).setReplica(71))
        .addReplicas(Replica.newBuilder().setNode(6).setReplica(72))
        .build();
  }

  private List<ShardReport> reportsOfSeven() {
    return member(0).reports.stream().flatMap(each -> each.getShardsList().stream()).toList();
  }

  private ShardReport lastOfSeven() {
    List<ShardReport> all = reportsOfSeven();
    return all.isEmpty() ? ShardReport.getDefaultInstance() : all.get(all.size() - 1);
  }

  /** Placement may know less than this replica, and nobody else tells it. */
  @Test
  void whoHearsNobodyLeadTellsItsOwnDescriptorAgainAndAgain() {
    link(member(0).address);
    follow();
    await().atMost(PATIENCE).until(() -> member(0).watches.size() == 1);
    Shard shard = joinable(4);
    member(0).watches.get(0).reply(update(3, true, Map.of()).toBuilder().addShards(shard).build());
    await().atMost(PATIENCE).until(() -> lastOfSeven().getReplica() == 71);
    assertThat(lastOfSeven().hasLeaderless()).as("it hears who leads").isFalse();
    group.leader = Optional.empty();
    await().atMost(PATIENCE).until(() -> lastOfSeven().getLeaderless().equals(shard));
    group.term = 9;
    await().atMost(PATIENCE).until(() -> lastOfSeven().getTerm() == 9);
    assertThat(lastOfSeven().getLeaderless()).as("what else is told of it").isEqualTo(shard);
    group.leader = Optional.of(new ReplicaId(72));
    await().atMost(PATIENCE).until(() -> !lastOfSeven().hasLeaderless());
    assertThat(reportsOfSeven()).noneMatch(ShardReport::hasChanged);
  }

  /** What its leader wrote last, and could not have confirmed any more. */
  @Test
  void whoHearsNobodyLeadTellsWhomItsLogNamesNext() {
    List<Membership.Member> before =
        List.of(
            new Membership.Member(new ReplicaId(71), 5),
            new Membership.Member(new ReplicaId(72), 6));
    List<Membership.Member> after =
        List.of(
            new Membership.Member(new ReplicaId(71), 5),
            new Membership.Member(new ReplicaId(73), 7));
    group.membership = Membership.of(before);
    link(member(0).address);
    follow();
    await().atMost(PATIENCE).until(() -> member(0).watches.size() == 1);
    Shard shard = joinable(4);
    member(0).watches.get(0).reply(update(3, true, Map.of()).toBuilder().addShards(shard).build());
    await().atMost(PATIENCE).until(() -> lastOfSeven().getReplica() == 71);
    group.leader = Optional.empty();
    await().atMost(PATIENCE).until(() -> lastOfSeven().hasLeaderless());
    assertThat(lastOfSeven().getAheadList()).as("as its descriptor says").isEmpty();
    group.membership = new Membership(after, before, List.of());
    await().atMost(PATIENCE).until(() -> lastOfSeven().getAheadCount() == 3);
    assertThat(lastOfSeven().getAheadList())
        .extracting(Replica::getReplica, Replica::getNode, Replica::getRole)
        .containsExactly(
            tuple(71L, 5L, ReplicaRole.VOTER),
            tuple(73L, 7L, ReplicaRole.INCOMING),
            tuple(72L, 6L, ReplicaRole.OUTGOING));
    group.leader = Optional.of(new ReplicaId(72));
    await().atMost(PATIENCE).until(() -> lastOfSeven().getAheadCount() == 0);
  }

  private static MapUpdate update(long revision, boolean complete, Map<Long, String> addresses) {
    MapUpdate.Builder update = MapUpdate.newBuilder().setRevision(revision).setComplete(complete);
    addresses.forEach(
        (id, address) -> update.addNodes(Node.newBuilder().setId(id).setAddress(address)));
    return update.build();
  }

  @Test
  void registersWithWhomeverLeads() throws Exception {
    String nobody;
    try (ServerSocket unused = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      nobody = "127.0.0.1:" + unused.getLocalPort();
    }
    member(0).refuses(ErrorCode.NOT_LEADER, member(1).address);
    link(nobody, member(0).address);
    assertThat(register()).isEqualTo(5);
  }

  @Test
  void asksAgainUntilThereIsALeader() throws Exception {
    member(0).refuses(ErrorCode.NOT_LEADER, "");
    member(1).refuses(ErrorCode.UNAVAILABLE, "");
    link(member(0).address, member(1).address);
    var node = link.register(RegisterNodeRequest.getDefaultInstance());
    assertThat(node).isNotDone();
    member(1).refusal = ErrorDetail.getDefaultInstance();
    assertThat(node.get(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isEqualTo(5);
  }

  @Test
  void takesARefusalForGood() {
    member(0).refuses(ErrorCode.CONFLICT, "");
    link(member(0).address, member(1).address);
    assertThatThrownBy(this::register).hasMessageContaining("not here");
  }

  @Test
  void watchesOnWhereTheLastStreamEnded() {
    link(member(0).address);
    member(1).refuses(ErrorCode.NOT_LEADER, member(0).address);
    follow();
    await().atMost(PATIENCE).until(() -> member(0).watches.size() == 1);
    member(0).watches.get(0).reply(update(3, true, Map.of(1L, "a:1", 2L, "b:1")));
    member(0).watches.get(0).reply(update(4, false, Map.of(2L, "b:2")));
    await().atMost(PATIENCE).until(() -> nodes.all().equals(Map.of(1L, "a:1", 2L, "b:2")));
    member(0).watches.get(0).fail(ErrorCode.UNAVAILABLE, "moving");
    await().atMost(PATIENCE).until(() -> member(0).watches.size() == 2);
    assertThat(member(0).asked.get(0).getAfterRevision()).isZero();
    assertThat(member(0).asked.get(1).getAfterRevision()).isEqualTo(4);
    member(0).watches.get(1).reply(update(6, true, Map.of(2L, "b:3")));
    await().atMost(PATIENCE).until(() -> nodes.all().equals(Map.of(2L, "b:3")));
  }

  @Test
  void reportsAllToAMemberThatHasHeardNothing() {
    link(member(0).address, member(1).address);
    follow();
    await().atMost(PATIENCE).until(() -> member(0).reports.size() >= 2);
    assertThat(member(0).reports.get(0).getComplete()).isTrue();
    assertThat(member(0).reports.get(1).getComplete()).isFalse();
    member(0).refuses(ErrorCode.NOT_LEADER, member(1).address);
    await().atMost(PATIENCE).until(() -> member(1).reports.size() >= 2);
    assertThat(member(1).reports.get(0).getComplete()).isTrue();
    assertThat(member(1).reports.get(1).getComplete()).isFalse();
  }

  @Test
  void whoTakesNoPartAnyMoreIsToldAsLostAndLeadsNothing() throws Exception {
    link(member(0).address);
    group.role = GroupStatus.RoleName.LEADER;
    follow();
    await().atMost(PATIENCE).until(() -> member(0).watches.size() == 1);
    Shard shard = joinable(4);
    member(0).watches.get(0).reply(update(3, true, Map.of()).toBuilder().addShards(shard).build());
    await().atMost(PATIENCE).until(() -> lastOfSeven().getLeader());
    assertThat(lastOfSeven().getLost()).isFalse();
    group.stopped = Optional.of(new IllegalStateException("its log cannot be read"));
    await().atMost(PATIENCE).until(() -> lastOfSeven().getLost());
    assertThat(lastOfSeven().getLeader()).isFalse();
    assertThat(lastOfSeven().getReplica()).isEqualTo(71);
  }

  @Test
  void whoCouldNotBeOpenedIsToldAsLostUntilTheMapNamesItNoMore() throws Exception {
    link(member(0).address);
    losesAll = true;
    follow();
    await().atMost(PATIENCE).until(() -> member(0).watches.size() == 1);
    Shard shard = joinable(4);
    member(0).watches.get(0).reply(update(3, true, Map.of()).toBuilder().addShards(shard).build());
    await().atMost(PATIENCE).until(() -> lastOfSeven().getReplica() == 71);
    assertThat(lastOfSeven().getLost()).isTrue();
    assertThat(lastOfSeven().hasEpoch()).as("nothing is known of it").isFalse();
    int sent = member(0).reports.size();
    await().atMost(PATIENCE).until(() -> member(0).reports.size() > sent + 1);
    assertThat(reportsOfSeven()).as("once").hasSize(1);
    Shard without = joinable(5).toBuilder().removeReplicas(0).build();
    member(0)
        .watches
        .get(0)
        .reply(update(4, false, Map.of()).toBuilder().addShards(without).build());
    await()
        .atMost(PATIENCE)
        .until(() -> member(0).reports.stream().anyMatch(each -> each.getGoneList().contains(7L)));
  }

  /** It is told again: whoever is told may not be able to end just then. */
  @Test
  void whoWasRemovedIsNoFailure() {
    link(member(0).address);
    member(0).refuses(ErrorCode.REMOVED, "");
    follow();
    await().atMost(PATIENCE).until(() -> removed.size() >= 2);
    assertThat(removed).allMatch("not here"::equals);
  }

  private static final long HERE = 71;
  private static final long ANOTHER = 72;
  private static final long GONE = 73;
  private static final long UNKNOWN = 74;

  /** One is there, at the address of the second is another one, the third has no listener. */
  @Test
  void tellsWhichNodesItHearsThatPlacementDoesNot() throws Exception {
    link(member(0).address);
    RpcServer peer = new RpcServer(threads, new Hello("t", Hello.Role.NODE, HERE));
    peer.handle(RpcMethods.PING, call -> call.reply(PingReply.newBuilder().setNode(HERE).build()));
    String address = "127.0.0.1:" + peer.listen("127.0.0.1", 0);
    nodes.put(HERE, address);
    nodes.put(ANOTHER, address);
    try (ServerSocket unused = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      nodes.put(GONE, "127.0.0.1:" + unused.getLocalPort());
    }
    follow();
    await().atMost(PATIENCE).until(() -> !member(0).reports.isEmpty());
    assertThat(member(0).reports.get(0).getHeardCount()).isZero();
    member(0).suspects = List.of(HERE, ANOTHER, GONE, UNKNOWN, 5L);
    await().atMost(PATIENCE).until(() -> lastReport().getUnheardCount() == 3);
    assertThat(lastReport().getHeardList()).containsExactly(HERE);
    assertThat(lastReport().getUnheardList()).containsExactly(ANOTHER, GONE, UNKNOWN);
    peer.close();
    await().atMost(PATIENCE).until(() -> lastReport().getHeardCount() == 0);
    assertThat(lastReport().getUnheardList()).containsExactly(HERE, ANOTHER, GONE, UNKNOWN);
    member(0).suspects = List.of();
    await().atMost(PATIENCE).until(() -> lastReport().getUnheardCount() == 0);
  }

  private ReportRequest lastReport() {
    List<ReportRequest> all = member(0).reports;
    return all.get(all.size() - 1);
  }

  @Test
  void whatIsUrgentIsReportedSoonAndOnce() {
    link(member(0).address);
    follow();
    await().atMost(PATIENCE).until(() -> !member(0).reports.isEmpty());
    long before = System.nanoTime();
    int sent = member(0).reports.size();
    for (int i = 0; i < 1000; i++) {
      link.reportSoon();
    }
    await()
        .pollInterval(Duration.ofMillis(5))
        .atMost(PATIENCE)
        .until(() -> member(0).reports.size() > sent);
    long seconds = Duration.ofNanos(System.nanoTime() - before).toSeconds();
    assertThat(member(0).reports.size() - sent).isLessThanOrEqualTo((int) seconds + 2);
  }

  private long register() throws Exception {
    return link.register(RegisterNodeRequest.getDefaultInstance())
        .get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
  }
}
