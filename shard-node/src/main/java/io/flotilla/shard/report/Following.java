package io.flotilla.shard.report;

import io.flotilla.proto.map.Node;
import io.flotilla.proto.placement.MapUpdate;
import io.flotilla.raft.port.StorageException;
import io.flotilla.shard.host.NodeTable;
import io.flotilla.shard.host.ShardHost;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Map in, reports out; all on the control thread. */
final class Following implements AutoCloseable {
  private static final Duration REPORT_EVERY = Duration.ofSeconds(1);
  private static final Duration REPORT_SOON = Duration.ofMillis(20);

  private static final Duration CAMPAIGN_EVERY = Duration.ofMillis(150);
  private static final int CAMPAIGNS = 20;

  private final Control control;
  private final ShardHost host;
  private final NodeTable nodes;
  private final Consumer<NodeTable> onNodes;
  private final Reports reports;
  private final Keyspaces keyspaces;
  private final Consumer<Throwable> fatal;
  private final AtomicBoolean soon = new AtomicBoolean();
  private volatile @Nullable MapWatch watch;
  private int campaignsLeft;

  Following(
      Control control,
      ShardHost host,
      NodeTable nodes,
      Consumer<NodeTable> onNodes,
      Keyspaces keyspaces,
      Reports reports,
      Consumer<Throwable> fatal) {
    this.control = control;
    this.host = host;
    this.nodes = nodes;
    this.onNodes = onNodes;
    this.keyspaces = keyspaces;
    this.reports = reports;
    this.fatal = fatal;
  }

  void begin(MapWatch map) {
    watch = map;
    control.run(map::begin);
    control.run(this::tick);
    control.run(this::shardsOpened);
  }

  void take(MapUpdate update) {
    keyspaces.take(update);
    if (takeNodes(update)) {
      onNodes.accept(nodes);
    }
    try {
      host.learn(update.getComplete(), update.getShardsList(), update.getRemovedShardsList());
      if (host.offer(update.getShardsList()) > 0) {
        shardsOpened();
      }
      host.tendMerges();
    } catch (StorageException e) {
      fatal.accept(e);
    }
  }

  private void shardsOpened() {
    boolean idle = campaignsLeft == 0;
    campaignsLeft = CAMPAIGNS;
    if (idle) {
      control.after(CAMPAIGN_EVERY, this::campaign);
    }
  }

  private void campaign() {
    host.campaignWherePreferred();
    campaignsLeft--;
    if (campaignsLeft > 0) {
      control.after(CAMPAIGN_EVERY, this::campaign);
    }
  }

  private boolean takeNodes(MapUpdate update) {
    boolean news = false;
    Set<Long> named = new HashSet<>();
    for (Node node : update.getNodesList()) {
      named.add(node.getId());
      news |= nodes.put(node.getId(), node.getAddress());
    }
    Set<Long> removed = new HashSet<>(update.getRemovedNodesList());
    if (update.getComplete()) {
      removed.addAll(nodes.all().keySet());
      removed.removeAll(named);
    }
    removed.forEach(nodes::remove);
    return news || !removed.isEmpty();
  }

  void reportSoon() {
    if (soon.compareAndSet(false, true)) {
      control.after(
          REPORT_SOON,
          () -> {
            soon.set(false);
            report();
          });
    }
  }

  private void tick() {
    try {
      if (host.offerWaiting() > 0) {
        shardsOpened();
      }
      host.tendMerges();
    } catch (StorageException e) {
      fatal.accept(e);
    }
    report();
    control.after(REPORT_EVERY, this::tick);
  }

  private void report() {
    try {
      reports.send();
    } catch (StorageException e) {
      fatal.accept(e);
    }
  }

  @Override
  public void close() {
    MapWatch map = watch;
    if (map != null) {
      map.close();
    }
  }
}
