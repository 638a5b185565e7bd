package io.flotilla.shard.service;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageLite;
import io.flotilla.proto.kv.Command;
import io.flotilla.proto.kv.ReadReply;
import io.flotilla.proto.kv.ReadRequest;
import io.flotilla.proto.kv.Result;
import io.flotilla.proto.kv.ScanReply;
import io.flotilla.proto.kv.ScanRequest;
import io.flotilla.proto.kv.WriteEntry;
import io.flotilla.proto.kv.WriteReply;
import io.flotilla.proto.kv.WriteRequest;
import io.flotilla.proto.map.Epoch;
import io.flotilla.raft.port.StorageException;
import io.flotilla.rpc.ErrorCode;
import io.flotilla.rpc.RpcCall;
import io.flotilla.rpc.RpcException;
import io.flotilla.rpc.RpcHandlers;
import io.flotilla.rpc.RpcMethods;
import io.flotilla.shard.host.HostedShard;
import io.flotilla.shard.host.NodeTable;
import io.flotilla.shard.host.ShardHost;
import io.flotilla.shard.host.ShardLoad;
import io.flotilla.shard.kv.Commands;
import io.flotilla.shard.kv.KeyRange;
import io.flotilla.shard.kv.KvReads;
import io.flotilla.shard.kv.ShardGoneException;
import io.flotilla.shard.kv.StaleVersionException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** Answers reads and writes of the shards on this node. Handlers run on event loops. */
public final class KvService {
  private static final int KEYS_MAX = 4096;
  private static final long COUNTED_AT_ONCE = 200_000;

  private static final int RESULT_HEADER_BYTES = 8;

  /** Within a frame; previous values may be many, and cutting costs the caller another request. */
  private static final int WRITE_REPLY_BYTES_MAX = 14 << 20;

  private final ShardHost host;
  private final ServiceConfig config;
  private final WriteChecks checks;
  private final Refusals refusals;
  private final ReadGate gate;
  private final Executor readers;
  private final Clocks clocks;
  private final Consumer<Throwable> fatal;

  /**
   * @param readers may block on the state's disk; refuses with {@link RpcException}
   * @param clocks the wall clock's time is stamped into entries where this node leads
   * @param fatal told when the state's disk fails
   */
  public KvService(
      ShardHost host,
      NodeTable nodes,
      Executor readers,
      ServiceConfig config,
      Clocks clocks,
      Consumer<Throwable> fatal) {
    this.host = host;
    this.config = config;
    this.checks = new WriteChecks(config);
    this.refusals = new Refusals(nodes);
    this.gate = new ReadGate(ReadGate.WAIT_MAX, clocks);
    this.readers = readers;
    this.clocks = clocks;
    this.fatal = fatal;
  }

  /** Adds its methods. */
  public void handleOn(RpcHandlers server) {
    server.handle(RpcMethods.KV_WRITE, this::write);
    server.handle(RpcMethods.KV_READ, this::read);
    server.handle(RpcMethods.KV_SCAN, this::scan);
  }

  private void write(RpcCall<WriteRequest, WriteReply> call) {
    WriteRequest request = call.request();
    try {
      long nowMillis = clocks.wallMillis().getAsLong();
      checkDeadline(call);
      checks.check(request, nowMillis);
      HostedShard shard = host.find(request.getShard());
      check(shard, request.getEpoch(), () -> Asked.by(request));
      count(request, shard.load());
      shard
          .group()
          .propose(entry(request, nowMillis).toByteArray())
          .whenComplete((result, failure) -> answer(call, shard, result, failure));
    } catch (RpcException e) {
      call.fail(e.detail());
    }
  }

  /** A batch is one operation. */
  private static void count(WriteRequest request, ShardLoad load) {
    for (int i = 0; i < request.getWritesCount(); i++) {
      load.count(Commands.routingKey(request.getWrites(i).getOperation()));
    }
  }

  /**
   * Refuses a request that was routed by another version of the shard, or by one that serves
   * nothing. That is known of a version from its first moment to its last, so that nothing that
   * passes here, at whatever level it reads, can meet it frozen later.
   */
  private void check(HostedShard shard, Epoch epoch, Supplier<KeyRange> asked) {
    if (!shard.isOf(epoch) || (shard.isFrozen() && host.isReplaced(shard))) {
      throw new RpcException(host.staleEpoch(shard, asked.get()));
    }
    if (shard.isFrozen()) {
      throw new RpcException(Refusals.frozen(shard.descriptor()));
    }
  }

  private Command entry(WriteRequest request, long nowMillis) {
    return Command.newBuilder().setWrite(writes(request, nowMillis)).build();
  }

  private WriteEntry writes(WriteRequest request, long nowMillis) {
    return WriteEntry.newBuilder()
        .setLogTimeMillis(nowMillis)
        .setVersion(request.getEpoch().getVersion())
        .setClientHigh(request.getClientHigh())
        .setClientLow(request.getClientLow())
        .setAckedBelow(request.getAckedBelow())
        .setNotAfterMillis(request.getNotAfterMillis())
        .setValueBytesMax(config.valueBytesMax())
        .addAllWrites(request.getWritesList())
        .build();
  }

  private void answer(
      RpcCall<WriteRequest, WriteReply> call, HostedShard shard, byte[] result, Throwable failure) {
    if (failure != null) {
      call.fail(refusals.detail(failure, shard));
      return;
    }
    try {
      WriteReply reply = WriteReply.parseFrom(result);
      if (areAll(reply, Result.Status.WRONG_SHARD)) {
        // It met a split, a freeze or a merge on its way: nothing of it was executed.
        call.fail(host.staleEpoch(shard, Asked.by(call.request())));
      } else if (areAll(reply, Result.Status.OVERLOADED)) {
        call.fail(Refusals.overloaded(reply.getResults(0).getMessage()));
      } else {
        call.reply(cut(reply));
      }
    } catch (InvalidProtocolBufferException e) {
      call.fail(refusals.detail(e, shard));
    }
  }

  private static boolean areAll(WriteReply reply, Result.Status status) {
    return reply.getResultsList().stream().allMatch(result -> result.getStatus() == status);
  }

  /** As many results as fit; the caller asks for the others again, under the same numbers. */
  private WriteReply cut(WriteReply reply) {
    if (reply.getSerializedSize() <= WRITE_REPLY_BYTES_MAX) {
      return reply;
    }
    WriteReply.Builder some = WriteReply.newBuilder().setApplied(reply.getApplied());
    long bytes = 0;
    for (Result result : reply.getResultsList()) {
      bytes += result.getSerializedSize() + RESULT_HEADER_BYTES;
      if (bytes > WRITE_REPLY_BYTES_MAX && some.getResultsCount() > 0) {
        break;
      }
      some.addResults(result);
    }
    return some.build();
  }

  private void read(RpcCall<ReadRequest, ReadReply> call) {
    ReadRequest request = call.request();
    try {
      ReadDemand demand = ReadDemand.of(request);
      HostedShard shard = host.find(request.getShard());
      check(shard, request.getEpoch(), () -> Asked.by(request));
      KvReads reads = shard.reads(request.getEpoch());
      int keys = request.getKeysCount();
      if (keys < 1 || keys > KEYS_MAX) {
        throw invalid(keys + " keys; allowed: 1 to " + KEYS_MAX);
      }
      for (ByteString key : request.getKeysList()) {
        if (!shard.range().contains(key)) {
          throw invalid("a key is not in the range of shard " + request.getShard());
        }
      }
      shard.load().count(request.getKeysList());
      serve(
          call,
          shard,
          demand,
          () -> Asked.by(request),
          () -> reads.get(request.getKeysList(), config.replyBytesMax()),
          (reply, ageMillis) -> reply.toBuilder().setAgeMillis(ageMillis).build());
    } catch (RpcException e) {
      call.fail(e.detail());
    }
  }

  private void scan(RpcCall<ScanRequest, ScanReply> call) {
    ScanRequest request = call.request();
    try {
      ReadDemand demand = ReadDemand.of(request);
      HostedShard shard = host.find(request.getShard());
      check(shard, request.getEpoch(), () -> Asked.by(request));
      ByteString end = request.getEnd().isEmpty() ? shard.range().end() : request.getEnd();
      KeyRange range = new KeyRange(request.getStart(), end);
      if (!shard.range().covers(range)) {
        throw invalid("the scan leaves the range of shard " + request.getShard());
      }
      KvReads reads = shard.reads(request.getEpoch());
      shard.load().count(request.getReverse() ? end : request.getStart());
      int asked = request.getLimit(); // unsigned on the wire
      KvReads.Scan scan =
          new KvReads.Scan(
              range,
              request.getReverse(),
              asked > 0 ? Math.min(asked, config.scanPairsMax()) : config.scanPairsMax(),
              config.replyBytesMax(),
              request.getKeysOnly(),
              request.getCountOnly(),
              COUNTED_AT_ONCE);
      serve(
          call,
          shard,
          demand,
          () -> Asked.by(request),
          () -> reads.scan(scan),
          (reply, ageMillis) -> reply.toBuilder().setAgeMillis(ageMillis).build());
    } catch (RpcException e) {
      call.fail(e.detail());
    }
  }

  /** Reads when the gate is open, on the pool, if the shard is then still the one asked for. */
  private <Q extends MessageLite, R extends MessageLite> void serve(
      RpcCall<Q, R> call,
      HostedShard shard,
      ReadDemand demand,
      Supplier<KeyRange> asked,
      Reading<R> reading,
      Stamp<R> stamp) {
    gate.open(shard, demand, call.deadlineNanos())
        .thenAccept(
            opened ->
                readers.execute(
                    () -> {
                      try {
                        checkDeadline(call);
                        call.reply(readNow(shard, demand, reading, stamp));
                      } catch (StaleVersionException e) {
                        call.fail(host.staleEpoch(shard, asked.get()));
                      } catch (ShardGoneException e) {
                        call.fail(gone(e).detail());
                      } catch (StorageException e) {
                        call.fail(stopping(e).detail());
                        fatal.accept(e); // as wherever a disk fails
                      } catch (RuntimeException e) {
                        call.fail(refusals.ofRead(e, shard));
                      }
                    }))
        .whenComplete(
            (done, failure) -> {
              if (failure != null) {
                call.fail(refusals.ofRead(failure, shard));
              }
            });
  }

  private static RpcException gone(ShardGoneException found) {
    return new RpcException(ErrorCode.NO_SUCH_SHARD, String.valueOf(found.getMessage()));
  }

  private static RpcException stopping(StorageException why) {
    return new RpcException(ErrorCode.UNAVAILABLE, "the node stops: " + why.getMessage());
  }

  /** With its age, if that is asked for: that of the state, and what the reading took. */
  private <R> R readNow(HostedShard shard, ReadDemand demand, Reading<R> reading, Stamp<R> stamp)
      throws StorageException, ShardGoneException, StaleVersionException {
    Optional<Duration> age = gate.age(shard, demand);
    long begunNanos = clocks.nanos().getAsLong();
    R reply = reading.read();
    return age.isEmpty()
        ? reply
        : stamp.on(
            reply, 1 + age.get().plusNanos(clocks.nanos().getAsLong() - begunNanos).toMillis());
  }

  /** What nobody waits for any more is not begun: in an overload it is most of what comes. */
  private void checkDeadline(RpcCall<?, ?> call) {
    if (clocks.nanos().getAsLong() - call.deadlineNanos() > 0) {
      throw new RpcException(ErrorCode.DEADLINE_EXCEEDED, "it passed before the request was begun");
    }
  }

  private static RpcException invalid(String what) {
    return new RpcException(ErrorCode.INVALID_REQUEST, what);
  }

  /** A read of the state's disk. */
  @FunctionalInterface
  private interface Reading<R> {
    R read() throws StorageException, ShardGoneException, StaleVersionException;
  }

  /** Puts an age on a reply. */
  @FunctionalInterface
  private interface Stamp<R> {
    R on(R reply, long ageMillis);
  }
}
