package io.flotilla.deploy.whole;

import io.flotilla.proto.placement.RecoverOrder;
import io.flotilla.proto.placement.RegisterNodeRequest;
import io.flotilla.raft.core.GroupId;
import io.flotilla.raft.core.GroupStatus;
import io.flotilla.raft.core.RaftEvent;
import io.flotilla.raft.core.ReplicaId;
import io.flotilla.raft.port.NodeId;
import io.flotilla.raft.port.StorageException;
import io.flotilla.raft.runtime.RaftListener;
import io.flotilla.raft.runtime.RaftRuntime;
import io.flotilla.raft.sim.Chance;
import io.flotilla.rpc.ErrorCode;
import io.flotilla.rpc.RpcException;
import io.flotilla.shard.host.HostedShard;
import io.flotilla.shard.host.NodeTable;
import io.flotilla.shard.host.ShardHost;
import io.flotilla.shard.host.ShardLoad;
import io.flotilla.shard.kv.KvRound;
import io.flotilla.shard.kv.KvStore;
import io.flotilla.shard.kv.KvStoreConfig;
import io.flotilla.shard.report.PlacementLink;
import io.flotilla.shard.service.Clocks;
import io.flotilla.shard.service.KvService;
import io.flotilla.shard.service.ServiceConfig;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** A node that hosts shards, put together as the real one is. One thread. */
final class SimNode extends SimPeer<KvRound> {
  /** Too large for anything to be flushed of itself, at a moment that no seed decides. */
  private static final KvStoreConfig STORE = new KvStoreConfig(8 << 20, 2, 1 << 20, 1);

  private final WholeCluster whole;

  /** On its disk: its id, and where the others listen. */
  private long node;

  private Map<Long, String> known = new TreeMap<>();
  private boolean dead;
  private boolean cameBack;

  /** What placement has told it in any of its lives. */
  private final List<RecoverOrder> orders = new ArrayList<>();

  private @Nullable KvStore store;
  private @Nullable ShardHost shards;
  private @Nullable PlacementLink link;
  private NodeTable nodes = new NodeTable();

  SimNode(WholeCluster whole, int id) {
    super(whole, id, "node" + id + ":7410");
    this.whole = whole;
  }

  /** 0 as long as placement has given it none. */
  long node() {
    return node;
  }

  /** It never comes back, nor does its disk. */
  void die() {
    dead = true;
    crash();
  }

  /** It was taken for lost for good, and its disk with it; but there it is. */
  void comeBack() {
    dead = false;
    cameBack = true;
    start();
  }

  boolean isDead() {
    return dead;
  }

  /** It ends when it is told so, as its process would. */
  private void removed(String why) {
    world.clock().after(1, this::die);
  }

  @Override
  boolean mayStart() {
    return !dead;
  }

  @Override
  void begin(Life born) {
    nodes = new NodeTable();
    known.forEach(nodes::put);
    PlacementLink line =
        new PlacementLink(
            new EvenWeights(whole.ordersFrom(whole.connections(this, born), orders)),
            whole.placement(),
            newLoop(born),
            this::fatal,
            this::removed);
    link = line;
    line.register(registration())
        .whenComplete(
            (id, refusal) ->
                world.clock().after(0, () -> during(born, () -> registered(id, refusal, born))));
    if (node != 0) {
      serve(born, line);
    }
  }

  private RegisterNodeRequest registration() {
    return RegisterNodeRequest.newBuilder()
        .setIncarnation("incarnation-" + id())
        .setAddress(address())
        .setNode(node)
        .build();
  }

  private void registered(@Nullable Long given, @Nullable Throwable refusal, Life born) {
    if (given == null && (cameBack || isRemoval(refusal))) {
      removed("it is not known any more");
      return;
    }
    if (given == null) {
      throw new AssertionError("REGISTRATION: placement refuses " + address(), refusal);
    }
    if (node == 0) {
      node = given;
      serve(born, link);
    }
    if (node != given) {
      throw new AssertionError("REGISTRATION: node " + node + " is to be " + given);
    }
  }

  private static boolean isRemoval(@Nullable Throwable refusal) {
    return refusal instanceof RpcException refused && refused.code() == ErrorCode.REMOVED;
  }

  private void serve(Life born, @Nullable PlacementLink line) {
    try {
      KvStore states = KvStore.open(whole.directoryOf(this).resolve("state"), STORE);
      store = states;
      RaftRuntime<KvRound> runtime =
          raft()
              .start(
                  born,
                  new NodeId(node),
                  states,
                  whole.directoryOf(this).resolve("snapshots"),
                  this::hostOf,
                  whole::node,
                  new LeaderNews());
      Chance sampling = whole.world().chance().fork();
      ShardHost host =
          new ShardHost(
              node,
              states,
              (spec, state) -> runtime.open(spec, new EvenImages<>(state)),
              line::run,
              this::fatal,
              () -> new ShardLoad(this::nanos, sampling::below));
      shards = host;
      host.onChange(line::reportSoon);
      host.recover(runtime.recovered());
      new KvService(
              host,
              nodes,
              newLoop(born),
              ServiceConfig.DEFAULT,
              new Clocks(this::nanos, this::wallMillis, patience(newLoop(born))),
              this::fatal)
          .handleOn(server());
      line.follow(node, host, nodes, table -> known = table.all());
    } catch (IOException broken) {
      throw new AssertionError(address() + " cannot start", broken);
    }
  }

  private static Clocks.Patience patience(SimLoop timers) {
    return (wait, nanos) -> {
      if (!wait.isDone()) {
        Runnable tooLong = () -> wait.completeExceptionally(new TimeoutException());
        timers.schedule(tooLong, nanos, TimeUnit.NANOSECONDS);
      }
    };
  }

  private int hostOf(NodeId other) {
    return nodes.address(other.value()).map(whole::process).map(SimProcess::id).orElse(0);
  }

  /** A new leader is reported at once. */
  private final class LeaderNews implements RaftListener {
    @Override
    public void happened(GroupId group, ReplicaId self, RaftEvent event) {
      if (event instanceof RaftEvent.MembershipForced forced) {
        whole.forced(SimNode.this, group.value(), forced.term());
      }
      if (event instanceof RaftEvent.LeaderElected || event instanceof RaftEvent.SteppedDown) {
        Optional.ofNullable(link).ifPresent(PlacementLink::reportSoon);
      }
    }
  }

  @Override
  void end() {
    raft().crash();
    shards = null;
    link = null;
    close();
  }

  /** Gives back what the process has open; what was not flushed is gone. */
  void close() {
    KvStore states = store;
    store = null;
    if (states != null) {
      try {
        states.kill();
      } catch (StorageException broken) {
        throw new AssertionError(broken);
      }
    }
  }

  @Override
  public boolean leads() {
    return shards().stream()
        .anyMatch(shard -> shard.group().status().role() == GroupStatus.RoleName.LEADER);
  }

  /** What is open here now. */
  List<HostedShard> shards() {
    ShardHost host = shards;
    return host == null ? List.of() : host.shards();
  }

  /** What it has applied is on its disk when this returns. */
  void flush() {
    KvStore states = store;
    try {
      if (states != null) {
        states.flush();
      }
    } catch (StorageException broken) {
      throw new AssertionError(broken);
    }
  }

  /** What its disk holds of states, open or not, or of none, in bytes. */
  long stateBytes() {
    return node == 0 ? 0 : StoredBytes.in(whole.directoryOf(this).resolve("state"));
  }

  /** States on its disk, open or not. */
  List<KvStore.Found> found() {
    KvStore states = store;
    try {
      return states == null ? List.of() : states.found();
    } catch (StorageException broken) {
      throw new AssertionError(broken);
    }
  }
}
