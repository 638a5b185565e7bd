package io.flotilla.shard.host;

import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/** Where the nodes of the cluster listen, as far as is known. Any thread may call. */
public final class NodeTable {
  private final ConcurrentMap<Long, String> addresses = new ConcurrentHashMap<>();

  /** Host:port of a node's listener. */
  public Optional<String> address(long node) {
    return Optional.ofNullable(addresses.get(node));
  }

  /** Returns whether this was news. */
  public boolean put(long node, String address) {
    return !address.equals(addresses.put(node, address));
  }

  public void remove(long node) {
    addresses.remove(node);
  }

  public Map<Long, String> all() {
    return new TreeMap<>(addresses);
  }
}
