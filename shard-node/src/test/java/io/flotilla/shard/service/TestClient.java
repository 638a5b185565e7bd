package io.flotilla.shard.service;

import com.google.protobuf.ByteString;
import io.flotilla.proto.kv.Increment;
import io.flotilla.proto.kv.Operation;
import io.flotilla.proto.kv.Put;
import io.flotilla.proto.kv.ReadRequest;
import io.flotilla.proto.kv.Result;
import io.flotilla.proto.kv.ScanReply;
import io.flotilla.proto.kv.ScanRequest;
import io.flotilla.proto.kv.Write;
import io.flotilla.proto.kv.WriteReply;
import io.flotilla.proto.kv.WriteRequest;
import io.flotilla.proto.map.Shard;
import io.flotilla.rpc.ErrorCode;
import io.flotilla.rpc.Hello;
import io.flotilla.rpc.NetThreads;
import io.flotilla.rpc.RpcClient;
import io.flotilla.rpc.RpcException;
import io.flotilla.rpc.RpcMethods;
import io.flotilla.shard.kv.KeyRange;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.function.Function;
import java.util.function.Supplier;

/** The least client that finds leaders and retries under the same number. */
final class TestClient implements AutoCloseable {
  static final Duration CALL = Duration.ofSeconds(2);
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final NetThreads threads = new NetThreads(1, "client");
  final RpcClient rpc;
  private final Supplier<List<Shard>> shards;
  private final Supplier<List<String>> nodes;
  private final long id;
  private long seq;

  TestClient(String cluster, Supplier<List<Shard>> shards, Supplier<List<String>> nodes) {
    this(cluster, 77, shards, nodes);
  }

  TestClient(String cluster, long id, Supplier<List<Shard>> shards, Supplier<List<String>> nodes) {
    this.id = id;
    this.rpc = new RpcClient(threads, new Hello(cluster, Hello.Role.CLIENT, 0));
    this.shards = shards;
    this.nodes = nodes;
  }

  Result put(String key, String value) {
    ByteString encoded = FakePlacement.key(key);
    return write(
        encoded,
        Operation.newBuilder()
            .setPut(Put.newBuilder().setKey(encoded).setValue(ByteString.copyFromUtf8(value)))
            .build());
  }

  Result increment(String key) {
    ByteString encoded = FakePlacement.key(key);
    return write(encoded, incrementOf(encoded));
  }

  static Operation incrementOf(ByteString key) {
    return Operation.newBuilder()
        .setIncrement(Increment.newBuilder().setKey(key).setDelta(1))
        .build();
  }

  String get(String key) {
    ByteString encoded = FakePlacement.key(key);
    return anywhere(address -> rpc.call(address, RpcMethods.KV_READ, read(encoded), CALL).join())
        .getValues(0)
        .getValue()
        .toStringUtf8();
  }

  private ReadRequest read(ByteString key) {
    Shard shard = shardOf(key);
    return ReadRequest.newBuilder()
        .setShard(shard.getId())
        .setEpoch(shard.getEpoch())
        .addKeys(key)
        .build();
  }

  /** All keys of all shards. */
  List<String> scan() {
    List<String> keys = new ArrayList<>();
    for (Shard shard : shards.get()) {
      ScanRequest request =
          ScanRequest.newBuilder()
              .setShard(shard.getId())
              .setEpoch(shard.getEpoch())
              .setStart(shard.getStart())
              .build();
      ScanReply reply =
          anywhere(address -> rpc.call(address, RpcMethods.KV_SCAN, request, CALL).join());
      reply.getPairsList().forEach(pair -> keys.add(pair.getKey().substring(4).toStringUtf8()));
    }
    return keys;
  }

  WriteRequest.Builder request(ByteString key, Operation operation) {
    seq++;
    return again(key, operation);
  }

  /** Under the same number, by the map as it is now. */
  private WriteRequest.Builder again(ByteString key, Operation operation) {
    Shard shard = shardOf(key);
    return WriteRequest.newBuilder()
        .setShard(shard.getId())
        .setEpoch(shard.getEpoch())
        .setClientLow(id)
        .setAckedBelow(seq)
        .setNotAfterMillis(System.currentTimeMillis() + 3_600_000)
        .addWrites(Write.newBuilder().setSeq(seq).setOperation(operation));
  }

  Shard shardOf(ByteString key) {
    return shards.get().stream()
        .filter(shard -> KeyRange.of(shard).contains(key))
        .findFirst()
        .orElseThrow();
  }

  private Result write(ByteString key, Operation operation) {
    seq++;
    return anywhere(
            address ->
                rpc.call(address, RpcMethods.KV_WRITE, again(key, operation).build(), CALL).join())
        .getResults(0);
  }

  WriteReply send(WriteRequest request) {
    return anywhere(address -> rpc.call(address, RpcMethods.KV_WRITE, request, CALL).join());
  }

  /** Asks each node in turn, and whom they name, until one answers. */
  private <R> R anywhere(Function<String, R> call) {
    long end = System.nanoTime() + PATIENCE.toNanos();
    String next = nodes.get().get(0);
    for (int i = 0; ; i++) {
      try {
        return call.apply(next);
      } catch (CompletionException e) {
        RpcException why = (RpcException) e.getCause();
        if (why.code().retry() == ErrorCode.Retry.NEVER || System.nanoTime() > end) {
          throw why;
        }
        List<String> up = nodes.get();
        String named = why.detail().getLeaderAddress();
        next = up.contains(named) && !named.equals(next) ? named : up.get(i % up.size());
      }
    }
  }

  @Override
  public void close() {
    rpc.close();
    threads.close();
  }
}
