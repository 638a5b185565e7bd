package io.flotilla.shard.kv;

import com.google.protobuf.ByteString;
import io.flotilla.proto.kv.Append;
import io.flotilla.proto.kv.Batch;
import io.flotilla.proto.kv.CompareAndSet;
import io.flotilla.proto.kv.Delete;
import io.flotilla.proto.kv.Increment;
import io.flotilla.proto.kv.Operation;
import io.flotilla.proto.kv.Put;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Operations in the fewest words. */
final class Operations {
  private Operations() {}

  static Operation put(String key, String value) {
    return put(key, value, Put.Condition.ALWAYS, false);
  }

  static Operation put(String key, String value, Put.Condition condition, boolean previous) {
    return Operation.newBuilder()
        .setPut(
            Put.newBuilder()
                .setKey(ShardUnderTest.key(key))
                .setValue(ByteString.copyFromUtf8(value))
                .setCondition(condition)
                .setReturnPrevious(previous))
        .build();
  }

  static Operation delete(String key, boolean previous) {
    return Operation.newBuilder()
        .setDelete(Delete.newBuilder().setKey(ShardUnderTest.key(key)).setReturnPrevious(previous))
        .build();
  }

  static Operation compareAndSet(String key, @Nullable String expected, @Nullable String value) {
    CompareAndSet.Builder command = CompareAndSet.newBuilder().setKey(ShardUnderTest.key(key));
    if (expected != null) {
      command.setExpected(ByteString.copyFromUtf8(expected));
    }
    if (value != null) {
      command.setValue(ByteString.copyFromUtf8(value));
    }
    return Operation.newBuilder().setCompareAndSet(command).build();
  }

  static Operation increment(String key, long delta) {
    return Operation.newBuilder()
        .setIncrement(Increment.newBuilder().setKey(ShardUnderTest.key(key)).setDelta(delta))
        .build();
  }

  static Operation append(String key, String value) {
    return Operation.newBuilder()
        .setAppend(
            Append.newBuilder()
                .setKey(ShardUnderTest.key(key))
                .setValue(ByteString.copyFromUtf8(value)))
        .build();
  }

  static Operation batch(Operation... operations) {
    return Operation.newBuilder()
        .setBatch(Batch.newBuilder().addAllOperations(List.of(operations)))
        .build();
  }
}
