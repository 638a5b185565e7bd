package io.flotilla.deploy.whole;

import io.flotilla.raft.files.FileSnapshotStore;
import io.flotilla.raft.port.ApplyRound;
import io.flotilla.raft.port.NodeId;
import io.flotilla.raft.port.RaftParcel;
import io.flotilla.raft.port.SnapshotReply;
import io.flotilla.raft.port.SnapshotRequest;
import io.flotilla.raft.port.StateStore;
import io.flotilla.raft.runtime.RaftGroup;
import io.flotilla.raft.runtime.RaftListener;
import io.flotilla.raft.runtime.RaftRuntime;
import io.flotilla.raft.runtime.ReplicaLostException;
import io.flotilla.raft.runtime.RuntimeConfig;
import io.flotilla.raft.runtime.RuntimeLimits;
import io.flotilla.raft.runtime.RuntimePorts;
import io.flotilla.raft.runtime.SnapshotPorts;
import io.flotilla.raft.runtime.SnapshotSendConfig;
import io.flotilla.raft.sim.AgentTurns;
import io.flotilla.raft.sim.Chance;
import io.flotilla.raft.sim.SimLogStore;
import io.flotilla.raft.sim.SimPlatter;
import io.flotilla.raft.sim.SimSnapshotTransport;
import io.flotilla.raft.sim.SimTransport;
import io.flotilla.raft.sim.World;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.function.IntFunction;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/**
 * The real runtime in a simulated process, on a disk for logs that outlives it. One thread.
 *
 * @param <R> the kind of round of the state store
 */
final class SimRaft<R extends ApplyRound> {
  private final WholeCluster whole;
  private final SimProcess host;
  private final World world;
  private final SimPlatter platter = new SimPlatter();
  private final RuntimeLimits limits;
  private @Nullable RaftRuntime<R> runtime;
  private @Nullable SimLogStore log;
  private @Nullable AgentTurns turns;
  private @Nullable SimTransport transport;
  private @Nullable SimSnapshotTransport questions;
  private SimProcess.@Nullable Life born;

  SimRaft(WholeCluster whole, SimProcess host) {
    this.whole = whole;
    this.host = host;
    this.world = whole.world();
    this.limits = RuntimeLimits.DEFAULT.retaining(whole.drawLogRetainBytes());
  }

  /**
   * Begins a life: nothing runs before this returns.
   *
   * @param hosts of nodes; 0 where that is not known
   * @param peers by host
   */
  RaftRuntime<R> start(
      SimProcess.Life life,
      NodeId self,
      StateStore<R> states,
      Path snapshots,
      ToIntFunction<NodeId> hosts,
      IntFunction<? extends SimPeer<?>> peers,
      RaftListener listener)
      throws IOException {
    born = life;
    SimLogStore logs =
        new SimLogStore(
            world.clock(), world.chance(), () -> world.faults().disk(), platter, host::fatal);
    log = logs;
    transport =
        new SimTransport(self, host.id(), whole.network(), hosts, to -> peers.apply(to)::receive);
    questions =
        new SimSnapshotTransport(
            self, host.id(), whole.network(), hosts, to -> peers.apply(to).raft()::serve);
    Chance chance = world.chance().fork();
    RuntimePorts<R> ports =
        new RuntimePorts<>(
            logs,
            this::send,
            states,
            new SnapshotPorts(
                FileSnapshotStore.open(snapshots),
                this::ask,
                SnapshotSendConfig.DEFAULT,
                whole.fetch(),
                new SplittableRandom(world.chance().between(Long.MIN_VALUE, Long.MAX_VALUE - 1))),
            host::nanos,
            host::wallMillis,
            chance::between,
            listener,
            host::fatal);
    Duration tick = Duration.ofNanos(world.ticks(1) * 1000);
    RuntimeConfig config =
        new RuntimeConfig(self, 1, 1, 1, tick, Duration.ZERO, world.core(), limits);
    RaftRuntime<R> made = new RaftRuntime<>(config, ports);
    runtime = made;
    turns =
        new AgentTurns(
            world,
            host.id(),
            made.agents(),
            action -> host.duringTurn(life, action),
            () -> observe(made));
    return made;
  }

  private void observe(RaftRuntime<R> of) {
    for (RaftGroup group : of.groups()) {
      group
          .stoppedBecause()
          .filter(cause -> !(cause instanceof ReplicaLostException)) // it has left
          .ifPresent(
              cause -> {
                throw new AssertionError(
                    "STOPPED: " + group.status() + " at " + host.address(), cause);
              });
    }
    whole.judges().look(host);
  }

  private void send(List<RaftParcel> parcels) {
    for (RaftParcel parcel : parcels) {
      RaftParcel sent = world.perhapsShorter(parcel);
      if (transport != null) {
        transport.send(List.of(sent));
      }
    }
  }

  private void ask(NodeId node, SnapshotRequest request, Consumer<SnapshotReply> reply) {
    SimProcess.Life asking = born;
    if (questions != null) {
      questions.ask(node, request, answer -> host.during(asking, () -> reply.accept(answer)));
    }
  }

  /** Whoever is there when it arrives takes it. */
  void receive(List<RaftParcel> parcels) {
    host.during(
        host.life(),
        () -> {
          if (runtime != null) {
            runtime.receive(parcels);
          }
        });
  }

  private void serve(NodeId from, SnapshotRequest request, Consumer<SnapshotReply> answer) {
    host.during(
        host.life(),
        () -> {
          if (runtime != null) {
            runtime.snapshotServer().serve(from, request, answer);
          }
        });
  }

  /** What its disk holds of logs, in bytes. */
  long logBytes() {
    return platter.bytes();
  }

  void wake() {
    if (turns != null) {
      turns.wake();
    }
  }

  void crash() {
    if (log != null) {
      log.crash();
    }
    if (transport != null) {
      transport.close();
    }
    if (questions != null) {
      questions.close();
    }
    runtime = null;
    turns = null;
    log = null;
  }
}
