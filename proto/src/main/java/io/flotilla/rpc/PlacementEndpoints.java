package io.flotilla.rpc;

import io.flotilla.proto.placement.PlacementMember;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Where placement may be asked: at the members that its map names, and then where it was configured
 * to be, but for those that were removed. Any thread.
 */
public final class PlacementEndpoints {
  private final List<String> configured;
  private volatile List<String> all;

  /**
   * @param configured host:port of members, at least one
   */
  public PlacementEndpoints(List<String> configured) {
    if (configured.isEmpty()) {
      throw new IllegalArgumentException("no address of placement; at least one is needed");
    }
    this.configured = List.copyOf(configured);
    this.all = this.configured;
  }

  /**
   * Takes in what the map says.
   *
   * @param members all of them, removed ones too; none: as they were
   */
  public void learn(List<PlacementMember> members) {
    Set<String> known = new LinkedHashSet<>();
    members.stream()
        .filter(member -> !member.getRemoved())
        .forEach(member -> known.add(member.getAddress()));
    if (known.isEmpty()) {
      return;
    }
    List<String> seeds = new ArrayList<>(configured);
    members.stream().filter(PlacementMember::getRemoved).forEach(m -> seeds.remove(m.getAddress()));
    known.addAll(seeds);
    all = List.copyOf(known);
  }

  /** Each address once, never none. */
  public List<String> all() {
    return all;
  }

  /** The one after {@code address}; the first if that is not among them. */
  String after(String address) {
    List<String> now = all;
    return now.get((now.indexOf(address) + 1) % now.size());
  }
}
