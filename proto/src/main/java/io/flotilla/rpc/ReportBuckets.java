package io.flotilla.rpc;

import io.flotilla.proto.placement.ShardReport;
import java.util.SortedMap;
import java.util.zip.CRC32C;

/**
 * How a node's reports of its shards are divided for comparison with what placement holds of them,
 * so that both sides come to the same number. With each report one bucket is compared in turn: what
 * was lost or garbled on the way is found after {@link #COUNT} reports at the latest, and costs one
 * bucket, not all. There are few, since one bucket goes with each report, and a node reports each
 * second: whatever differs is found in a quarter of a minute, where 256 would take four minutes.
 */
public final class ReportBuckets {
  public static final int COUNT = 16;

  private ReportBuckets() {}

  public static int of(long shard) {
    return (int) Long.remainderUnsigned(shard, COUNT);
  }

  /**
   * A number for all that was reported of the shards in one bucket, but for descriptors, which are
   * sent once.
   *
   * @param reports by shard; those in other buckets do not count
   */
  public static int hash(int bucket, SortedMap<Long, ShardReport> reports) {
    CRC32C crc = new CRC32C();
    reports.forEach(
        (shard, report) -> {
          if (of(shard) == bucket) {
            crc.update(bytes(report));
          }
        });
    return (int) crc.getValue();
  }

  private static byte[] bytes(ShardReport report) {
    return report.hasChanged()
        ? report.toBuilder().clearChanged().build().toByteArray()
        : report.toByteArray();
  }
}
