package io.flotilla.router.client;

import com.google.protobuf.ByteString;
import io.flotilla.proto.map.Keyspace;
import io.flotilla.proto.metrics.Metric;
import io.flotilla.proto.metrics.MetricsRequest;
import io.flotilla.proto.placement.CreateKeyspaceRequest;
import io.flotilla.proto.placement.MoveReplicaRequest;
import io.flotilla.proto.placement.StatusRequest;
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
 * KvException}, one deadline for each call with its retries. {@link FlotillaClient#await} waits for
 * an answer.
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
  public CompletableFuture<ClusterStatus.Keyspace> createKeyspace(NewKeyspace keyspace) {
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
    CompletableFuture<ClusterStatus.Keyspace> created = new CompletableFuture<>();
    Answers.then(
        placement.call(RpcMethods.CREATE_KEYSPACE, request.build(), false),
        created,
        reply -> {
          ClusterStatus.Keyspace made = StatusReader.keyspace(reply.getKeyspace());
          keyspaces
              .await(
                  map -> Keyspaces.isServed(map, made.name()),
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
  public CompletableFuture<List<ClusterStatus.Job>> jobs() {
    return fromStatus(ClusterStatus::jobs);
  }

  /**
   * Begins to move a shard's replica to another node. Completes when placement has taken the job;
   * it is done when it is no longer among the {@link #jobs}. A job that this shard had before is
   * given up. What cannot be done is {@link ErrorCode#CONFLICT}.
   *
   * @param toNode empty: wherever it fits best
   */
  public CompletableFuture<ClusterStatus.Job> moveReplica(
      long shard, long fromNode, OptionalLong toNode) {
    MoveReplicaRequest request =
        MoveReplicaRequest.newBuilder()
            .setShard(shard)
            .setFromNode(fromNode)
            .setToNode(toNode.orElse(0))
            .build();
    CompletableFuture<ClusterStatus.Job> begun = new CompletableFuture<>();
    Answers.then(
        placement.call(RpcMethods.MOVE_REPLICA, request, false),
        begun,
        reply -> begun.complete(StatusReader.job(reply.getJob())));
    return begun;
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
