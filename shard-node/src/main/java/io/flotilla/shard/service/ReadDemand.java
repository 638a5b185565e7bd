package io.flotilla.shard.service;

import io.flotilla.proto.kv.ReadLevel;
import io.flotilla.proto.kv.ReadRequest;
import io.flotilla.proto.kv.ScanRequest;
import io.flotilla.rpc.ErrorCode;
import io.flotilla.rpc.RpcException;
import java.time.Duration;
import java.util.Optional;

/**
 * How new an answer must be, as a request says it.
 *
 * @param minApplied what the session was told of this shard; 0: nothing yet
 * @param bound of the age; nothing: any
 */
record ReadDemand(ReadLevel level, long minApplied, Optional<Duration> bound) {
  private static final String ALLOWED = "; allowed: LINEARIZABLE, FOLLOWER, SESSION, STALE";

  /**
   * What this request demands.
   *
   * @throws RpcException with {@link ErrorCode#INVALID_REQUEST} if that cannot be, or is not served
   */
  static ReadDemand of(ReadRequest request) {
    return of(
        request.getLevel(),
        request.getLevelValue(),
        request.getMinApplied(),
        request.getMaxStalenessMillis());
  }

  /** As the other one. */
  static ReadDemand of(ScanRequest request) {
    return of(
        request.getLevel(),
        request.getLevelValue(),
        request.getMinApplied(),
        request.getMaxStalenessMillis());
  }

  private static ReadDemand of(
      ReadLevel level, int number, long minApplied, long maxStalenessMillis) {
    if (level == ReadLevel.LEASE) {
      throw invalid("read level LEASE is refused: leases come later" + ALLOWED);
    }
    if (level == ReadLevel.UNRECOGNIZED) {
      throw invalid("read level " + number + " is not known" + ALLOWED);
    }
    // Unsigned on the wire, so that what is negative here is greater than any index or age.
    check(minApplied, level == ReadLevel.SESSION, "min_applied", "SESSION");
    check(maxStalenessMillis, level == ReadLevel.STALE, "max_staleness_millis", "STALE");
    return new ReadDemand(
        level,
        minApplied,
        maxStalenessMillis == 0
            ? Optional.empty()
            : Optional.of(Duration.ofMillis(maxStalenessMillis)));
  }

  private static void check(long value, boolean goesWithLevel, String name, String level) {
    if (value < 0 || (value != 0 && !goesWithLevel)) {
      throw invalid(
          name
              + " is "
              + Long.toUnsignedString(value)
              + "; allowed: 0 to "
              + Long.MAX_VALUE
              + " with read level "
              + level
              + ", and 0 with any other");
    }
  }

  private static RpcException invalid(String what) {
    return new RpcException(ErrorCode.INVALID_REQUEST, what);
  }
}
