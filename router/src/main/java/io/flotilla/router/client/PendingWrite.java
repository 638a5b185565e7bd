package io.flotilla.router.client;

import com.google.protobuf.ByteString;
import io.flotilla.proto.kv.Operation;
import io.flotilla.proto.kv.Result;
import io.flotilla.proto.kv.Write;
import io.flotilla.router.map.Route;
import io.flotilla.rpc.ErrorCode;
import java.util.List;
import java.util.function.Function;

/** A write. Its serial and its last moment are fixed when it is first sent and never change. */
final class PendingWrite<T> extends Pending<T> {
  private final Operation operation;
  private final List<ByteString> otherKeys;
  private final Function<Result, T> decode;
  private long serial;
  private long notAfterMillis;

  /**
   * A write that was not sent yet.
   *
   * @param otherKeys of a batch, which must lie in the same shard
   */
  PendingWrite(
      ByteString key,
      List<ByteString> otherKeys,
      int bytes,
      long deadlineNanos,
      Operation operation,
      Function<Result, T> decode) {
    super(key, bytes, deadlineNanos);
    this.operation = operation;
    this.otherKeys = otherKeys;
    this.decode = decode;
  }

  @Override
  boolean belongsTo(Route route) {
    if (!route.contains(key())) {
      return false;
    }
    for (ByteString other : otherKeys) {
      if (!route.contains(other)) {
        throw new KvException(
            ErrorCode.INVALID_REQUEST,
            "a batch must lie in one shard, but these keys lie in several; write them one by one,"
                + " or give them a common {tag} in a hash keyspace");
      }
    }
    return true;
  }

  @Override
  boolean changes() {
    return true;
  }

  /** Whether it was sent before, so that its serial is taken. */
  boolean hasSerial() {
    return serial != 0;
  }

  long serial() {
    return serial;
  }

  long notAfterMillis() {
    return notAfterMillis;
  }

  void stamp(long newSerial, long newNotAfterMillis) {
    serial = newSerial;
    notAfterMillis = newNotAfterMillis;
  }

  Write message() {
    return Write.newBuilder().setSeq(serial).setOperation(operation).build();
  }

  T decode(Result result) {
    return decode.apply(result);
  }
}
