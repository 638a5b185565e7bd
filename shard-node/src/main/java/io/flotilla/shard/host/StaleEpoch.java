package io.flotilla.shard.host;

import io.flotilla.proto.errors.ErrorDetail;
import io.flotilla.proto.map.Shard;
import io.flotilla.rpc.ErrorCode;
import io.flotilla.shard.kv.KeyRange;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** Tells who was routed by another version of a shard where to go instead, as far as is known. */
final class StaleEpoch {
  /** A caller who knows less than that asks placement, or comes again. */
  static final int SHARDS_MAX = 64;

  private StaleEpoch() {}

  /** Versions tell: whoever cuts a range in two raises them, and whoever takes one in. */
  private static boolean isReplacedBy(Shard other, Shard shard) {
    return other.getEpoch().getVersion() > shard.getEpoch().getVersion()
        && KeyRange.of(other).overlaps(KeyRange.of(shard));
  }

  /** Whether an heir has keys of this shard. */
  static boolean isReplaced(Shard shard, Map<Long, HostedShard> here) {
    return heirs(shard, here).stream().anyMatch(heir -> isReplacedBy(heir, shard));
  }

  /**
   * Where a shard itself leads to, however many others are here: to what it has cut off, and to who
   * has absorbed it and what that one has cut off since, as it was then.
   */
  private static List<Shard> heirs(Shard shard, Map<Long, HostedShard> here) {
    List<Shard> heirs = new ArrayList<>(shard.getCutOffList());
    HostedShard open = here.get(shard.getFrozen().getInto());
    Optional<Shard> into = Optional.ofNullable(open).map(HostedShard::descriptor);
    if (Leavings.isPast(into, shard.getFrozen())) {
      heirs.add(into.get());
      heirs.addAll(into.get().getCutOffList());
    }
    return heirs;
  }

  /**
   * The shard's own descriptor and its heirs, as they are here by now if they are; and if somebody
   * else must have some of what was asked for, all shards here that do. Where two of them have the
   * same keys, the newer version has them.
   *
   * @param unopened cut off here, and not among those that are open yet
   */
  static ErrorDetail detail(
      Shard shard, KeyRange asked, Map<Long, HostedShard> here, Collection<Shard> unopened) {
    Map<Long, Shard> told = new LinkedHashMap<>();
    told.put(shard.getId(), shard);
    for (Shard heir : heirs(shard, here)) {
      HostedShard open = here.get(heir.getId());
      told.putIfAbsent(heir.getId(), open == null ? heir : open.descriptor());
    }
    if (!asked.isCoveredBy(serving(told.values()))) {
      Stream<Shard> open = here.values().stream().map(HostedShard::descriptor);
      Stream.concat(List.copyOf(unopened).stream(), open)
          .filter(other -> KeyRange.of(other).overlaps(asked))
          .limit(SHARDS_MAX)
          .forEach(other -> told.put(other.getId(), other));
    }
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

  private static List<KeyRange> serving(Collection<Shard> shards) {
    return shards.stream().filter(shard -> !shard.hasFrozen()).map(KeyRange::of).toList();
  }
}
