package io.flotilla.shard.host;

import io.flotilla.proto.errors.ErrorDetail;
import io.flotilla.proto.map.Shard;
import io.flotilla.rpc.ErrorCode;
import io.flotilla.shard.kv.KeyRange;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Tells who was routed by another version of a shard where to go instead, as far as is known. */
final class StaleEpoch {
  /** A caller who knows less than that asks placement, or comes again. */
  static final int SHARDS_MAX = 64;

  private StaleEpoch() {}

  /** Versions tell: whoever cuts a range in two raises them, and whoever takes one in. */
  static boolean isReplacedBy(Shard other, Shard shard) {
    return other.getEpoch().getVersion() > shard.getEpoch().getVersion()
        && KeyRange.of(other).overlaps(KeyRange.of(shard));
  }

  /**
   * The shard's own descriptor, and those of all shards here that have any of what was asked for;
   * of a shard that was cut off and is not here, what it was like then. Where two of them have the
   * same keys, the newer version has them.
   */
  static ErrorDetail detail(Shard shard, KeyRange asked, Collection<HostedShard> here) {
    Map<Long, Shard> told = new LinkedHashMap<>();
    told.put(shard.getId(), shard);
    for (HostedShard other : here) {
      if (told.size() < SHARDS_MAX && other.range().overlaps(asked)) {
        told.putIfAbsent(other.descriptor().getId(), other.descriptor());
      }
    }
    shard.getCutOffList().forEach(cutOff -> told.putIfAbsent(cutOff.getId(), cutOff));
    List<Shard> all = List.copyOf(told.values());
    told.values().removeIf(one -> all.stream().anyMatch(other -> isReplacedBy(other, one)));
    return ErrorDetail.newBuilder()
        .setCode(ErrorCode.STALE_EPOCH.number())
        .setMessage(
            "the request was routed by another version of shard %d, which has version %d"
                .formatted(shard.getId(), shard.getEpoch().getVersion()))
        .addAllShards(told.values())
        .build();
  }
}
