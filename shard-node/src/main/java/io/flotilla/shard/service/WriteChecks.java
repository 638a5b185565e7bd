package io.flotilla.shard.service;

import io.flotilla.proto.kv.Operation;
import io.flotilla.proto.kv.Write;
import io.flotilla.proto.kv.WriteRequest;
import io.flotilla.rpc.ErrorCode;
import io.flotilla.rpc.RpcException;
import io.flotilla.shard.kv.Commands;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** What a write must be like before it may be proposed: each refusal says what is allowed. */
final class WriteChecks {
  /** Encoded keys begin with a keyspace's id and, in hash keyspaces, a slot. */
  private static final int KEY_PREFIX_BYTES_MAX = 6;

  private static final int WRITES_MAX = 4096;
  private static final long NOT_AFTER_MILLIS_MAX = Duration.ofDays(2).toMillis();

  private final ServiceConfig config;

  WriteChecks(ServiceConfig config) {
    this.config = config;
  }

  /**
   * @param nowMillis wall clock
   * @throws RpcException with {@link ErrorCode#INVALID_REQUEST}: this attempt certainly has no
   *     effect
   */
  void check(WriteRequest request, long nowMillis) {
    refuseIf(
        request.getSerializedSize() > config.requestBytesMax(),
        "a request of "
            + request.getSerializedSize()
            + " bytes; allowed: "
            + config.requestBytesMax());
    int writes = request.getWritesCount();
    refuseIf(writes < 1 || writes > WRITES_MAX, writes + " writes; allowed: 1 to " + WRITES_MAX);
    refuseIf(request.getClientHigh() == 0 && request.getClientLow() == 0, "a write without client");
    refuseIf(
        request.getNotAfterMillis() > nowMillis + NOT_AFTER_MILLIS_MAX,
        "not_after is "
            + request.getNotAfterMillis()
            + ", now is "
            + nowMillis
            + "; allowed: up to 48 hours from now");
    // Else a clock that is years ahead would move log time there, and no write could follow it.
    refuseIf(
        request.getNotAfterMillis() < nowMillis,
        "not_after is "
            + request.getNotAfterMillis()
            + ", now is "
            + nowMillis
            + ": a write is sent for 24 hours, and the clocks of clients and nodes may differ by"
            + " less");
    refuse(Commands.unknown(request.getWritesList()));
    for (Write write : request.getWritesList()) {
      refuseIf(
          write.getSeq() < 1 || write.getSeq() < request.getAckedBelow(),
          "number "
              + write.getSeq()
              + "; allowed: from 1, and from what the client has acknowledged, "
              + request.getAckedBelow());
      check(write.getOperation());
    }
  }

  private void check(Operation operation) {
    refuse(Commands.invalid(operation));
    List<Operation> inner = operation.getBatch().getOperationsList();
    if (!inner.isEmpty()) {
      inner.forEach(this::check);
      return;
    }
    int keyBytes = Commands.key(operation).size();
    refuseIf(
        keyBytes > config.keyBytesMax() + KEY_PREFIX_BYTES_MAX,
        "an encoded key of "
            + keyBytes
            + " bytes; allowed: "
            + config.keyBytesMax()
            + " and what stands before the user's key");
    int valueBytes = Commands.value(operation).size();
    refuseIf(
        valueBytes > config.valueBytesMax(),
        "a value of " + valueBytes + " bytes; allowed: up to " + config.valueBytesMax());
  }

  private static void refuse(Optional<String> problem) {
    refuseIf(problem.isPresent(), problem.orElse(""));
  }

  private static void refuseIf(boolean wrong, String what) {
    if (wrong) {
      throw new RpcException(ErrorCode.INVALID_REQUEST, what);
    }
  }
}
