package io.flotilla.placement.store;

import io.flotilla.placement.model.FreshIds;
import io.flotilla.placement.model.KeyBytes;
import io.flotilla.placement.model.KeyRange;
import io.flotilla.placement.model.Replica;
import io.flotilla.placement.model.Revised;
import io.flotilla.placement.model.Shard;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * The ranges of live shards tile the key space, at every revision. So a descriptor gets into the
 * map only together with what was cut off from its shard, and only if what it has absorbed leaves
 * the map with it, and only if all of it is exactly what these shards were before.
 *
 * @param before the shard as it is known
 * @param after its newer descriptor
 * @param cutOff shards that come with it and are not known yet
 * @param absorbed shards whose ranges it has, or what it cut off has
 */
record Tiling(Shard before, Shard after, List<Shard> cutOff, List<Shard> absorbed) {
  private static final Comparator<KeyRange> BY_START = Comparator.comparing(KeyRange::start);

  /**
   * @param known all shards of the map
   */
  static Tiling of(
      Shard before, Shard after, List<Shard> cutOff, Collection<Revised<Shard>> known) {
    List<KeyRange> parts = new ArrayList<>(cutOff.stream().map(Shard::range).toList());
    parts.add(after.range());
    boolean grew = !parts.stream().allMatch(before.range()::covers);
    List<Shard> absorbed = new ArrayList<>();
    if (grew) {
      for (Revised<Shard> revised : known) {
        Shard each = revised.value();
        if (each.id() != before.id() && parts.stream().anyMatch(each.range()::overlaps)) {
          absorbed.add(each);
        }
      }
    }
    return new Tiling(before, after, List.copyOf(cutOff), List.copyOf(absorbed));
  }

  /**
   * Why the newer descriptor cannot take the place of what is known; nothing if it can.
   *
   * @param ids what was handed out is below these
   */
  Optional<String> whatIsWrong(FreshIds ids) {
    for (Shard shard : cutOff) {
      if (shard.id() >= ids.shard()
          || shard.keyspace() != before.keyspace()
          || shard.replicas().stream().mapToLong(Replica::id).anyMatch(id -> id >= ids.replica())) {
        return Optional.of(
            String.format(
                "shard %d is said to be split off from shard %d, but these ids were never handed"
                    + " out",
                shard.id(), before.id()));
      }
    }
    for (Shard shard : absorbed) {
      if (!mayHaveBeenAbsorbed(shard)) {
        return Optional.of(
            String.format(
                "shard %d at epoch %s has the range of shard %d, which was not frozen for it",
                after.id(), after.epoch(), shard.id()));
      }
    }
    Optional<KeyRange> was = whole(before, absorbed);
    return was.isPresent() && was.equals(whole(after, cutOff))
        ? Optional.empty()
        : Optional.of(doesNotTile());
  }

  private boolean mayHaveBeenAbsorbed(Shard shard) {
    return shard.frozen().filter(frozen -> frozen.into() == after.id()).isPresent()
        && after.epoch().version() > shard.epoch().version();
  }

  /** The range that these have together, if each begins where another ends. */
  private static Optional<KeyRange> whole(Shard one, List<Shard> others) {
    List<KeyRange> ranges = new ArrayList<>(others.stream().map(Shard::range).toList());
    ranges.add(one.range());
    ranges.sort(BY_START);
    KeyBytes end = ranges.get(0).start();
    for (KeyRange range : ranges) {
      if (!range.start().equals(end)) {
        return Optional.empty();
      }
      end = range.end();
    }
    return Optional.of(new KeyRange(ranges.get(0).start(), end));
  }

  private String doesNotTile() {
    return String.format(
        "shard %d at epoch %s and what it split off are not the range %s that it had at epoch %s%s",
        before.id(),
        after.epoch(),
        before.range(),
        before.epoch(),
        absorbed.isEmpty()
            ? ""
            : " and that of what it absorbed, " + absorbed.stream().map(Shard::id).toList());
  }
}
