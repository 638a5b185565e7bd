package io.flotilla.router.client;

import com.google.protobuf.ByteString;
import com.google.protobuf.MessageLite;
import io.flotilla.proto.errors.ErrorDetail;
import io.flotilla.proto.kv.ReadLevel;
import io.flotilla.proto.kv.ReadReply;
import io.flotilla.proto.kv.ReadRequest;
import io.flotilla.proto.kv.ScanReply;
import io.flotilla.proto.kv.ScanRequest;
import io.flotilla.proto.kv.WriteReply;
import io.flotilla.proto.kv.WriteRequest;
import io.flotilla.proto.map.Epoch;
import io.flotilla.proto.map.Shard;
import io.flotilla.rpc.ErrorCode;
import io.flotilla.rpc.Hello;
import io.flotilla.rpc.NetThreads;
import io.flotilla.rpc.RpcCall;
import io.flotilla.rpc.RpcMethods;
import io.flotilla.rpc.RpcServer;
import java.io.IOException;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A storage node that behaves, except where it is told to misbehave. */
final class FakeNode implements AutoCloseable {
  /** Meets one request instead of the node. */
  interface Mishap {
    /**
     * What happens.
     *
     * @param refuse answers with an error; not calling it is silence
     * @param execute does what a leader would, without answering
     */
    void meet(Consumer<ErrorDetail> refuse, Runnable execute);
  }

  static Mishap refusal(ErrorDetail detail) {
    return (refuse, execute) -> refuse.accept(detail);
  }

  static Mishap refusal(ErrorCode code) {
    return refusal(detail(code, "as told").build());
  }

  /** Executes, and answers as one who does not know whether it did. */
  static Mishap lostReply() {
    return (refuse, execute) -> {
      execute.run();
      refuse.accept(detail(ErrorCode.UNKNOWN_OUTCOME, "leadership was lost under way").build());
    };
  }

  /** Executes, and says nothing. */
  static Mishap lostForGood() {
    return (refuse, execute) -> execute.run();
  }

  static Mishap silence() {
    return (refuse, execute) -> {};
  }

  static ErrorDetail.Builder detail(ErrorCode code, String message) {
    return ErrorDetail.newBuilder().setCode(code.number()).setMessage(message);
  }

  final long id;
  private final AtomicInteger requests = new AtomicInteger();
  private final Queue<Mishap> mishaps = new ConcurrentLinkedQueue<>();
  private final FakeCluster cluster;
  private final RpcServer server;
  private final int port;
  private volatile boolean silent;

  /** All that have come, answered or not. */
  final List<WriteRequest> writes = new CopyOnWriteArrayList<>();

  /** The requests that it has answered. */
  final List<ReadRequest> reads = new CopyOnWriteArrayList<>();

  final List<ScanRequest> scans = new CopyOnWriteArrayList<>();

  /** It has applied no more than this, or all that there is. */
  volatile long appliedMax = Long.MAX_VALUE;

  volatile long ageMillis = 3;

  /** What happens between the check of a write's epoch and its execution. */
  volatile Runnable beforeWrite = () -> {};

  FakeNode(long id, FakeCluster cluster, NetThreads threads) throws IOException {
    this.id = id;
    this.cluster = cluster;
    this.server =
        new RpcServer(threads, new Hello(FakeCluster.ID, Hello.Role.NODE, id))
            .handle(RpcMethods.KV_WRITE, this::write)
            .handle(RpcMethods.KV_READ, this::read)
            .handle(RpcMethods.KV_SCAN, this::scan);
    this.port = server.listen("127.0.0.1", 0);
  }

  String address() {
    return "127.0.0.1:" + port;
  }

  int requests() {
    return requests.get();
  }

  /** The next requests meet these, one each. */
  void willMeet(Mishap... next) {
    mishaps.addAll(List.of(next));
  }

  /** Takes requests and never answers. */
  void fallSilent() {
    silent = true;
  }

  private void write(RpcCall<WriteRequest, WriteReply> call) {
    WriteRequest request = call.request();
    writes.add(request);
    serve(
        call,
        request.getShard(),
        request.getEpoch(),
        () -> unlessLeader(request.getShard()),
        shard -> {
          beforeWrite.run();
          return write(request);
        });
  }

  private WriteReply write(WriteRequest request) {
    Shard shard = Objects.requireNonNull(cluster.shard(request.getShard()));
    return WriteReply.newBuilder()
        .addAllResults(
            cluster.state().write(request, shard).stream()
                .limit(cluster.valuesPerReplyMax())
                .toList())
        .setApplied(cluster.state().executions())
        .build();
  }

  private void read(RpcCall<ReadRequest, ReadReply> call) {
    ReadRequest request = call.request();
    serve(
        call,
        request.getShard(),
        request.getEpoch(),
        () -> unlessMay(request.getLevel(), request.getShard(), request.getMinApplied()),
        shard -> {
          reads.add(request);
          return read(request);
        });
  }

  private long applied() {
    return Math.min(appliedMax, cluster.state().executions());
  }

  /** Each level by its own rule. */
  private @Nullable ErrorDetail unlessMay(ReadLevel level, long shard, long minApplied) {
    if (level == ReadLevel.LINEARIZABLE) {
      return unlessLeader(shard);
    }
    return level == ReadLevel.SESSION && applied() < minApplied
        ? detail(ErrorCode.REPLICA_BEHIND, "applied " + applied() + ", seen " + minApplied).build()
        : null;
  }

  private ReadReply read(ReadRequest request) {
    ReadReply.Builder reply = ReadReply.newBuilder().setApplied(applied());
    if (request.getLevel() == ReadLevel.STALE) {
      reply.setAgeMillis(ageMillis);
    }
    for (ByteString key : request.getKeysList()) {
      if (reply.getValuesCount() == cluster.valuesPerReplyMax()) {
        break;
      }
      ByteString found = cluster.state().get(key);
      ReadReply.Value.Builder value = ReadReply.Value.newBuilder();
      if (found != null) {
        value.setValue(found);
      }
      reply.addValues(value);
    }
    return reply.build();
  }

  private void scan(RpcCall<ScanRequest, ScanReply> call) {
    ScanRequest request = call.request();
    serve(
        call,
        request.getShard(),
        request.getEpoch(),
        () -> unlessMay(request.getLevel(), request.getShard(), request.getMinApplied()),
        shard -> {
          scans.add(request);
          ScanReply.Builder reply =
              cluster.state().scan(request, shard, cluster.valuesPerReplyMax()).toBuilder();
          if (request.getLevel() == ReadLevel.STALE) {
            reply.setAgeMillis(ageMillis);
          }
          return reply.setApplied(applied()).build();
        });
  }

  private <R extends MessageLite> void serve(
      RpcCall<?, R> call,
      long shardId,
      Epoch epoch,
      Supplier<@Nullable ErrorDetail> refusal,
      Function<Shard, R> execute) {
    requests.incrementAndGet();
    Shard shard = cluster.shard(shardId);
    ErrorDetail refused = refusal.get();
    Mishap mishap = silent ? silence() : mishaps.poll();
    if (mishap != null) {
      mishap.meet(call::fail, () -> Objects.requireNonNull(execute.apply(shard)));
    } else if (shard == null) {
      call.fail(ErrorCode.NO_SUCH_SHARD, "no shard " + shardId);
    } else if (refused != null) {
      call.fail(refused);
    } else if (shard.getEpoch().getVersion() != epoch.getVersion()) {
      call.fail(
          detail(ErrorCode.STALE_EPOCH, "the shard has changed")
              .addAllShards(cluster.shards())
              .build());
    } else if (shard.hasFrozen()) {
      call.fail(
          detail(ErrorCode.OVERLOADED, "shard " + shardId + " is frozen")
              .setRetryAfterMillis(cluster.frozenMillis())
              .build());
    } else {
      call.reply(execute.apply(shard));
    }
  }

  private @Nullable ErrorDetail unlessLeader(long shard) {
    long leader = cluster.leader(shard);
    return leader == id ? null : notLeader(leader);
  }

  private ErrorDetail notLeader(long leader) {
    ErrorDetail.Builder detail = detail(ErrorCode.NOT_LEADER, "not the leader");
    if (leader != 0) {
      detail.setLeaderNode(leader).setLeaderAddress(cluster.node(leader).address());
    }
    return detail.build();
  }

  @Override
  public void close() {
    server.close();
  }
}
