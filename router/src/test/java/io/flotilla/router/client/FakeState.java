package io.flotilla.router.client;

import com.google.protobuf.ByteString;
import io.flotilla.proto.kv.CompareAndSet;
import io.flotilla.proto.kv.Increment;
import io.flotilla.proto.kv.KeyValue;
import io.flotilla.proto.kv.Operation;
import io.flotilla.proto.kv.Put;
import io.flotilla.proto.kv.Result;
import io.flotilla.proto.kv.ScanReply;
import io.flotilla.proto.kv.ScanRequest;
import io.flotilla.proto.kv.Write;
import io.flotilla.proto.kv.WriteRequest;
import io.flotilla.proto.map.Shard;
import io.flotilla.router.map.Route;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What all replicas agree on, kept once: pairs, and completion records for exactly-once. */
final class FakeState {
  private final NavigableMap<ByteString, ByteString> pairs = new TreeMap<>(Route::compare);
  private final Map<String, Result> completed = new HashMap<>();
  private final List<WriteRequest> requests = new ArrayList<>();
  private int executions;
  private int statusTold = -1;

  /** From now on every result has this status, whatever it was. */
  synchronized void tellStatus(int number) {
    statusTold = number;
  }

  /** By a shard that judges each write by itself: it may be another's by now. */
  synchronized List<Result> write(WriteRequest request, Shard shard) {
    requests.add(request);
    List<Result> results = new ArrayList<>();
    for (Write write : request.getWritesList()) {
      String id = request.getClientHigh() + "/" + request.getClientLow() + "/" + write.getSeq();
      if (write.getSeq() < request.getAckedBelow()) {
        throw new AssertionError("serial " + id + " is said to be acknowledged");
      }
      Result result = completed.get(id);
      if (result == null && !holds(shard, key(write.getOperation()))) {
        result = Result.newBuilder().setStatus(Result.Status.WRONG_SHARD).build();
      } else if (result == null) {
        result = execute(write.getOperation());
        completed.put(id, result);
      }
      results.add(statusTold < 0 ? result : result.toBuilder().setStatusValue(statusTold).build());
    }
    return results;
  }

  private static boolean holds(Shard shard, ByteString key) {
    return Route.compare(shard.getStart(), key) <= 0
        && (shard.getEnd().isEmpty() || Route.compare(key, shard.getEnd()) < 0);
  }

  private static ByteString key(Operation operation) {
    return switch (operation.getKindCase()) {
      case PUT -> operation.getPut().getKey();
      case DELETE -> operation.getDelete().getKey();
      case COMPARE_AND_SET -> operation.getCompareAndSet().getKey();
      case INCREMENT -> operation.getIncrement().getKey();
      case APPEND -> operation.getAppend().getKey();
      case BATCH -> key(operation.getBatch().getOperations(0));
      case KIND_NOT_SET -> throw new AssertionError("an empty operation");
    };
  }

  synchronized @Nullable ByteString get(ByteString key) {
    return pairs.get(key);
  }

  /** Operations that took effect, as opposed to attempts. */
  synchronized int executions() {
    return executions;
  }

  synchronized List<WriteRequest> requests() {
    return List.copyOf(requests);
  }

  synchronized ScanReply scan(ScanRequest request, Shard shard, int pageMax) {
    NavigableMap<ByteString, ByteString> range = pairs.tailMap(request.getStart(), true);
    ByteString end = request.getEnd().isEmpty() ? shard.getEnd() : request.getEnd();
    if (!end.isEmpty()) {
      range = range.headMap(end, false);
    }
    if (request.getCountOnly()) {
      return ScanReply.newBuilder().setCount(range.size()).build();
    }
    int limit = Math.min(pageMax, request.getLimit() == 0 ? pageMax : request.getLimit());
    ScanReply.Builder reply = ScanReply.newBuilder();
    for (Map.Entry<ByteString, ByteString> pair :
        (request.getReverse() ? range.descendingMap() : range).entrySet()) {
      if (reply.getPairsCount() == limit) {
        ByteString last = reply.getPairs(limit - 1).getKey();
        ByteString after = last.concat(ByteString.copyFrom(new byte[1]));
        return reply.setMore(true).setNext(request.getReverse() ? last : after).build();
      }
      KeyValue.Builder one = KeyValue.newBuilder().setKey(pair.getKey());
      if (!request.getKeysOnly()) {
        one.setValue(pair.getValue());
      }
      reply.addPairs(one);
    }
    return reply.build();
  }

  private Result execute(Operation operation) {
    executions++;
    return switch (operation.getKindCase()) {
      case PUT -> put(operation.getPut());
      case DELETE -> {
        ByteString before = pairs.remove(operation.getDelete().getKey());
        yield result(true, before, operation.getDelete().getReturnPrevious());
      }
      case COMPARE_AND_SET -> compareAndSet(operation.getCompareAndSet());
      case INCREMENT -> increment(operation.getIncrement());
      case APPEND -> {
        ByteString key = operation.getAppend().getKey();
        ByteString before = pairs.getOrDefault(key, ByteString.EMPTY);
        ByteString after = before.concat(operation.getAppend().getValue());
        pairs.put(key, after);
        yield Result.newBuilder().setNumber(after.size()).build();
      }
      case BATCH -> {
        Result.Builder all = Result.newBuilder();
        operation.getBatch().getOperationsList().forEach(one -> all.addResults(execute(one)));
        yield all.build();
      }
      case KIND_NOT_SET -> throw new AssertionError("an empty operation");
    };
  }

  private Result put(Put put) {
    ByteString before = pairs.get(put.getKey());
    boolean met =
        switch (put.getCondition()) {
          case IF_ABSENT -> before == null;
          case IF_PRESENT -> before != null;
          case ALWAYS, UNRECOGNIZED -> true;
        };
    if (met) {
      pairs.put(put.getKey(), put.getValue());
    }
    return result(met, before, put.getReturnPrevious());
  }

  private Result compareAndSet(CompareAndSet cas) {
    ByteString before = pairs.get(cas.getKey());
    boolean met = cas.hasExpected() ? cas.getExpected().equals(before) : before == null;
    if (met && cas.hasValue()) {
      pairs.put(cas.getKey(), cas.getValue());
    } else if (met) {
      pairs.remove(cas.getKey());
    }
    return result(met, before, !met);
  }

  private Result increment(Increment increment) {
    ByteString before = pairs.getOrDefault(increment.getKey(), ByteString.copyFromUtf8("0"));
    try {
      long after = Math.addExact(Long.parseLong(before.toStringUtf8()), increment.getDelta());
      pairs.put(increment.getKey(), ByteString.copyFromUtf8(Long.toString(after)));
      return Result.newBuilder().setNumber(after).build();
    } catch (NumberFormatException e) {
      return Result.newBuilder()
          .setStatus(Result.Status.INVALID)
          .setMessage("the value is not a signed 64-bit number")
          .build();
    }
  }

  private static Result result(boolean met, @Nullable ByteString before, boolean tellPrevious) {
    Result.Builder result =
        Result.newBuilder()
            .setStatus(met ? Result.Status.OK : Result.Status.CONDITION_FAILED)
            .setExisted(before != null);
    if (before != null && tellPrevious) {
      result.setPrevious(before);
    }
    return result.build();
  }
}
