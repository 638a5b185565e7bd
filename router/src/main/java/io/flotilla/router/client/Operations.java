package io.flotilla.router.client;

import com.google.protobuf.ByteString;
import io.flotilla.proto.kv.Append;
import io.flotilla.proto.kv.Batch;
import io.flotilla.proto.kv.CompareAndSet;
import io.flotilla.proto.kv.Delete;
import io.flotilla.proto.kv.Increment;
import io.flotilla.proto.kv.Operation;
import io.flotilla.proto.kv.Put;
import io.flotilla.proto.kv.Result;
import io.flotilla.router.map.KeyCodec;
import io.flotilla.rpc.ErrorCode;
import java.util.List;
import java.util.Optional;

/** Mutations and results as they stand on the wire, and the bounds they are held to. */
final class Operations {
  private Operations() {}

  static Operation encode(Mutation mutation, KeyCodec codec) {
    ByteString key = codec.encode(mutation.key().byteString());
    Operation.Builder operation = Operation.newBuilder();
    if (mutation instanceof Mutation.Put put) {
      operation.setPut(encode(put, key));
    } else if (mutation instanceof Mutation.Delete delete) {
      operation.setDelete(
          Delete.newBuilder().setKey(key).setReturnPrevious(delete.returnPrevious()));
    } else if (mutation instanceof Mutation.CompareAndSet cas) {
      CompareAndSet.Builder message = CompareAndSet.newBuilder().setKey(key);
      cas.expected().ifPresent(expected -> message.setExpected(expected.byteString()));
      cas.value().ifPresent(value -> message.setValue(value.byteString()));
      operation.setCompareAndSet(message);
    } else if (mutation instanceof Mutation.Increment increment) {
      operation.setIncrement(Increment.newBuilder().setKey(key).setDelta(increment.delta()));
    } else if (mutation instanceof Mutation.Append append) {
      operation.setAppend(Append.newBuilder().setKey(key).setValue(append.suffix().byteString()));
    }
    return operation.build();
  }

  private static Put encode(Mutation.Put put, ByteString key) {
    return Put.newBuilder()
        .setKey(key)
        .setValue(put.value().byteString())
        .setCondition(
            switch (put.options().condition()) {
              case ALWAYS -> Put.Condition.ALWAYS;
              case IF_ABSENT -> Put.Condition.IF_ABSENT;
              case IF_PRESENT -> Put.Condition.IF_PRESENT;
            })
        .setReturnPrevious(put.options().returnPrevious())
        .build();
  }

  static Operation encode(List<Mutation> mutations, KeyCodec codec) {
    Batch.Builder batch = Batch.newBuilder();
    mutations.forEach(mutation -> batch.addOperations(encode(mutation, codec)));
    return Operation.newBuilder().setBatch(batch).build();
  }

  /** Bytes of key and values. */
  static int bytes(Mutation mutation) {
    int value = 0;
    if (mutation instanceof Mutation.Put put) {
      value = put.value().length();
    } else if (mutation instanceof Mutation.CompareAndSet cas) {
      value =
          cas.expected().map(Bytes::length).orElse(0) + cas.value().map(Bytes::length).orElse(0);
    } else if (mutation instanceof Mutation.Append append) {
      value = append.suffix().length();
    }
    return mutation.key().length() + value;
  }

  /** Throws if a key or value is out of bounds. */
  static void check(Mutation mutation, LimitsConfig limits) {
    checkKey(mutation.key(), limits);
    if (mutation instanceof Mutation.Put put) {
      checkValue(put.value(), limits);
    } else if (mutation instanceof Mutation.CompareAndSet cas) {
      cas.expected().ifPresent(expected -> checkValue(expected, limits));
      cas.value().ifPresent(value -> checkValue(value, limits));
    } else if (mutation instanceof Mutation.Append append) {
      checkValue(append.suffix(), limits);
    }
  }

  static void checkKey(Bytes key, LimitsConfig limits) {
    if (key.isEmpty() || key.length() > limits.keyBytesMax()) {
      throw new KvException(
          ErrorCode.INVALID_REQUEST,
          "a key of " + key.length() + " bytes; allowed are 1 to " + limits.keyBytesMax());
    }
  }

  private static void checkValue(Bytes value, LimitsConfig limits) {
    if (value.length() > limits.valueBytesMax()) {
      throw new KvException(
          ErrorCode.INVALID_REQUEST,
          "a value of " + value.length() + " bytes; allowed are 0 to " + limits.valueBytesMax());
    }
  }

  // ---- results ----

  @SuppressWarnings("NullAway") // The only value that a Void has.
  static Void nothing(Result result) {
    return null;
  }

  static boolean succeeded(Result result) {
    return result.getStatus() == Result.Status.OK;
  }

  static Optional<Bytes> previous(Result result) {
    return result.hasPrevious() ? Optional.of(Bytes.of(result.getPrevious())) : Optional.empty();
  }

  static PutResult putResult(Result result) {
    return new PutResult(succeeded(result), result.getExisted(), previous(result));
  }

  static CasResult casResult(Result result) {
    return new CasResult(succeeded(result), previous(result));
  }

  static BatchResult batchResult(Result result) {
    return new BatchResult(
        succeeded(result),
        result.getResultsList().stream()
            .map(
                one ->
                    new BatchResult.Outcome(
                        succeeded(one), one.getExisted(), previous(one), one.getNumber()))
            .toList());
  }
}
