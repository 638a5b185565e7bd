package io.flotilla.shard.kv;

import com.google.protobuf.ByteString;
import io.flotilla.proto.kv.Append;
import io.flotilla.proto.kv.CompareAndSet;
import io.flotilla.proto.kv.Delete;
import io.flotilla.proto.kv.Increment;
import io.flotilla.proto.kv.Operation;
import io.flotilla.proto.kv.Put;
import io.flotilla.proto.kv.Result;
import io.flotilla.raft.port.StorageException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Executes one valid operation on top of a round: all of it, or nothing. */
final class Execution {
  private final KvRound round;
  private final Extents extents;
  private final int valueBytesMax;
  private final Map<ByteKey, Optional<byte[]>> changes = new LinkedHashMap<>();
  private long effectBytes;

  /**
   * @param valueBytesMax how long a value may grow
   */
  Execution(KvRound round, Extents extents, int valueBytesMax) {
    this.round = round;
    this.extents = extents;
    this.valueBytesMax = valueBytesMax;
  }

  /** Executes and, unless the result says that nothing was changed, stages the changes. */
  Result run(Operation operation) throws StorageException {
    Result result =
        operation.hasBatch() ? batch(operation.getBatch().getOperationsList()) : single(operation);
    if (result.getStatus() == Result.Status.OK) {
      changes.forEach(
          (key, value) ->
              value.ifPresentOrElse(
                  bytes -> round.put(key.bytes(), bytes), () -> round.delete(key.bytes())));
    }
    return result;
  }

  private Result batch(List<Operation> operations) throws StorageException {
    Result.Builder all = Result.newBuilder();
    for (int i = 0; i < operations.size(); i++) {
      Result result = single(operations.get(i));
      effectBytes += result.getSerializedSize();
      if (effectBytes > Commands.EFFECT_BYTES_MAX) {
        result = invalid("it would write and return over " + Commands.EFFECT_BYTES_MAX + " bytes");
      }
      if (result.getStatus() != Result.Status.OK) {
        return undone(operations.size(), i, result);
      }
      all.addResults(result);
    }
    return all.build();
  }

  private static Result undone(int size, int failedAt, Result failed) {
    String why = "operation " + (failedAt + 1) + " of the batch failed";
    Result other =
        Result.newBuilder().setStatus(Result.Status.CONDITION_FAILED).setMessage(why).build();
    Result.Builder all = Result.newBuilder().setStatus(failed.getStatus());
    all.setMessage(failed.getMessage().isEmpty() ? why : why + ": " + failed.getMessage());
    for (int i = 0; i < size; i++) {
      all.addResults(i == failedAt ? failed : other);
    }
    return all.build();
  }

  private Result single(Operation operation) throws StorageException {
    return switch (operation.getKindCase()) {
      case PUT -> put(operation.getPut());
      case DELETE -> delete(operation.getDelete());
      case COMPARE_AND_SET -> compareAndSet(operation.getCompareAndSet());
      case INCREMENT -> increment(operation.getIncrement());
      case APPEND -> append(operation.getAppend());
      case BATCH, KIND_NOT_SET ->
          throw new IllegalStateException(operation.getKindCase() + " passed the checks");
    };
  }

  private Result put(Put put) throws StorageException {
    ByteKey key = dataKey(put.getKey());
    if (put.getCondition() == Put.Condition.ALWAYS && !put.getReturnPrevious()) {
      set(key, put.getValue().toByteArray()); // blind: the cheapest write there is reads nothing
      return Result.getDefaultInstance();
    }
    byte[] current = get(key);
    Result.Builder result = Result.newBuilder().setExisted(current != null);
    if (put.getReturnPrevious() && current != null) {
      result.setPrevious(ByteString.copyFrom(current));
    }
    boolean holds =
        switch (put.getCondition()) {
          case ALWAYS -> true;
          case IF_ABSENT -> current == null;
          case IF_PRESENT -> current != null;
          case UNRECOGNIZED ->
              throw new IllegalStateException("unknown condition passed the checks");
        };
    if (!holds) {
      return result.setStatus(Result.Status.CONDITION_FAILED).build();
    }
    set(key, put.getValue().toByteArray());
    return result.build();
  }

  private Result delete(Delete delete) throws StorageException {
    ByteKey key = dataKey(delete.getKey());
    byte[] current = get(key);
    if (current == null) {
      return Result.getDefaultInstance();
    }
    set(key, null);
    Result.Builder result = Result.newBuilder().setExisted(true);
    if (delete.getReturnPrevious()) {
      result.setPrevious(ByteString.copyFrom(current));
    }
    return result.build();
  }

  private Result compareAndSet(CompareAndSet command) throws StorageException {
    ByteKey key = dataKey(command.getKey());
    byte[] current = get(key);
    Result.Builder result = Result.newBuilder().setExisted(current != null);
    boolean equal =
        current == null
            ? !command.hasExpected()
            : command.hasExpected() && command.getExpected().equals(ByteString.copyFrom(current));
    if (!equal) {
      if (current != null) {
        result.setPrevious(ByteString.copyFrom(current));
      }
      return result.setStatus(Result.Status.CONDITION_FAILED).build();
    }
    if (command.hasValue()) {
      set(key, command.getValue().toByteArray());
    } else if (current != null) {
      set(key, null);
    }
    return result.build();
  }

  private Result increment(Increment command) throws StorageException {
    ByteKey key = dataKey(command.getKey());
    byte[] current = get(key);
    Optional<Long> number = current == null ? Optional.of(0L) : Decimal.parse(current);
    if (number.isEmpty()) {
      return invalid("value is not an integer or out of range");
    }
    long before = number.get();
    long after = before + command.getDelta();
    if (((before ^ after) & (command.getDelta() ^ after)) < 0) {
      return invalid("increment or decrement would overflow");
    }
    set(key, Decimal.format(after));
    return Result.newBuilder().setExisted(current != null).setNumber(after).build();
  }

  private Result append(Append command) throws StorageException {
    ByteKey key = dataKey(command.getKey());
    byte[] current = get(key);
    ByteString before = current == null ? ByteString.EMPTY : ByteString.copyFrom(current);
    if ((long) before.size() + command.getValue().size() > valueBytesMax) {
      return invalid("string exceeds maximum allowed size (" + valueBytesMax + " bytes)");
    }
    byte[] after = before.concat(command.getValue()).toByteArray();
    set(key, after);
    return Result.newBuilder().setExisted(current != null).setNumber(after.length).build();
  }

  private static Result invalid(String message) {
    return Result.newBuilder().setStatus(Result.Status.INVALID).setMessage(message).build();
  }

  private ByteKey dataKey(ByteString key) {
    return new ByteKey(KvKeys.data(extents.generationOf(key), key.toByteArray()));
  }

  private byte @Nullable [] get(ByteKey key) throws StorageException {
    Optional<byte[]> changed = changes.get(key);
    return changed != null ? changed.orElse(null) : round.get(key.bytes());
  }

  private void set(ByteKey key, byte @Nullable [] value) {
    effectBytes += key.bytes().length + (value == null ? 0 : value.length);
    changes.put(key, Optional.ofNullable(value));
  }
}
