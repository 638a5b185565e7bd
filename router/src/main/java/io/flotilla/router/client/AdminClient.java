package io.flotilla.router.client;

import com.google.protobuf.ByteString;
import io.flotilla.proto.map.Keyspace;
import io.flotilla.proto.metrics.Metric;
import io.flotilla.proto.metrics.MetricsRequest;
import io.flotilla.proto.placement.AddShardsRequest;
import io.flotilla.proto.placement.AdminRequest;
import io.flotilla.proto.placement.CancelJobRequest;
import io.flotilla.proto.placement.ChangeMembersRequest;
import io.flotilla.proto.placement.ChangeNodeRequest;
import io.flotilla.proto.placement.CreateKeyspaceRequest;
import io.flotilla.proto.placement.ExplainRequest;
import io.flotilla.proto.placement.MergeShardRequest;
import io.flotilla.proto.placement.MoveReplicaRequest;
import io.flotilla.proto.placement.RecoverShardsRequest;
import io.flotilla.proto.placement.SetBalanceRequest;
import io.flotilla.proto.placement.ShardSurvivor;
import io.flotilla.proto.placement.SplitShardRequest;
import io.flotilla.proto.placement.StatusRequest;
import io.flotilla.proto.placement.TransferLeaderRequest;
import io.flotilla.router.map.KeyCodec;
import io.flotilla.router.map.Route;
import io.flotilla.rpc.ErrorCode;
import io.flotilla.rpc.RpcMethods;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/**
 * What an operator asks of placement. As {@link KvClient}: nothing blocks, futures fail with {@link
 * KvException}, one deadline for each call with its retries; what names something that does not
 * exist, with {@link ErrorCode#NOT_FOUND}. {@link FlotillaClient#await} waits for an answer.
 */
public final class AdminClient {
  private final PlacementCalls placement;
  private final Keyspaces keyspaces;
  private final ClientConfig config;

  AdminClient(PlacementCalls placement, Keyspaces keyspaces, ClientConfig config) {
    this.placement = placement;
    this.keyspaces = keyspaces;
    this.config = config;
  }

  /** Everything at once, as placement's leader sees it. */
  public CompletableFuture<ClusterStatus> status() {
    return fromStatus(Function.identity());
  }

  public CompletableFuture<List<ClusterStatus.Keyspace>> keyspaces() {
    return fromStatus(ClusterStatus::keyspaces);
  }

  public CompletableFuture<List<ClusterStatus.Node>> nodes() {
    return fromStatus(ClusterStatus::nodes);
  }

  public CompletableFuture<List<ClusterStatus.Shard>> shards() {
    return fromStatus(ClusterStatus::shards);
  }

  /**
   * Creates a keyspace; when this completes, this client can use it. A name that is taken is {@link
   * ErrorCode#CONFLICT}. Not tried again after an attempt of unknown outcome: whether a keyspace of
   * that name is this caller's or another's could not be told apart.
   */
  public CompletableFuture<CreatedKeyspace> createKeyspace(NewKeyspace keyspace) {
    CreateKeyspaceRequest.Builder request =
        CreateKeyspaceRequest.newBuilder()
            .setName(keyspace.name())
            .setPartitioning(StatusReader.partitioning(keyspace.partitioning()))
            .setShards(keyspace.shards())
            .setReplicas(keyspace.replicas());
    if (!keyspace.splitKeys().isEmpty()) {
      request.setShards(keyspace.splitKeys().size() + 1);
      keyspace.splitKeys().forEach(key -> request.addSplitKeys(key.byteString()));
    }
    CompletableFuture<CreatedKeyspace> created = new CompletableFuture<>();
    Answers.then(
        placement.call(RpcMethods.CREATE_KEYSPACE, request.build(), false),
        created,
        reply -> {
          CreatedKeyspace made =
              new CreatedKeyspace(StatusReader.keyspace(reply.getKeyspace()), reply.getNotesList());
          keyspaces
              .await(
                  map -> Keyspaces.isServed(map, made.keyspace().name()),
                  "the keyspace was created, but its map",
                  config.callTimeout().toMillis())
              .whenComplete(
                  (map, late) -> {
                    if (late == null) {
                      created.complete(made);
                    } else {
                      created.completeExceptionally(
                          new KvException(
                              ErrorCode.UNKNOWN_OUTCOME, Answers.plain(late).plainMessage()));
                    }
                  });
        });
    return created;
  }

  /** What placement is carrying out. */
  public CompletableFuture<List<Job>> jobs() {
    return fromStatus(ClusterStatus::jobs);
  }

  /**
   * Begins to move a shard's replica to another node. Completes when placement has taken the job;
   * it is over when it is no longer among the {@link #jobs}: done, cancelled or given up, as {@link
   * ClusterStatus#ended} says of the newest. If that very job is under way, it is the answer. What
   * cannot be done is {@link ErrorCode#CONFLICT}.
   *
   * @param fromNode that loses it, alive or not
   * @param toNode empty: wherever it fits best
   * @param dryRun whether only to say what would be begun
   */
  public CompletableFuture<AdminAnswer> moveReplica(
      long shard, long fromNode, OptionalLong toNode, boolean dryRun) {
    MoveReplicaRequest move =
        MoveReplicaRequest.newBuilder()
            .setShard(shard)
            .setFromNode(fromNode)
            .setToNode(toNode.orElse(0))
            .build();
    return administer(AdminRequest.newBuilder().setMove(move), dryRun, false);
  }

  /**
   * Begins to split a shard in two.
   *
   * @param at where the new shard begins, as the bounds of {@link ClusterStatus.Shard} are given;
   *     empty: in the middle of the data
   * @param dryRun whether only to say what would be begun
   */
  public CompletableFuture<AdminAnswer> splitShard(long shard, Optional<Bytes> at, boolean dryRun) {
    SplitShardRequest.Builder split = SplitShardRequest.newBuilder().setShard(shard);
    if (at.isEmpty()) {
      return administer(AdminRequest.newBuilder().setSplit(split), dryRun, false);
    }
    CompletableFuture<AdminAnswer> answer = new CompletableFuture<>();
    Answers.then(
        placement.call(RpcMethods.STATUS, StatusRequest.getDefaultInstance(), true),
        answer,
        reply -> {
          split.setAt(new RangeCheck(reply).splitKey(shard, at.get()));
          Answers.relay(
              administer(AdminRequest.newBuilder().setSplit(split), dryRun, false), answer);
        });
    return answer;
  }

  /**
   * Begins to have a shard absorbed by its neighbour. Completes when placement has taken the job;
   * if that very job is under way, it is the answer. What cannot be merged is {@link
   * ErrorCode#CONFLICT}. The shard serves nothing from when it is frozen until it is absorbed,
   * which calls wait out as they wait for an election.
   *
   * @param into empty: whichever neighbour fits, the left one rather
   * @param dryRun whether only to say what would be begun
   */
  public CompletableFuture<AdminAnswer> mergeShard(long shard, OptionalLong into, boolean dryRun) {
    return administer(
        AdminRequest.newBuilder()
            .setMerge(MergeShardRequest.newBuilder().setShard(shard).setInto(into.orElse(0))),
        dryRun,
        false);
  }

  /**
   * Begins to hand leadership of a shard to another of its nodes.
   *
   * @param toNode empty: to the one that leads least
   */
  public CompletableFuture<AdminAnswer> transferLeader(
      long shard, OptionalLong toNode, boolean dryRun) {
    return administer(
        AdminRequest.newBuilder()
            .setTransfer(
                TransferLeaderRequest.newBuilder().setShard(shard).setToNode(toNode.orElse(0))),
        dryRun,
        false);
  }

  /**
   * Has a keyspace's largest shards split until there are so many more.
   *
   * @param count 0: no more than there are, whatever was asked for before; nor are they merged
   *     unasked to be fewer
   */
  public CompletableFuture<AdminAnswer> addShards(String keyspace, int count, boolean dryRun) {
    return administer(
        AdminRequest.newBuilder()
            .setAddShards(AddShardsRequest.newBuilder().setKeyspace(keyspace).setCount(count)),
        dryRun,
        false);
  }

  /**
   * Ends a job. What its shard's group has done by then is not undone, but for a learner, which is
   * removed; the answer says what may be left. Too late is {@link ErrorCode#CONFLICT}.
   */
  public CompletableFuture<AdminAnswer> cancelJob(long job) {
    return administer(
        AdminRequest.newBuilder().setCancel(CancelJobRequest.newBuilder().setJob(job)),
        false,
        false);
  }

  /**
   * Which shards have lost their majority for good, and what is left of them. Changes nothing.
   *
   * @param shards empty: all that have lost it. Of one that is named and has not, {@link
   *     ErrorCode#CONFLICT} says why.
   */
  public CompletableFuture<Losses> losses(List<Long> shards) {
    RecoverShardsRequest.Builder wish = RecoverShardsRequest.newBuilder();
    shards.forEach(shard -> wish.addShards(ShardSurvivor.newBuilder().setShard(shard)));
    AdminRequest request = AdminRequest.newBuilder().setDryRun(true).setRecover(wish).build();
    CompletableFuture<Losses> answer = new CompletableFuture<>();
    Answers.then(
        placement.call(RpcMethods.ADMINISTER, request, true),
        answer,
        reply -> answer.complete(JobReader.losses(reply)));
    return answer;
  }

  /**
   * Has shards go on with what is left of them, whatever of theirs only those had who are lost. A
   * last resort. Completes when placement has taken the jobs, all or none; {@link
   * ErrorCode#CONFLICT} if one of them is not lost any more, or would go on with another replica
   * than what was found.
   */
  public CompletableFuture<AdminAnswer> recoverShards(List<Losses.LostShard> found) {
    RecoverShardsRequest.Builder wish = RecoverShardsRequest.newBuilder();
    found.forEach(
        each ->
            wish.addShards(
                ShardSurvivor.newBuilder().setShard(each.shard()).setReplica(each.survivor())));
    return administer(AdminRequest.newBuilder().setRecover(wish), false, false);
  }

  /** Has all replicas of a node go elsewhere, and keeps it empty. */
  public CompletableFuture<AdminAnswer> drainNode(long node, boolean dryRun) {
    return changeNode(node, ChangeNodeRequest.Change.DRAIN, dryRun, true);
  }

  /** Takes back {@link #drainNode}. */
  public CompletableFuture<AdminAnswer> undrainNode(long node) {
    return changeNode(node, ChangeNodeRequest.Change.UNDRAIN, false, true);
  }

  /**
   * Removes a node for good: neither its id nor its data directory can come back. {@link
   * ErrorCode#CONFLICT} while it holds replicas.
   */
  public CompletableFuture<AdminAnswer> removeNode(long node) {
    return changeNode(node, ChangeNodeRequest.Change.REMOVE, false, false);
  }

  private CompletableFuture<AdminAnswer> changeNode(
      long node, ChangeNodeRequest.Change change, boolean dryRun, boolean repeatable) {
    return administer(
        AdminRequest.newBuilder()
            .setNode(ChangeNodeRequest.newBuilder().setNode(node).setChange(change)),
        dryRun,
        repeatable);
  }

  /** Whether placement evens out replicas, leaders and sizes by itself. */
  public CompletableFuture<AdminAnswer> setBalance(boolean on) {
    return administer(
        AdminRequest.newBuilder().setBalance(SetBalanceRequest.newBuilder().setOn(on)),
        false,
        true);
  }

  private CompletableFuture<AdminAnswer> administer(
      AdminRequest.Builder request, boolean dryRun, boolean repeatable) {
    CompletableFuture<AdminAnswer> answer = new CompletableFuture<>();
    Answers.then(
        placement.call(
            RpcMethods.ADMINISTER, request.setDryRun(dryRun).build(), dryRun || repeatable),
        answer,
        reply -> answer.complete(JobReader.answer(reply)));
    return answer;
  }

  /**
   * Has placement's own group take in one more member; the answer says how it is to be started.
   *
   * @param address host:port at which all others will reach it
   */
  public CompletableFuture<AdminAnswer> addMember(String address, boolean dryRun) {
    return changeMembers(ChangeMembersRequest.newBuilder().setAdd(address), dryRun);
  }

  /**
   * Has placement's own group let a member go for good. {@link ErrorCode#CONFLICT} if no majority
   * of those that are left is heard.
   */
  public CompletableFuture<AdminAnswer> removeMember(long member, boolean dryRun) {
    return changeMembers(ChangeMembersRequest.newBuilder().setRemove(member), dryRun);
  }

  /** Hands leadership of placement to another of its members; completes when that was done. */
  public CompletableFuture<AdminAnswer> transferPlacement(long member) {
    return changeMembers(ChangeMembersRequest.newBuilder().setTransfer(member), false);
  }

  private CompletableFuture<AdminAnswer> changeMembers(
      ChangeMembersRequest.Builder change, boolean dryRun) {
    return administer(AdminRequest.newBuilder().setMembers(change), dryRun, false);
  }

  /** Why a shard is as it is, what is being done about it, and why nothing is. */
  public CompletableFuture<Explanation> explainShard(long shard) {
    return explain(ExplainRequest.newBuilder().setShard(shard));
  }

  /** Why a node is as it is, what is being done about it, and why nothing is. */
  public CompletableFuture<Explanation> explainNode(long node) {
    return explain(ExplainRequest.newBuilder().setNode(node));
  }

  /** What placement would do about the whole cluster now. */
  public CompletableFuture<Explanation> explainPlan() {
    return explain(ExplainRequest.newBuilder());
  }

  private CompletableFuture<Explanation> explain(ExplainRequest.Builder request) {
    CompletableFuture<Explanation> answer = new CompletableFuture<>();
    Answers.then(
        placement.call(RpcMethods.EXPLAIN, request.build(), true),
        answer,
        reply -> answer.complete(JobReader.explanation(reply)));
    return answer;
  }

  /** What a node counts and times, from the node itself. */
  public CompletableFuture<List<NodeMetric>> metrics(long node) {
    CompletableFuture<List<NodeMetric>> answer = new CompletableFuture<>();
    Answers.then(
        nodes(),
        answer,
        nodes -> {
          String address =
              nodes.stream()
                  .filter(known -> known.id() == node)
                  .findFirst()
                  .map(ClusterStatus.Node::address)
                  .orElseThrow(() -> KvException.notFound("there is no node " + node));
          Answers.then(
              placement.ask(address, RpcMethods.METRICS, MetricsRequest.getDefaultInstance()),
              answer,
              reply ->
                  answer.complete(
                      reply.getMetricsList().stream().map(AdminClient::metric).toList()));
        });
    return answer;
  }

  private static NodeMetric metric(Metric metric) {
    return new NodeMetric(
        metric.getName(),
        metric.getValue(),
        metric.getDistribution()
            ? Optional.of(
                new NodeMetric.Distribution(
                    metric.getMean(), metric.getMedian(), metric.getP99(), metric.getMax()))
            : Optional.empty());
  }

  /** Which shard holds a key, there or not. */
  public CompletableFuture<Location> locate(String keyspace, Bytes key) {
    CompletableFuture<Location> located = new CompletableFuture<>();
    Answers.then(
        placement.call(RpcMethods.STATUS, StatusRequest.getDefaultInstance(), true),
        located,
        reply -> {
          Keyspace found =
              reply.getKeyspacesList().stream()
                  .filter(known -> known.getName().equals(keyspace))
                  .findFirst()
                  .orElseThrow(
                      () -> KvException.notFound("there is no keyspace \"" + keyspace + "\""));
          Operations.checkKey(key, config.limits());
          ByteString encoded = KeyCodec.of(found).encode(key.byteString());
          located.complete(
              reply.getShardsList().stream()
                  .filter(shard -> contains(shard.getShard(), encoded))
                  .findFirst()
                  .map(
                      shard ->
                          new Location(Bytes.of(encoded), new StatusReader(reply).shard(shard)))
                  .orElseThrow(
                      () ->
                          new KvException(
                              ErrorCode.UNAVAILABLE, "placement knows no shard for this key")));
        });
    return located;
  }

  private static boolean contains(io.flotilla.proto.map.Shard shard, ByteString encoded) {
    return Route.compare(shard.getStart(), encoded) <= 0
        && (shard.getEnd().isEmpty() || Route.compare(encoded, shard.getEnd()) < 0);
  }

  private <T> CompletableFuture<T> fromStatus(Function<ClusterStatus, T> part) {
    CompletableFuture<T> answer = new CompletableFuture<>();
    Answers.then(
        placement.call(RpcMethods.STATUS, StatusRequest.getDefaultInstance(), true),
        answer,
        reply -> answer.complete(part.apply(new StatusReader(reply).status())));
    return answer;
  }
}
