package io.flotilla.shard.kv;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import io.flotilla.proto.kv.Command;
import io.flotilla.proto.kv.Operation;
import io.flotilla.proto.kv.Put;
import io.flotilla.proto.kv.Write;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * What may stand in a shard's log. The bounds here are those of the log itself, the same on all
 * replicas whatever their configuration, since a replica that refuses what another executes is a
 * different replica; a service is stricter, and stamps what depends on state into the entry.
 */
public final class Commands {
  /** A keyspace's id and a slot stand before the user's key. */
  public static final int KEY_BYTES_MAX = 6 + (64 << 10);

  /** A keyspace's id, and at least one byte of a key. */
  public static final int KEY_BYTES_MIN = 4 + 1;

  public static final int VALUE_BYTES_MAX = 8 << 20;
  public static final int BATCH_OPERATIONS_MAX = 4096;

  /**
   * What one entry may make of itself, in bytes written and returned: a few short commands can
   * change and return values that are long. A batch beyond it is invalid; single writes beyond it
   * are left out, and their client sends them again. A reply of this size fits into a frame.
   */
  public static final int EFFECT_BYTES_MAX = 14 << 20;

  private Commands() {}

  /** As the other one, of what stands in a log. */
  static Optional<String> unknown(Command command) {
    return switch (command.getKindCase()) {
      case WRITE ->
          isUnderstood(command) && isUnderstood(command.getWrite())
              ? unknown(command.getWrite().getWritesList())
              : Optional.of("a command with unknown fields");
      case SPLIT -> unknown(command, command.getSplit());
      case FREEZE -> unknown(command, command.getFreeze());
      case THAW -> unknown(command, command.getThaw());
      case ABSORB -> unknown(command, command.getAbsorb());
      case FENCE -> unknown(command, command.getFence());
      case KIND_NOT_SET -> Optional.of("a command of no known kind");
    };
  }

  private static Optional<String> unknown(Command command, Message change) {
    return isUnderstood(command) && isUnderstood(change)
        ? Optional.empty()
        : Optional.of("a " + command.getKindCase() + " with unknown fields");
  }

  private static boolean isUnderstood(Message message) {
    return message.getUnknownFields().isEmpty();
  }

  /**
   * What in these writes this version does not understand: a newer one made it. In a log it stops
   * the replica, so nothing of the kind may be proposed.
   */
  public static Optional<String> unknown(List<Write> writes) {
    return firstProblem(
        writes,
        write ->
            write.getUnknownFields().isEmpty()
                ? unknown(write.getOperation())
                : Optional.of("a write with unknown fields"));
  }

  private static Optional<String> unknown(Operation operation) {
    if (operation.getKindCase() == Operation.KindCase.KIND_NOT_SET) {
      return Optional.of("an operation of no known kind");
    }
    if (!operation.getUnknownFields().isEmpty() || !body(operation).getUnknownFields().isEmpty()) {
      return Optional.of("a " + operation.getKindCase() + " with unknown fields");
    }
    if (operation.getPut().getCondition() == Put.Condition.UNRECOGNIZED) {
      return Optional.of("condition " + operation.getPut().getConditionValue() + " of a PUT");
    }
    return firstProblem(operation.getBatch().getOperationsList(), Commands::unknown);
  }

  /** What is wrong with an operation, whatever the state; and what is allowed instead. */
  public static Optional<String> invalid(Operation operation) {
    if (operation.getKindCase() != Operation.KindCase.BATCH) {
      return invalidKeyOrValue(operation);
    }
    List<Operation> operations = operation.getBatch().getOperationsList();
    if (operations.isEmpty() || operations.size() > BATCH_OPERATIONS_MAX) {
      return Optional.of(
          "a batch of " + operations.size() + " operations; allowed: 1 to " + BATCH_OPERATIONS_MAX);
    }
    return firstProblem(
        operations,
        inner ->
            inner.getKindCase() == Operation.KindCase.BATCH
                ? Optional.of("a batch within a batch")
                : invalidKeyOrValue(inner));
  }

  private static Optional<String> invalidKeyOrValue(Operation operation) {
    int keyBytes = key(operation).size();
    if (keyBytes < KEY_BYTES_MIN || keyBytes > KEY_BYTES_MAX) {
      return Optional.of(
          "an encoded key of "
              + keyBytes
              + " bytes; allowed: "
              + KEY_BYTES_MIN
              + " to "
              + KEY_BYTES_MAX);
    }
    int valueBytes = value(operation).size();
    return valueBytes > VALUE_BYTES_MAX
        ? Optional.of("a value of " + valueBytes + " bytes; allowed: up to " + VALUE_BYTES_MAX)
        : Optional.empty();
  }

  /** The key that a single operation is about. */
  public static ByteString key(Operation operation) {
    return switch (operation.getKindCase()) {
      case PUT -> operation.getPut().getKey();
      case DELETE -> operation.getDelete().getKey();
      case COMPARE_AND_SET -> operation.getCompareAndSet().getKey();
      case INCREMENT -> operation.getIncrement().getKey();
      case APPEND -> operation.getAppend().getKey();
      case BATCH, KIND_NOT_SET -> ByteString.EMPTY;
    };
  }

  /** The value that a single operation brings along; empty if none. */
  public static ByteString value(Operation operation) {
    return switch (operation.getKindCase()) {
      case PUT -> operation.getPut().getValue();
      case COMPARE_AND_SET -> operation.getCompareAndSet().getValue();
      case APPEND -> operation.getAppend().getValue();
      case DELETE, INCREMENT, BATCH, KIND_NOT_SET -> ByteString.EMPTY;
    };
  }

  /** The key beside which the operation's completion is recorded. */
  static ByteString routingKey(Operation operation) {
    return operation.hasBatch() ? key(operation.getBatch().getOperations(0)) : key(operation);
  }

  private static Message body(Operation operation) {
    return switch (operation.getKindCase()) {
      case PUT -> operation.getPut();
      case DELETE -> operation.getDelete();
      case COMPARE_AND_SET -> operation.getCompareAndSet();
      case INCREMENT -> operation.getIncrement();
      case APPEND -> operation.getAppend();
      case BATCH -> operation.getBatch();
      case KIND_NOT_SET -> operation;
    };
  }

  private static <T> Optional<String> firstProblem(
      List<T> items, Function<T, Optional<String>> check) {
    for (T item : items) {
      Optional<String> problem = check.apply(item);
      if (problem.isPresent()) {
        return problem;
      }
    }
    return Optional.empty();
  }
}
