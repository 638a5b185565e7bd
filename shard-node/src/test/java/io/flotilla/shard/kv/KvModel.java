package io.flotilla.shard.kv;

import com.google.protobuf.ByteString;
import io.flotilla.proto.kv.CompareAndSet;
import io.flotilla.proto.kv.Operation;
import io.flotilla.proto.kv.Put;
import io.flotilla.proto.kv.Result;
import io.flotilla.proto.kv.Result.Status;
import io.flotilla.proto.kv.Write;
import io.flotilla.proto.kv.WriteEntry;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What a shard should do, as simply as it can be said: it forgets nothing, so that whatever the
 * real one forgets too early shows as another answer.
 */
final class KvModel {
  private record Key(long client, long seq) {}

  Map<ByteString, ByteString> data = comparing();
  private final Map<Key, Result> done = new HashMap<>();
  private final Map<Long, Long> ackedBelow = new HashMap<>();
  private long logTime;

  private static Map<ByteString, ByteString> comparing() {
    return new TreeMap<>(ByteString.unsignedLexicographicalComparator());
  }

  List<Result> apply(WriteEntry entry) {
    logTime = Math.max(logTime, entry.getLogTimeMillis());
    List<Result> results = new ArrayList<>();
    for (Write write : entry.getWritesList()) {
      results.add(apply(entry, write));
    }
    return results;
  }

  private Result apply(WriteEntry entry, Write write) {
    if (entry.getVersion() != ShardUnderTest.VERSION) {
      return status(Status.WRONG_SHARD);
    }
    long client = entry.getClientLow();
    long acked = Math.max(entry.getAckedBelow(), ackedBelow.getOrDefault(client, 0L));
    if (logTime > entry.getNotAfterMillis() || write.getSeq() < acked) {
      return status(Status.SESSION_EXPIRED);
    }
    Key key = new Key(client, write.getSeq());
    Result known = done.get(key);
    if (known != null) {
      return known;
    }
    Result result = atomically(write.getOperation());
    if (result.getStatus() != Status.WRONG_SHARD) {
      done.put(key, result);
      ackedBelow.put(client, acked);
    }
    return result;
  }

  private Result atomically(Operation operation) {
    if (!operation.hasBatch()) {
      return one(operation);
    }
    Map<ByteString, ByteString> before = comparing();
    before.putAll(data);
    Result.Builder all = Result.newBuilder();
    Result failed = null;
    for (Operation inner : operation.getBatch().getOperationsList()) {
      Result result = one(inner);
      if (result.getStatus() == Status.WRONG_SHARD) {
        data = before;
        return result;
      }
      if (failed == null && result.getStatus() != Status.OK) {
        failed = result;
      }
      all.addResults(result);
    }
    if (failed != null) {
      data = before;
      return status(failed.getStatus());
    }
    return all.build();
  }

  private Result one(Operation operation) {
    ByteString key = Commands.key(operation);
    String user = key.substring(4).toStringUtf8();
    if (user.compareTo("b") < 0 || user.compareTo("y") >= 0) {
      return status(Status.WRONG_SHARD);
    }
    ByteString current = data.get(key);
    Result.Builder result = Result.newBuilder().setExisted(current != null);
    return switch (operation.getKindCase()) {
      case PUT -> put(operation.getPut(), current, result);
      case DELETE -> {
        data.remove(key);
        yield withPrevious(operation.getDelete().getReturnPrevious(), current, result).build();
      }
      case COMPARE_AND_SET -> compareAndSet(operation.getCompareAndSet(), current, result);
      case INCREMENT -> {
        long sum;
        try {
          sum =
              Math.addExact(
                  current == null ? 0 : Long.parseLong(current.toStringUtf8()),
                  operation.getIncrement().getDelta());
        } catch (NumberFormatException | ArithmeticException e) {
          yield status(Status.INVALID);
        }
        data.put(key, ByteString.copyFromUtf8(Long.toString(sum)));
        yield result.setNumber(sum).build();
      }
      case APPEND -> {
        ByteString longer =
            (current == null ? ByteString.EMPTY : current).concat(operation.getAppend().getValue());
        data.put(key, longer);
        yield result.setNumber(longer.size()).build();
      }
      case BATCH, KIND_NOT_SET -> throw new AssertionError(operation);
    };
  }

  private Result put(Put put, @Nullable ByteString current, Result.Builder result) {
    boolean blind = put.getCondition() == Put.Condition.ALWAYS && !put.getReturnPrevious();
    if (!blind) {
      withPrevious(put.getReturnPrevious(), current, result);
    } else {
      result.clearExisted();
    }
    if ((put.getCondition() == Put.Condition.IF_ABSENT && current != null)
        || (put.getCondition() == Put.Condition.IF_PRESENT && current == null)) {
      return result.setStatus(Status.CONDITION_FAILED).build();
    }
    data.put(put.getKey(), put.getValue());
    return result.build();
  }

  private Result compareAndSet(
      CompareAndSet command, @Nullable ByteString current, Result.Builder result) {
    ByteString expected = command.hasExpected() ? command.getExpected() : null;
    if (!java.util.Objects.equals(expected, current)) {
      return withPrevious(true, current, result).setStatus(Status.CONDITION_FAILED).build();
    }
    if (command.hasValue()) {
      data.put(command.getKey(), command.getValue());
    } else {
      data.remove(command.getKey());
    }
    return result.build();
  }

  private static Result.Builder withPrevious(
      boolean asked, @Nullable ByteString current, Result.Builder result) {
    return asked && current != null ? result.setPrevious(current) : result;
  }

  private static Result status(Status status) {
    return Result.newBuilder().setStatus(status).build();
  }
}
