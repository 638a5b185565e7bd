package io.flotilla.placement.service;

import io.flotilla.placement.model.ClusterView;
import io.flotilla.placement.model.Node;
import io.flotilla.placement.plan.LoadView;
import io.flotilla.placement.store.MapMessages;
import io.flotilla.placement.store.PlacementStateMachine;
import io.flotilla.proto.map.Shard;
import io.flotilla.proto.placement.AdminReply;
import io.flotilla.proto.placement.AdminRequest;
import io.flotilla.proto.placement.CreateKeyspaceReply;
import io.flotilla.proto.placement.CreateKeyspaceRequest;
import io.flotilla.proto.placement.ExplainReply;
import io.flotilla.proto.placement.ExplainRequest;
import io.flotilla.proto.placement.GetMapRequest;
import io.flotilla.proto.placement.MapUpdate;
import io.flotilla.proto.placement.PlacementCommand;
import io.flotilla.proto.placement.RegisterNodeReply;
import io.flotilla.proto.placement.RegisterNodeRequest;
import io.flotilla.proto.placement.ReportReply;
import io.flotilla.proto.placement.ReportRequest;
import io.flotilla.proto.placement.ShardReport;
import io.flotilla.proto.placement.StatusReply;
import io.flotilla.proto.placement.StatusRequest;
import io.flotilla.proto.placement.WatchRequest;
import io.flotilla.raft.runtime.RaftGroup;
import io.flotilla.rpc.ErrorCode;
import io.flotilla.rpc.RpcCall;
import io.flotilla.rpc.RpcHandlers;
import io.flotilla.rpc.RpcMethods;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers placement's requests on one member. Handlers run on event loops and never block; each
 * waits for the leader's proof at the {@link LeaderGate} and goes on at the desk.
 */
public final class PlacementService implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(PlacementService.class);
  private static final Duration TICK = Duration.ofMillis(100);

  private final PlacementStateMachine map;
  private final LongSupplier nanos;
  private final Desk desk;
  private final LeaderGate gate;
  private final ReportTable reports;
  private final WatchHub watches;
  private final PlacementPolicy policy;
  private final JobWatch jobs;
  private final HeatWatch heat;
  private final Steward steward;
  private final KeyspaceDoor keyspaces;
  private final AdminDoor admin;
  private final MemberDoor members;
  private final MemberSteward memberSteward;
  private final Orders orders;
  private long ledTerm;
  private long shardsSince;

  /**
   * Begins to serve the leader's duties.
   *
   * @param book where members are; a member's id is its replica's id
   * @param nanos a clock as {@link System#nanoTime}: deadlines are by it, and the liveness of nodes
   * @param thread one, which this ends
   * @param fatal told, by that thread, of an {@link Error}; it must end the process
   */
  public PlacementService(
      String cluster,
      MemberBook book,
      PlacementPolicy policy,
      RaftGroup group,
      PlacementStateMachine map,
      LongSupplier nanos,
      ScheduledExecutorService thread,
      Consumer<Throwable> fatal) {
    this.map = map;
    this.nanos = nanos;
    this.policy = policy;
    this.desk = new Desk(thread, TICK, fatal);
    this.gate = new LeaderGate(group, book, desk, nanos);
    this.reports =
        new ReportTable(
            TimeUnit.MILLISECONDS.toNanos(policy.nodeSilentMillis()), nanos.getAsLong());
    this.watches = new WatchHub(reports);
    this.jobs = new JobWatch(reports, TimeUnit.MILLISECONDS.toNanos(policy.nodeDeadMillis()));
    this.heat = new HeatWatch(reports, policy.pace().heat());
    this.steward = new Steward(gate, cluster, policy, jobs);
    this.keyspaces = new KeyspaceDoor(gate, map::view, () -> takesNothing(map.view()), policy);
    this.members = new MemberDoor(gate, group, book, map::view);
    RecoveryDoor recovery = new RecoveryDoor(gate, map::view, () -> load(map.view()), reports);
    this.memberSteward = new MemberSteward(gate, group, book);
    this.admin =
        new AdminDoor(
            gate,
            map::view,
            () -> load(map.view()),
            this::heldOn,
            policy.pace(),
            members,
            recovery);
    this.orders = new Orders(reports, jobs::isRefused);
    map.onChange(desk::ring);
    desk.start(this::round);
  }

  /** Adds all of placement's methods. */
  public void addTo(RpcHandlers server) {
    server
        .handle(RpcMethods.REGISTER_NODE, this::registerNode)
        .handle(RpcMethods.REPORT, this::report)
        .handle(RpcMethods.GET_MAP, this::getMap)
        .handle(RpcMethods.WATCH_MAP, this::watchMap)
        .handle(RpcMethods.CREATE_KEYSPACE, this::createKeyspace)
        .handle(RpcMethods.ADMINISTER, this::administer)
        .handle(RpcMethods.EXPLAIN, this::explain)
        .handle(RpcMethods.STATUS, this::status);
  }

  private void round() {
    if (!gate.leads()) {
      ledTerm = 0;
      watches.endAll(gate.notLeader(gate.leader()));
      return;
    }
    long now = nanos.getAsLong();
    if (ledTerm != gate.term()) {
      ledTerm = gate.term();
      reports.leadershipBegan(now);
      jobs.leadershipBegan();
      heat.leadershipBegan();
    }
    ClusterView view = map.view();
    if (view.revision() > shardsSince) {
      view.shardsSince(shardsSince).forEach(shard -> reports.shardAppeared(shard.id()));
      view.shardsAbsorbedSince(shardsSince)
          .ifPresentOrElse(
              absorbed -> absorbed.forEach(shard -> reports.shardVanished(shard.id())),
              () -> reports.shardsVanishedBut(view.shards().keySet()));
      reports.nodesVanishedBut(view.nodes().keySet());
      shardsSince = view.revision();
    }
    // First: who waits for the map is neither to wait for plans nor to fail by them.
    watches.pump(view);
    steward.act(view, () -> load(view), takesNothing(view), now);
    memberSteward.act(view.settings(), now);
  }

  private LoadView load(ClusterView view) {
    long now = nanos.getAsLong();
    LoadView load =
        reports.load(
            view,
            now,
            TimeUnit.MILLISECONDS.toNanos(policy.nodeDeadMillis()),
            TimeUnit.MILLISECONDS.toNanos(policy.nodeSteadyMillis()),
            jobs.endedLately(view, now));
    return load.with(heat.heats(view, load, now), jobs.inVain(now));
  }

  /** As far as the node itself says; nothing of one that is silent. */
  private long heldOn(long node) {
    return reports.isAlive(node, nanos.getAsLong()) ? reports.held(node) : 0;
  }

  /** Nodes on which nothing new begins. */
  private Set<Long> takesNothing(ClusterView view) {
    Set<Long> nodes = reports.silentNodes(view, nanos.getAsLong());
    view.nodesSince(0).stream().filter(Node::isDraining).forEach(node -> nodes.add(node.id()));
    return nodes;
  }

  void registerNode(RpcCall<RegisterNodeRequest, RegisterNodeReply> call) {
    RegisterNodeRequest request = call.request();
    Node node;
    try {
      node =
          new Node(
              Math.max(1, request.getNode()),
              request.getAddress(),
              request.getIncarnation(),
              new TreeMap<>(request.getLabelsMap()));
    } catch (IllegalArgumentException wrong) {
      call.fail(ErrorCode.INVALID_REQUEST, String.valueOf(wrong.getMessage()));
      return;
    }
    // Made anew, so that nothing this version does not know gets into the log.
    RegisterNodeRequest known =
        RegisterNodeRequest.newBuilder()
            .setIncarnation(node.incarnation())
            .setAddress(node.address())
            .putAllLabels(node.labels())
            .setNode(request.getNode())
            .build();
    gate.decide(
        call,
        PlacementCommand.newBuilder().setRegisterNode(known).build(),
        result -> {
          reports.returned(result.getNode(), nanos.getAsLong());
          call.reply(RegisterNodeReply.newBuilder().setNode(result.getNode()).build());
        });
  }

  void report(RpcCall<ReportRequest, ReportReply> call) {
    gate.whenCurrent(
        call,
        () -> {
          ClusterView view = map.view();
          long node = call.request().getNode();
          if (view.nodes().containsKey(node)) {
            reports.record(call.request(), view, nanos.getAsLong());
            jobs.refused(call.request().getRefusalsList());
            desk.ring();
            adopt(call, view);
          } else if (view.removed().containsKey(node)) {
            call.fail(ErrorCode.REMOVED, "node " + node + " was removed from the cluster for good");
          } else {
            call.fail(ErrorCode.CONFLICT, "node " + node + " is not registered in this cluster");
          }
        });
  }

  /**
   * What leaders say of their own shards that the map does not know yet; made anew, so that nothing
   * this version does not know gets into the log.
   *
   * @throws IllegalArgumentException if one cannot be
   */
  private static List<Shard> newer(ReportRequest report, ClusterView view) {
    return report.getShardsList().stream()
        .filter(ShardReport::hasChanged)
        .map(ShardReport::getChanged)
        .filter(shard -> isNews(MapMessages.read(shard), view))
        .map(MapMessages::known)
        .toList();
  }

  private static boolean isNews(io.flotilla.placement.model.Shard shard, ClusterView view) {
    var known = view.shards().get(shard.id());
    return known != null && shard.epoch().isNewerThan(known.value().epoch());
  }

  private void adopt(RpcCall<ReportRequest, ReportReply> call, ClusterView view) {
    List<Shard> newer;
    try {
      newer = newer(call.request(), view);
    } catch (IllegalArgumentException wrong) {
      call.fail(ErrorCode.INVALID_REQUEST, String.valueOf(wrong.getMessage()));
      return;
    }
    adopt(call, newer);
  }

  /**
   * One after the other; the report is answered when all are in the map. One that cannot be is left
   * out: its node is to get its orders all the same.
   */
  private void adopt(RpcCall<ReportRequest, ReportReply> call, List<Shard> newer) {
    if (newer.isEmpty()) {
      call.reply(answer(call.request()));
      return;
    }
    gate.decideOrNot(
        call,
        PlacementCommand.newBuilder().setShardChanged(newer.get(0)).build(),
        result -> {
          if (result.getErrorCode() != 0) {
            log.error(
                "node {} reports what cannot be: {}",
                call.request().getNode(),
                result.getMessage());
          }
          adopt(call, newer.subList(1, newer.size()));
        });
  }

  private ReportReply answer(ReportRequest report) {
    ClusterView view = map.view();
    ReportReply.Builder reply = orders.to(report.getNode(), view).toBuilder();
    reply.addAllSuspects(reports.silentNodes(view, nanos.getAsLong()));
    if (reports.differs(report)) {
      reply.addDiffering(report.getBucket().getBucket());
    }
    return reply.build();
  }

  void administer(RpcCall<AdminRequest, AdminReply> call) {
    gate.whenCurrent(call, () -> admin.administer(call));
  }

  void explain(RpcCall<ExplainRequest, ExplainReply> call) {
    gate.whenCurrent(call, () -> admin.explain(call));
  }

  void getMap(RpcCall<GetMapRequest, MapUpdate> call) {
    gate.whenCurrent(
        call, () -> call.reply(MapUpdates.complete(map.view(), reports.leadersSince(0))));
  }

  void watchMap(RpcCall<WatchRequest, MapUpdate> call) {
    gate.whenCurrent(call, () -> watches.begin(call, map.view()));
  }

  void createKeyspace(RpcCall<CreateKeyspaceRequest, CreateKeyspaceReply> call) {
    gate.whenCurrent(call, () -> keyspaces.create(call));
  }

  void status(RpcCall<StatusRequest, StatusReply> call) {
    gate.whenCurrent(
        call,
        () ->
            call.reply(
                new StatusReport(map.view(), reports, nanos.getAsLong()).reply(members.members())));
  }

  /** Ends the desk; requests that come later are refused. */
  @Override
  public void close() {
    desk.close();
  }
}
