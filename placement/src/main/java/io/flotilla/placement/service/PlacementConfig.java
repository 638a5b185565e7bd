package io.flotilla.placement.service;

import io.flotilla.rpc.Address;
import io.flotilla.rpc.Hello;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * One member of placement.
 *
 * @param cluster id of the cluster, the same in every process
 * @param memberId which of {@code members} this is
 * @param joins whether there is a placement that this member is added to, which does not count on
 *     it yet; said only until it has a log
 * @param members addresses (host:port) of members by their ids, this one among them: those that
 *     placement begins with, the same in each of them, or, where there is a log, some that can be
 *     asked for the others. A member's address never changes
 * @param bindHost address to listen on
 * @param bindPort port to listen on; that of this member's address
 * @param dataDir its data directory; nobody else's
 */
public record PlacementConfig(
    String cluster,
    long memberId,
    boolean joins,
    SortedMap<Long, String> members,
    String bindHost,
    int bindPort,
    Path dataDir,
    PlacementPolicy policy) {
  private static final int MEMBERS_MAX = 9;

  public PlacementConfig {
    members = Collections.unmodifiableSortedMap(new TreeMap<>(members));
    require(Hello.isClusterId(cluster), "cluster.id", cluster, "[A-Za-z0-9_-]{1,64}");
    require(
        !members.isEmpty() && members.size() <= MEMBERS_MAX,
        "number of placement.members",
        members.size(),
        "1 to " + MEMBERS_MAX);
    require(
        members.containsKey(memberId),
        "placement.member-id",
        memberId,
        "one of " + members.keySet());
    require(bindPort >= 1 && bindPort <= 65535, "listen.port", bindPort, "1 to 65535");
    for (Map.Entry<Long, String> member : members.entrySet()) {
      require(
          member.getKey() >= 1, "id in placement.members", member.getKey(), "a positive number");
      require(
          Address.is(member.getValue()),
          "address of " + member.getKey() + " in placement.members",
          member.getValue(),
          "host:port");
    }
    require(
        members.values().stream().distinct().count() == members.size(),
        "placement.members",
        members,
        "each with an address of its own");
  }

  /** One of those that placement begins with. */
  public PlacementConfig(
      String cluster,
      long memberId,
      SortedMap<Long, String> members,
      String bindHost,
      int bindPort,
      Path dataDir,
      PlacementPolicy policy) {
    this(cluster, memberId, false, members, bindHost, bindPort, dataDir, policy);
  }

  private static void require(boolean holds, String name, Object value, String allowed) {
    if (!holds) {
      throw new IllegalArgumentException(name + " is '" + value + "'; allowed: " + allowed);
    }
  }
}
