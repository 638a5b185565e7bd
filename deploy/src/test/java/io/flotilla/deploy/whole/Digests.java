package io.flotilla.deploy.whole;

import com.google.protobuf.ByteString;
import io.flotilla.proto.kv.KeyValue;
import io.flotilla.proto.kv.ScanReply;
import io.flotilla.raft.port.StorageException;
import io.flotilla.raft.sim.FaultCounts;
import io.flotilla.raft.sim.FaultKind;
import io.flotilla.shard.host.HostedShard;
import io.flotilla.shard.kv.KvReads;
import io.flotilla.shard.kv.ShardGoneException;
import io.flotilla.shard.kv.StaleVersionException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Replicas that have applied the same hold the same. */
final class Digests {
  private static final int PAIRS_MAX = 10_000;

  /** A shard when it had applied so much. */
  private record Moment(long shard, long applied) {}

  /** What a replica holds then. */
  private record Held(ByteString start, ByteString end, List<KeyValue> pairs) {}

  private final Map<Moment, Held> seen = new HashMap<>();
  private final FaultCounts counts;

  Digests(FaultCounts counts) {
    this.counts = counts;
  }

  /** A shard goes on from an earlier moment: of what came after it nothing counts any more. */
  void forget(long shard) {
    seen.keySet().removeIf(moment -> moment.shard() == shard);
  }

  void compare(SimProcess host, HostedShard shard) {
    if (shard.isFrozen()) {
      return; // it answers nobody
    }
    try {
      KvReads reads = shard.reads(shard.descriptor().getEpoch());
      ScanReply reply =
          reads.scan(
              new KvReads.Scan(
                  shard.range(), false, PAIRS_MAX, Long.MAX_VALUE, false, false, PAIRS_MAX));
      if (reply.getApplied() == 0) {
        return; // it waits for an image, and was only told what it will be
      }
      Held held =
          new Held(
              shard.range().start(), shard.range().end(), new ArrayList<>(reply.getPairsList()));
      Moment moment = new Moment(shard.descriptor().getId(), reply.getApplied());
      Held other = seen.putIfAbsent(moment, held);
      if (other != null) {
        counts.add(FaultKind.DIGEST);
        if (!other.equals(held)) {
          throw new AssertionError(
              "DIGESTS: %s holds %s at %s, another replica %s"
                  .formatted(host.address(), held, moment, other));
        }
      }
    } catch (StorageException | ShardGoneException | StaleVersionException broken) {
      throw new AssertionError(host.address() + " cannot read its own shard", broken);
    }
  }
}
