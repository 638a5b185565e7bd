package io.flotilla.placement.service;

import io.flotilla.proto.map.Keyspace;
import io.flotilla.proto.map.Node;
import io.flotilla.proto.map.Shard;
import io.flotilla.proto.placement.MapUpdate;
import io.flotilla.proto.placement.WatchRequest;
import io.flotilla.rpc.RpcException;
import io.flotilla.rpc.RpcMethods;
import io.flotilla.rpc.RpcStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** Follows the map from member to member, and notes whatever a watcher must never see. */
final class Watcher implements AutoCloseable {
  private static final long AGAIN_MILLIS = 20;

  final List<String> complaints = new ArrayList<>();
  private final Map<Long, Node> nodes = new TreeMap<>();
  private final Map<Integer, Keyspace> keyspaces = new TreeMap<>();
  private final Map<Long, Shard> shards = new TreeMap<>();
  private final Members members;
  private final ScheduledExecutorService loop;
  private long revision;
  private int member;
  private int streams;
  private RpcStream stream = () -> {};
  private boolean closed;

  Watcher(Members members) {
    this.members = members;
    this.loop = members.threads.loop();
    loop.execute(this::open);
  }

  private synchronized void open() {
    if (closed) {
      return;
    }
    List<String> addresses = List.copyOf(members.addresses.values());
    member = (member + 1) % addresses.size();
    int number = ++streams;
    stream =
        members.client.stream(
            addresses.get(member),
            RpcMethods.WATCH_MAP,
            WatchRequest.newBuilder().setAfterRevision(revision).build(),
            update -> take(update, number),
            this::again);
  }

  private void again(RpcException ended) {
    loop.schedule(this::open, AGAIN_MILLIS, TimeUnit.MILLISECONDS);
  }

  private synchronized void take(MapUpdate update, int number) {
    if (number != streams) {
      complaints.add("stream " + number + " goes on after " + streams);
    }
    if (update.getComplete() && revision != 0) {
      complaints.add("everything again, after revision " + revision);
    }
    boolean empty =
        update.getNodesCount() + update.getKeyspacesCount() + update.getShardsCount() == 0;
    if (update.getRevision() < revision || (update.getRevision() == revision && !empty)) {
      complaints.add("revision " + update.getRevision() + " after " + revision);
    }
    revision = update.getRevision();
    update.getNodesList().forEach(node -> put(nodes, node.getId(), node));
    update.getKeyspacesList().forEach(each -> put(keyspaces, each.getId(), each));
    update.getShardsList().forEach(shard -> put(shards, shard.getId(), shard));
  }

  private <K, V> void put(Map<K, V> map, K id, V value) {
    if (value.equals(map.put(id, value))) {
      complaints.add("told again: " + value);
    }
  }

  /** Whether it knows exactly this map. */
  synchronized boolean knows(MapUpdate complete) {
    return revision == complete.getRevision()
        && List.copyOf(nodes.values()).equals(complete.getNodesList())
        && List.copyOf(keyspaces.values()).equals(complete.getKeyspacesList())
        && List.copyOf(shards.values()).equals(complete.getShardsList());
  }

  synchronized List<String> complaints() {
    return List.copyOf(complaints);
  }

  synchronized int streams() {
    return streams;
  }

  @Override
  public synchronized void close() {
    closed = true;
    stream.close();
  }
}
