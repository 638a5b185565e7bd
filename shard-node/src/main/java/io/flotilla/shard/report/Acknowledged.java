package io.flotilla.shard.report;

import io.flotilla.proto.placement.BucketHash;
import io.flotilla.proto.placement.ReportReply;
import io.flotilla.proto.placement.ReportRequest;
import io.flotilla.proto.placement.ShardReport;
import io.flotilla.rpc.ReportBuckets;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What placement has heard of the shards here, as far as its answers say: so that only what changed
 * is sent. With each report goes a number for what placement should hold of one bucket of them; if
 * it says that it holds something else, the next report has all of that bucket. For the control
 * thread.
 */
final class Acknowledged {
  private static final Logger LOG = LoggerFactory.getLogger(Acknowledged.class);

  private final TreeMap<Long, ShardReport> reports = new TreeMap<>();
  private final Set<Integer> differing = new TreeSet<>();
  private boolean complete = true;
  private int turn;

  /** What was heard of a shard, as it was sent but for its descriptor. */
  Optional<ShardReport> of(long shard) {
    return Optional.ofNullable(reports.get(shard));
  }

  Set<Long> shards() {
    return reports.keySet();
  }

  /** Whether a shard goes into the next report even if nothing about it has changed. */
  boolean isToBeRepeated(long shard) {
    return complete || differing.contains(ReportBuckets.of(shard));
  }

  /** Completes a report that has all its shards. */
  void seal(ReportRequest.Builder request) {
    request.setComplete(complete).addAllFullBuckets(differing);
    if (!complete) {
      TreeMap<Long, ShardReport> then = new TreeMap<>(reports);
      request.getShardsList().forEach(report -> then.put(report.getShard(), report));
      request.getGoneList().forEach(then::remove);
      request.setBucket(
          BucketHash.newBuilder().setBucket(turn).setHash(ReportBuckets.hash(turn, then)));
    }
  }

  /** It arrived. */
  void take(ReportRequest sent, ReportReply reply) {
    complete = false;
    for (ShardReport report : sent.getShardsList()) {
      reports.put(report.getShard(), report.toBuilder().clearChanged().build());
    }
    sent.getGoneList().forEach(reports::remove);
    sent.getFullBucketsList().forEach(differing::remove);
    if (sent.hasBucket()) {
      turn = (turn + 1) % ReportBuckets.COUNT;
    }
    for (int bucket : reply.getDifferingList()) {
      LOG.info("placement holds something else of the shards in bucket {} than was told", bucket);
      differing.add(bucket);
    }
  }

  /** It may have arrived or not. */
  void lost() {
    complete = true;
    differing.clear();
  }
}
