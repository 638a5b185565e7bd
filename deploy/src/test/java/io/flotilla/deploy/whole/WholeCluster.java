package io.flotilla.deploy.whole;

import com.google.protobuf.MessageLite;
import io.flotilla.placement.model.ClusterView;
import io.flotilla.placement.service.PlacementPolicy;
import io.flotilla.proto.placement.RecoverOrder;
import io.flotilla.raft.history.History;
import io.flotilla.raft.runtime.SnapshotFetchConfig;
import io.flotilla.raft.sim.Chance;
import io.flotilla.raft.sim.FaultKind;
import io.flotilla.raft.sim.FaultSchedule;
import io.flotilla.raft.sim.ScratchDirectory;
import io.flotilla.raft.sim.SimNetwork;
import io.flotilla.raft.sim.Simulation;
import io.flotilla.raft.sim.WallClocks;
import io.flotilla.raft.sim.World;
import io.flotilla.rpc.RpcCaller;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.function.ToLongFunction;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * A whole cluster on one simulated clock: three members of placement, nodes and users, what they
 * were told, and the {@link Judges} who look on. Nothing starts, fails or is asked for by itself:
 * that is for who drives it, by a seed ({@link WholeSimulation}) or by a script ({@link ShardLab}).
 * One thread.
 */
final class WholeCluster implements AutoCloseable {
  static final String NAME = "whole";

  /** Some day. */
  static final long BEGIN_MILLIS = 1_800_000_000_000L;

  static final int MEMBERS = 3;

  static final long TICK_MICROS = 100_000;

  private final ClusterPlan plan;
  private final ScratchDirectory directory = new ScratchDirectory("flotilla-sim");
  private final World world;
  private final WallClocks wallClocks;
  private final SimNetwork<Runnable> network;
  private final PlacementPolicy policy;
  private final Judges judges;
  private boolean lateOrders;
  private final AtomicLong moments = new AtomicLong();
  private final History history = new History(moments::incrementAndGet);
  private final List<SimMember> members;
  private final List<SimNode> nodes;
  private final List<SimUser> users;
  private final Map<String, SimProcess> processes = new HashMap<>();

  /**
   * @param chance from which all is drawn
   * @param readable whether the trace keeps its lines
   */
  WholeCluster(ClusterPlan plan, Chance chance, boolean readable) {
    this.plan = plan;
    int hosts = MEMBERS + plan.nodes() + plan.users();
    this.world = new World(chance, plan.faults(), MEMBERS, hosts, readable);
    this.wallClocks = plan.clocks().apply(world);
    this.network =
        new SimNetwork<>(
            world.clock(),
            chance.fork(),
            hosts,
            plan.faults().network(),
            (from, to, arrival) -> arrival.run());
    network.countIn(world.counts());
    this.policy = plan.draws().policy(chance);
    this.judges = new Judges(world, plan.digested());
    this.members = hosts(1, MEMBERS).mapToObj(id -> new SimMember(this, id)).toList();
    this.nodes = hosts(MEMBERS + 1, plan.nodes()).mapToObj(id -> new SimNode(this, id)).toList();
    this.users =
        hosts(MEMBERS + plan.nodes() + 1, plan.users())
            .mapToObj(id -> new SimUser(this, id, history))
            .toList();
    Stream.of(members, nodes, users)
        .flatMap(List::stream)
        .forEach(process -> processes.put(process.address(), process));
  }

  private static IntStream hosts(int first, int count) {
    return IntStream.range(first, first + count);
  }

  World world() {
    return world;
  }

  WallClocks wallClocks() {
    return wallClocks;
  }

  SimNetwork<Runnable> network() {
    return network;
  }

  PlacementPolicy policy() {
    return policy;
  }

  SnapshotFetchConfig fetch() {
    return plan.fetch();
  }

  long drawLogRetainBytes() {
    return plan.draws().logRetainBytes(world.chance());
  }

  /** What a process has on its disk, beside its logs. */
  Path directoryOf(SimProcess process) {
    return directory.path().resolve("host-" + process.id());
  }

  Judges judges() {
    return judges;
  }

  History history() {
    return history;
  }

  List<SimMember> members() {
    return members;
  }

  SimMember member(int host) {
    return members.get(host - 1);
  }

  List<SimNode> nodes() {
    return nodes;
  }

  SimNode node(int host) {
    return nodes.get(host - 1 - MEMBERS);
  }

  List<SimUser> users() {
    return users;
  }

  /** By address. */
  SimProcess process(String address) {
    SimProcess process = processes.get(address);
    if (process == null) {
      throw new AssertionError("nobody ever listens at " + address);
    }
    return process;
  }

  List<String> placement() {
    return members.stream().map(SimProcess::address).toList();
  }

  SimConnections connections(SimProcess self, SimProcess.Life born) {
    return new SimConnections(world, network, self, born, this::process, this::replied);
  }

  private void replied(
      SimProcess server, MessageLite request, MessageLite reply, long arrivedMicros) {
    judges.owners().pasts().replied(server, request, reply, arrivedMicros);
    judges.replied(server, request, reply, arrivedMicros);
  }

  /** From now on nodes that start are told again now and then what they were told long ago. */
  void repeatLateOrders() {
    lateOrders = true;
  }

  /** What nodes hear of placement. */
  RpcCaller ordersFrom(RpcCaller network, List<RecoverOrder> orders) {
    return lateOrders ? new LateOrders(network, world.chance().fork(), orders) : network;
  }

  /** A group's replica has left out all others: what they alone had is given up. */
  void forced(SimNode survivor, long shard, long term) {
    judges.owners().forced(survivor, nodes, shard, term, moments.incrementAndGet());
    judges.digests().forget(shard);
  }

  /** What the member knows that knows most. */
  Optional<ClusterView> newestView() {
    return members.stream()
        .flatMap(member -> member.view().stream())
        .max(Comparator.comparingLong(ClusterView::revision));
  }

  /** What befalls members and nodes. */
  FaultSchedule faultSchedule() {
    List<SimProcess> victims = new ArrayList<>(members);
    victims.addAll(nodes);
    return new FaultSchedule(world, network, victims);
  }

  boolean usersAreIdle() {
    return users.stream().allMatch(SimUser::isIdle);
  }

  /** Of replicas, commits and terms there are here shards, revisions and digests compared. */
  Simulation.Outcome outcome(long seed) {
    return new Simulation.Outcome(
        seed,
        judges.owners().shards(),
        world.clock().nowMicros(),
        world.clock().happened(),
        history.answered(),
        newestView().orElseThrow().revision(),
        world.counts().of(FaultKind.DIGEST),
        1,
        world.counts(),
        world.trace().hash());
  }

  /** The network is as it will be when the world was healed. */
  void calm() {
    network.faults(world.drawn().healed().network());
  }

  /** Lets time pass until {@code done} holds, or for so long; whether it does. */
  boolean within(long micros, BooleanSupplier done) {
    return world.clock().runUntil(world.clock().nowMicros() + micros, done);
  }

  /** As the other one, but that it holds in time is a promise. */
  void within(String what, long micros, BooleanSupplier done) {
    if (!within(micros, done)) {
      throw new AssertionError(
          "LIVENESS: not within " + micros + " us: " + what + new Picture(this));
    }
  }

  /** Waits until each of these has so many more of what is counted. */
  <T> void awaitMore(String what, long micros, List<T> all, ToLongFunction<T> count, long more) {
    long[] before = all.stream().mapToLong(count).toArray();
    within(
        what,
        micros,
        () ->
            IntStream.range(0, before.length)
                .allMatch(i -> count.applyAsLong(all.get(i)) >= before[i] + more));
  }

  /** Gives back what its processes have open, and what they have kept. */
  @Override
  public void close() {
    try (directory) {
      members.forEach(SimMember::close);
      nodes.forEach(SimNode::close);
    }
  }
}
