package io.flotilla.shard.report;

import io.flotilla.proto.placement.RegisterNodeRequest;
import io.flotilla.rpc.PlacementEndpoints;
import io.flotilla.rpc.RpcCaller;
import io.flotilla.shard.host.NodeTable;
import io.flotilla.shard.host.ShardHost;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What connects a storage node with placement: it registers, follows the map, reports and obeys, as
 * the package says. Methods are for any thread and do not block, but {@link #close}.
 */
public final class PlacementLink implements AutoCloseable {
  private final RpcCaller client;
  private final PlacementEndpoints placement;
  private final Consumer<Throwable> fatal;
  private final Consumer<String> removed;
  private final Control control;
  private volatile @Nullable Following following;

  /**
   * @param placement addresses of members, as host:port; others are learned from the map
   * @param fatal told when the disk fails, or of something that must not happen
   * @param removed told in words, by the link's thread, that the cluster has removed this node, and
   *     told so again about each second until this is closed, which that thread must not do
   */
  public PlacementLink(
      RpcCaller client,
      List<String> placement,
      Consumer<Throwable> fatal,
      Consumer<String> removed) {
    this(client, placement, Control.newThread(), fatal, removed);
  }

  /**
   * As the other one.
   *
   * @param thread one, which this ends
   */
  public PlacementLink(
      RpcCaller client,
      List<String> placement,
      ScheduledExecutorService thread,
      Consumer<Throwable> fatal,
      Consumer<String> removed) {
    this.client = client;
    this.placement = new PlacementEndpoints(placement);
    this.fatal = fatal;
    this.removed = removed;
    this.control = new Control(thread, fatal);
  }

  /**
   * Registers, asking again until a member of placement takes it.
   *
   * @return this node's id; fails with {@link io.flotilla.rpc.RpcException} if placement refuses
   *     this node for good
   */
  public CompletableFuture<Long> register(RegisterNodeRequest request) {
    return new Registration(client, control, placement, request).begin();
  }

  /**
   * Begins to follow the map and to report. Once.
   *
   * @param onNodes told when the table of nodes has changed; by the link's thread, may block
   */
  public void follow(long node, ShardHost host, NodeTable nodes, Consumer<NodeTable> onNodes) {
    Keyspaces keyspaces = new Keyspaces();
    Reports reports =
        new Reports(client, control, placement, host, node, nodes, keyspaces, fatal, removed);
    Following begun = new Following(control, host, nodes, onNodes, keyspaces, reports, fatal);
    following = begun;
    begun.begin(new MapWatch(client, control, placement, begun::take));
  }

  /**
   * Has something done by the link's thread, also while placement cannot be reached. It may block.
   */
  public void run(Runnable task) {
    control.run(task);
  }

  /** Something happened that placement, and those who watch it, should not wait for. */
  public void reportSoon() {
    Following now = following;
    if (now != null) {
      now.reportSoon();
    }
  }

  /** Waits for the task that runs. */
  @Override
  public void close() {
    Following now = following;
    if (now != null) {
      now.close();
    }
    control.close();
  }
}
