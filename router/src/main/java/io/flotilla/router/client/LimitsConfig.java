package io.flotilla.router.client;

/**
 * Bounds that a client keeps by itself. The cluster has the same bounds on keys and values; here
 * they give a clear error before anything is sent.
 *
 * @param keyBytesMax longest key
 * @param valueBytesMax longest value
 * @param operationsInFlightMax operations that have begun and not ended; more fail at once with
 *     {@link io.flotilla.rpc.ErrorCode#OVERLOADED}
 * @param bytesInFlightMax keys and values of those operations
 * @param requestOperationsMax concurrent operations on one shard that share one request; also the
 *     most a batch may have
 * @param requestBytesMax keys and values of one request; a single larger operation goes alone
 * @param requestsInFlightPerShardMax requests of one kind (reads, writes, scans) to one shard that
 *     may be under way; meanwhile further operations gather into the next
 */
public record LimitsConfig(
    int keyBytesMax,
    int valueBytesMax,
    int operationsInFlightMax,
    long bytesInFlightMax,
    int requestOperationsMax,
    int requestBytesMax,
    int requestsInFlightPerShardMax) {
  public static final LimitsConfig DEFAULT =
      new LimitsConfig(4096, 1 << 20, 65_536, 128L << 20, 256, 512 << 10, 4);

  public LimitsConfig {
    ClientConfig.require(
        keyBytesMax >= 1 && keyBytesMax <= 1 << 16,
        "limits.key-bytes-max",
        keyBytesMax,
        "1 to 65536");
    ClientConfig.require(
        valueBytesMax >= 1 && valueBytesMax <= 8 << 20,
        "limits.value-bytes-max",
        valueBytesMax,
        "1 to 8388608");
    ClientConfig.require(
        operationsInFlightMax >= 1,
        "limits.operations-in-flight-max",
        operationsInFlightMax,
        "at least 1");
    ClientConfig.require(
        bytesInFlightMax >= keyBytesMax + (long) valueBytesMax,
        "limits.bytes-in-flight-max",
        bytesInFlightMax,
        "at least one longest key and value");
    ClientConfig.require(
        requestOperationsMax >= 1 && requestOperationsMax <= 4096,
        "limits.request-operations-max",
        requestOperationsMax,
        "1 to 4096");
    ClientConfig.require(
        requestBytesMax >= 1024 && requestBytesMax <= 8 << 20,
        "limits.request-bytes-max",
        requestBytesMax,
        "1024 to 8388608");
    ClientConfig.require(
        requestsInFlightPerShardMax >= 1,
        "limits.requests-in-flight-per-shard-max",
        requestsInFlightPerShardMax,
        "at least 1");
  }

  /** The same with other bounds for keys and values, for a cluster that has others. */
  public LimitsConfig withSizes(int keyBytes, int valueBytes) {
    return new LimitsConfig(
        keyBytes,
        valueBytes,
        operationsInFlightMax,
        bytesInFlightMax,
        requestOperationsMax,
        requestBytesMax,
        requestsInFlightPerShardMax);
  }
}
