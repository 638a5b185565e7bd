package io.flotilla.placement.service;

import io.flotilla.placement.model.ClusterView;
import io.flotilla.placement.model.Job;
import io.flotilla.placement.model.Keyspace;
import io.flotilla.placement.model.Move;
import io.flotilla.placement.model.Node;
import io.flotilla.placement.model.Partitioning;
import io.flotilla.placement.model.Split;
import io.flotilla.placement.plan.Finding;
import io.flotilla.placement.plan.KeyspaceWish;
import io.flotilla.placement.plan.LoadView;
import io.flotilla.placement.plan.MapRoom;
import io.flotilla.placement.plan.Plan;
import io.flotilla.placement.plan.PlanRefusedException;
import io.flotilla.placement.plan.Planner;
import io.flotilla.placement.plan.Policy;
import io.flotilla.placement.plan.Why;
import io.flotilla.placement.plan.WishPlanner;
import io.flotilla.placement.store.JobMessages;
import io.flotilla.placement.store.MapMessages;
import io.flotilla.proto.placement.AddShardsRequest;
import io.flotilla.proto.placement.AdminReply;
import io.flotilla.proto.placement.AdminRequest;
import io.flotilla.proto.placement.BeginJobs;
import io.flotilla.proto.placement.ChangeNodeRequest;
import io.flotilla.proto.placement.EndJob;
import io.flotilla.proto.placement.ExplainReply;
import io.flotilla.proto.placement.ExplainRequest;
import io.flotilla.proto.placement.JobEnd;
import io.flotilla.proto.placement.MoveReplicaRequest;
import io.flotilla.proto.placement.PlacementCommand;
import io.flotilla.proto.placement.PlacementResult;
import io.flotilla.proto.placement.PlannedJob;
import io.flotilla.proto.placement.SetBalanceRequest;
import io.flotilla.proto.placement.ShardGoal;
import io.flotilla.rpc.ErrorCode;
import io.flotilla.rpc.RpcCall;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.LongUnaryOperator;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * What operators ask for: each wish is planned on what is, then proposed, or only told if they
 * wanted to know. Only for the desk's thread.
 */
final class AdminDoor {
  private static final String CANCELLED = "an operator cancelled it";
  private static final int NOTES_MAX = 20;
  private static final int FINDINGS_MAX = 200;

  private final LeaderGate gate;
  private final Supplier<ClusterView> view;
  private final Supplier<LoadView> load;
  private final LongUnaryOperator heldOn;
  private final Policy policy;
  private final MemberDoor members;
  private final RecoveryDoor recovery;

  /**
   * @param heldOn of how many shards a node says that it has data
   */
  AdminDoor(
      LeaderGate gate,
      Supplier<ClusterView> view,
      Supplier<LoadView> load,
      LongUnaryOperator heldOn,
      Policy policy,
      MemberDoor members,
      RecoveryDoor recovery) {
    this.gate = gate;
    this.view = view;
    this.load = load;
    this.heldOn = heldOn;
    this.policy = policy;
    this.members = members;
    this.recovery = recovery;
  }

  private WishPlanner planner() {
    return new WishPlanner(view.get(), load.get());
  }

  /** What is asked of a plan that is only told. */
  interface Telling {
    void run() throws PlanRefusedException;
  }

  static void onlyTell(RpcCall<?, ?> call, Telling telling) {
    try {
      telling.run();
    } catch (PlanRefusedException refused) {
      call.fail(LeaderGate.codeOf(refused), String.valueOf(refused.getMessage()));
    } catch (IllegalArgumentException wrong) {
      call.fail(ErrorCode.INVALID_REQUEST, String.valueOf(wrong.getMessage()));
    }
  }

  void administer(RpcCall<AdminRequest, AdminReply> call) {
    AdminRequest request = call.request();
    if (request.getDryRun() && !hasDryRun(request)) {
      String allowed = "allowed: split, merge, move, transfer, add shards, drain, members, recover";
      call.fail(ErrorCode.INVALID_REQUEST, "there is no dry run of that; " + allowed);
      return;
    }
    switch (request.getWishCase()) {
      case SPLIT -> begin(call, () -> split(request));
      case MERGE ->
          begin(
              call,
              () -> planner().merge(request.getMerge().getShard(), request.getMerge().getInto()));
      case MOVE -> begin(call, () -> move(request.getMove()));
      case TRANSFER ->
          begin(
              call,
              () ->
                  planner()
                      .transfer(
                          request.getTransfer().getShard(), request.getTransfer().getToNode()));
      case ADD_SHARDS -> addShards(call, request.getAddShards());
      case CANCEL -> cancel(call, request.getCancel().getJob());
      case NODE -> {
        if (isKnown(request.getNode().getChange())) {
          changeNode(call, request.getNode());
        } else {
          call.fail(ErrorCode.INVALID_REQUEST, "unknown change; allowed: drain, undrain, remove");
        }
      }
      case BALANCE -> setBalance(call, request.getBalance());
      case MEMBERS -> members.administer(call);
      case RECOVER -> recovery.recover(call);
      case WISH_NOT_SET -> call.fail(ErrorCode.INVALID_REQUEST, "nothing is asked for");
    }
  }

  /** Of what begins jobs, or needs a plan. */
  private static boolean hasDryRun(AdminRequest request) {
    return switch (request.getWishCase()) {
      case SPLIT, MERGE, MOVE, TRANSFER, ADD_SHARDS, MEMBERS, RECOVER, WISH_NOT_SET -> true;
      case NODE -> request.getNode().getChange() == ChangeNodeRequest.Change.DRAIN;
      case CANCEL, BALANCE -> false;
    };
  }

  private Split split(AdminRequest request) throws PlanRefusedException {
    return planner()
        .split(request.getSplit().getShard(), MapMessages.read(request.getSplit().getAt()));
  }

  private Move move(MoveReplicaRequest wish) throws PlanRefusedException {
    return planner().move(wish.getShard(), wish.getFromNode(), wish.getToNode());
  }

  /** A job that is to be begun. */
  private interface Wish {
    Job plan() throws PlanRefusedException;
  }

  private void begin(RpcCall<AdminRequest, AdminReply> call, Wish wish) {
    if (call.request().getDryRun()) {
      onlyTell(
          call, () -> call.reply(AdminReply.newBuilder().addJobs(planned(wish.plan())).build()));
    } else {
      gate.decidePlanned(call, () -> begin(wish.plan()), begun(call));
    }
  }

  private static PlacementCommand begin(Job job) {
    return PlacementCommand.newBuilder()
        .setBeginJobs(BeginJobs.newBuilder().addJobs(JobMessages.write(job)))
        .build();
  }

  private Consumer<PlacementResult> begun(RpcCall<AdminRequest, AdminReply> call) {
    return result -> {
      AdminReply.Builder reply = AdminReply.newBuilder();
      result.getJobsList().forEach(job -> reply.addJobs(planned(JobMessages.read(job))));
      call.reply(reply.build());
    };
  }

  private PlannedJob planned(Job job) {
    return PlannedJob.newBuilder()
        .setJob(JobMessages.write(job))
        .setApproximateBytes(job instanceof Move ? load.get().bytesOf(job.shard()) : 0)
        .build();
  }

  private void cancel(RpcCall<AdminRequest, AdminReply> call, long job) {
    PlacementCommand end =
        PlacementCommand.newBuilder()
            .setEndJob(EndJob.newBuilder().setJob(job).setEnd(JobEnd.CANCELLED).setWhy(CANCELLED))
            .build();
    gate.decidePlanned(
        call,
        () -> end,
        result -> {
          Job ended = JobMessages.read(result.getJobs(0));
          AdminReply.Builder reply = AdminReply.newBuilder().addJobs(planned(ended));
          reply.addNotes(ended.as(new Leftovers()));
          call.reply(reply.build());
        });
  }

  private void addShards(RpcCall<AdminRequest, AdminReply> call, AddShardsRequest wish) {
    if (call.request().getDryRun()) {
      onlyTell(
          call,
          () -> {
            ShardGoal goal = goal(wish);
            ClusterView then =
                view.get()
                    .withSettings(
                        view.get().settings().withGoal(goal.getKeyspace(), goal.getShards()));
            Plan plan =
                Planner.explainGrowth(then, load.get(), policy.atOnce(), goal.getKeyspace());
            AdminReply.Builder reply = tell(plan, job -> true).addNotes(note(goal));
            addNotes(reply, plan.findings());
            call.reply(reply.build());
          });
      return;
    }
    gate.decidePlanned(
        call,
        () -> PlacementCommand.newBuilder().setShardGoal(goal(wish)).build(),
        result -> call.reply(AdminReply.newBuilder().addNotes(note(wish)).build()));
  }

  private ShardGoal goal(AddShardsRequest wish) throws PlanRefusedException {
    ClusterView now = view.get();
    Keyspace keyspace =
        now.keyspaceNamed(wish.getKeyspace())
            .orElseThrow(
                () ->
                    PlanRefusedException.notFound(
                        "there is no keyspace '" + wish.getKeyspace() + "'"));
    if (wish.getCount() < 0) {
      throw new PlanRefusedException(
          wish.getCount() + " shards more; the count must be positive, or 0 for as many as now");
    }
    int before = now.settings().goals().getOrDefault(keyspace.id(), 0);
    long have =
        now.shards().values().stream()
            .filter(shard -> shard.value().keyspace() == keyspace.id())
            .count();
    long wanted = wish.getCount() == 0 ? 0 : Math.max(before, have) + wish.getCount();
    int most =
        keyspace.partitioning() == Partitioning.HASH ? Keyspace.SLOTS : KeyspaceWish.SHARDS_MAX;
    if (wanted > most) {
      throw new PlanRefusedException(
          String.format(
              "keyspace '%s' would have %d shards; allowed: up to %d",
              keyspace.name(), wanted, most));
    }
    MapRoom room = MapRoom.in(now);
    if (!room.isFor(wanted - have)) {
      throw new PlanRefusedException(room.refusal(wanted - have));
    }
    return ShardGoal.newBuilder()
        .setKeyspace(keyspace.id())
        .setShards((int) wanted)
        .setBefore(before)
        .setFloor((int) (wanted == 0 ? have : wanted)) // what was asked for is not merged away
        .build();
  }

  private String note(AddShardsRequest wish) {
    ClusterView now = view.get();
    return now.keyspaceNamed(wish.getKeyspace())
        .map(
            keyspace ->
                note(
                    ShardGoal.newBuilder()
                        .setKeyspace(keyspace.id())
                        .setShards(now.settings().goals().getOrDefault(keyspace.id(), 0))
                        .build()))
        .orElse("");
  }

  private String note(ShardGoal goal) {
    ClusterView now = view.get();
    long have =
        now.shards().values().stream()
            .filter(shard -> shard.value().keyspace() == goal.getKeyspace())
            .count();
    return goal.getShards() == 0
        ? "the keyspace stays at " + have + " shards"
        : String.format(
            "the keyspace goes from %d to %d shards, its largest split first, %d at a time",
            have, goal.getShards(), policy.splitsMax());
  }

  private static boolean isKnown(ChangeNodeRequest.Change change) {
    return switch (change) {
      case DRAIN, UNDRAIN, REMOVE -> true;
      case UNKNOWN, UNRECOGNIZED -> false;
    };
  }

  private void changeNode(RpcCall<AdminRequest, AdminReply> call, ChangeNodeRequest change) {
    if (call.request().getDryRun()) {
      onlyTell(call, () -> call.reply(whatIfDrained(change.getNode())));
      return;
    }
    gate.decidePlanned(
        call,
        () -> {
          checkHasLetGo(change);
          return PlacementCommand.newBuilder().setChangeNode(known(change)).build();
        },
        result -> call.reply(afterwards(change)));
  }

  /**
   * A node that is removed has nothing of a shard on its disk: what has moved away, it deletes
   * within some seconds. What it still holds by the map is the state's to refuse.
   */
  private void checkHasLetGo(ChangeNodeRequest change) throws PlanRefusedException {
    long node = change.getNode();
    long held = heldOn.applyAsLong(node);
    boolean inMap =
        view.get().shards().values().stream()
            .anyMatch(shard -> shard.value().replicaOn(node).isPresent());
    if (change.getChange() == ChangeNodeRequest.Change.REMOVE && held > 0 && !inMap) {
      throw new PlanRefusedException(
          String.format(
              "node %d cannot be removed yet: it is deleting the data of %d shards that have left"
                  + " it; try again in some seconds",
              node, held));
    }
  }

  /** Made anew, so that nothing this version does not know gets into the log. */
  private static ChangeNodeRequest known(ChangeNodeRequest change) {
    return ChangeNodeRequest.newBuilder()
        .setNode(change.getNode())
        .setChange(change.getChange())
        .build();
  }

  private AdminReply whatIfDrained(long id) throws PlanRefusedException {
    ClusterView now = view.get();
    Node node =
        now.node(id).orElseThrow(() -> PlanRefusedException.notFound("there is no node " + id));
    ClusterView then = now.withNode(node.in(Node.State.DRAINING));
    Plan plan = Planner.explainNode(then, load.get(), policy.atOnce(), node.id());
    AdminReply.Builder reply =
        tell(plan, job -> job instanceof Move move && move.leaves(node.id(), now));
    addNotes(reply, plan.findings());
    return reply.build();
  }

  private AdminReply afterwards(ChangeNodeRequest change) {
    AdminReply.Builder reply = AdminReply.newBuilder();
    if (change.getChange() == ChangeNodeRequest.Change.DRAIN) {
      Plan plan = Planner.explainNode(view.get(), load.get(), policy.atOnce(), change.getNode());
      addNotes(reply, plan.findings());
    }
    return reply.build();
  }

  private void setBalance(RpcCall<AdminRequest, AdminReply> call, SetBalanceRequest wish) {
    SetBalanceRequest known = SetBalanceRequest.newBuilder().setOn(wish.getOn()).build();
    gate.decidePlanned(
        call,
        () -> PlacementCommand.newBuilder().setSetBalance(known).build(),
        result -> call.reply(AdminReply.getDefaultInstance()));
  }

  private AdminReply.Builder tell(Plan plan, Predicate<Job> which) {
    AdminReply.Builder reply = AdminReply.newBuilder();
    plan.jobs().stream().filter(which).forEach(job -> reply.addJobs(planned(job)));
    return reply;
  }

  private static void addNotes(AdminReply.Builder reply, List<Finding> findings) {
    findings.stream().limit(NOTES_MAX).forEach(finding -> reply.addNotes(finding.text()));
    if (findings.size() > NOTES_MAX) {
      reply.addNotes("... and " + (findings.size() - NOTES_MAX) + " more");
    }
  }

  void explain(RpcCall<ExplainRequest, ExplainReply> call) {
    ExplainRequest request = call.request();
    onlyTell(
        call,
        () -> {
          ExplainReply.Builder reply =
              ExplainReply.newBuilder().setBalance(view.get().settings().balance());
          if (request.hasShard()) {
            add(reply, Why.shard(view.get(), load.get(), policy, request.getShard()));
          } else if (request.hasNode()) {
            add(reply, Why.node(view.get(), load.get(), policy, request.getNode()));
          } else {
            Plan plan = Planner.explain(view.get(), load.get(), policy.atOnce());
            add(reply, plan.findings());
            plan.jobs().forEach(job -> reply.addPlanned(planned(job)));
          }
          call.reply(reply.build());
        });
  }

  private static void add(ExplainReply.Builder reply, List<Finding> findings) {
    int told = Math.min(findings.size(), FINDINGS_MAX);
    findings.subList(0, told).forEach(finding -> reply.addFindings(found(finding)));
    if (told < findings.size()) {
      String rest = "... and " + (findings.size() - told) + " more";
      reply.addFindings(found(new Finding("", 0, 0, rest)));
    }
  }

  private static io.flotilla.proto.placement.Finding found(Finding finding) {
    return io.flotilla.proto.placement.Finding.newBuilder()
        .setRule(finding.rule())
        .setShard(finding.shard())
        .setText(finding.text())
        .build();
  }
}
