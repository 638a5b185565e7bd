package io.flotilla.raft.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.raft.core.GroupStatus.RoleName;
import io.flotilla.raft.history.Action;
import io.flotilla.raft.runtime.RuntimeLimits;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BooleanSupplier;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/**
 * What the tests of MIT's course 6.5840, laboratory 4, do to a replicated service: clients at work,
 * servers cut apart and crashed, and in the end a history that must be linearizable. The servers
 * are nodes with the real runtime; timing is that of {@link Lab}. Each keeps its state now and
 * then, and starts with it after a crash; who bounds its log needs it for that.
 */
final class ServiceLab {
  static final long SECOND = Lab.SECOND;

  /** What the course's tests with snapshots bound a log by. */
  static final long LOG_BYTES = 1_000;

  static final int ROUNDS = 3;

  /** Nodes look every 2.5 s for what can be cut, if nothing else happens. */
  static final long CUT_MICROS = 5 * SECOND;

  /** How the keys are used, as {@link SimClient} does. */
  static final int COUNTER = 0;

  static final int LIST = 1;
  static final int REGISTER = 2;

  /** So many times its bound may a log weigh, as the course has it. */
  private static final int PATIENCE = 8;

  private final String name;
  private final long logBytes;
  private final World world;
  private final SimNetwork<Runnable> network;
  private final SimGroup group;
  private final List<RuntimeNode> servers;
  private final List<SimClient> clients = new ArrayList<>();
  private int clerks;
  private int restartsFromSnapshots;

  ServiceLab(String name, int size, Faults.Network faults, long seed) {
    this(name, size, faults, seed, RuntimeLimits.DEFAULT);
  }

  /** Its logs are cut, so that who lags or starts again needs a snapshot. */
  static ServiceLab withSnapshots(String name, int size, Faults.Network faults, long seed) {
    return new ServiceLab(name, size, faults, seed, RuntimeLimits.DEFAULT.retaining(LOG_BYTES));
  }

  private ServiceLab(
      String name, int size, Faults.Network faults, long seed, RuntimeLimits limits) {
    this.name = name;
    this.logBytes = limits.logRetainBytes();
    Chance chance = new Chance(seed * 31 + size);
    this.world = new World(chance, Lab.calm(faults), size, size, false);
    this.network =
        new SimNetwork<>(
            world.clock(), chance.fork(), size, faults, (from, to, arrival) -> arrival.run());
    this.group = new SimGroup(world.clock(), 1, size, world.core());
    WallClocks wallClocks = WallClocks.right(world, 0);
    this.servers =
        IntStream.rangeClosed(1, size)
            .mapToObj(
                id ->
                    new RuntimeNode(
                        world,
                        id,
                        List.of(group),
                        network,
                        this::server,
                        limits,
                        (node, flushes) -> new MemoryStates(flushes),
                        wallClocks))
            .toList();
    servers.forEach(RuntimeNode::start);
  }

  private RuntimeNode server(int id) {
    return servers.get(id - 1);
  }

  long now() {
    return world.clock().nowMicros();
  }

  void sleep(long micros) {
    within(micros, () -> false);
  }

  boolean within(long micros, BooleanSupplier done) {
    return world.clock().runUntil(now() + micros, done);
  }

  // ---- clients

  /** Clients that do all sorts of things to all keys. */
  void clients(int count) {
    List<Door> doors = doors(all());
    for (int i = 0; i < count; i++) {
      SimClient.Kind kind = i % 2 == 0 ? SimClient.Kind.ROVING : SimClient.Kind.LOYAL;
      SimClient client =
          new SimClient(
              world, group.properties(), doors, group.record(), new SimSession(++clerks), kind);
      clients.add(client);
      client.start();
    }
  }

  /** A clerk who knows these servers alone. */
  LabClerk clerk(Set<Integer> known, int key, int count, IntFunction<Action> actions) {
    return clerk(new SimSession(++clerks), known, key, count, actions);
  }

  private LabClerk clerk(
      SimSession session, Set<Integer> known, int key, int count, IntFunction<Action> actions) {
    LabClerk clerk =
        new LabClerk(world, group.record(), doors(known), session, key, count, actions);
    clerk.start();
    return clerk;
  }

  /** So many at once, of one session, each of whom does one thing. */
  List<LabClerk> crowd(int size, int key, Action action) {
    SimSession session = new SimSession(++clerks);
    return IntStream.range(0, size)
        .mapToObj(one -> clerk(session, all(), key, 1, i -> action))
        .toList();
  }

  LabClerk clerk(int key, int count, IntFunction<Action> actions) {
    return clerk(all(), key, count, actions);
  }

  List<Door> doors(Set<Integer> ids) {
    return ids.stream().map(id -> server(id).clients().door(group)).toList();
  }

  Set<Integer> all() {
    return new TreeSet<>(servers.stream().map(RuntimeNode::id).toList());
  }

  int nextClient() {
    return ++clerks;
  }

  // ---- faults

  /** Waits for one. */
  int leader() {
    assertThat(within(5 * SECOND, () -> leads() > 0)).as("a leader within 5 s").isTrue();
    return leads();
  }

  private int leads() {
    return servers.stream()
        .filter(RuntimeNode::isUp)
        .filter(server -> server.status(group).role() == RoleName.LEADER)
        .mapToInt(RuntimeNode::id)
        .findFirst()
        .orElse(0);
  }

  /** So many servers, the given one among them. */
  Set<Integer> sideOf(int one, int count) {
    Set<Integer> side = new TreeSet<>(Set.of(one));
    while (side.size() < count) {
      side.add(1 + world.chance().below(servers.size()));
    }
    return side;
  }

  void partition(Set<Integer> side) {
    network.mend();
    network.split(side, 0);
  }

  void mend() {
    network.mend();
  }

  /** Each begins with the state that it has kept, and needs it for what its log has no more. */
  void crashAndRestartAll() {
    Map<RuntimeNode, Long> cuts = new TreeMap<>(Comparator.comparingInt(RuntimeNode::id));
    servers.forEach(server -> cuts.put(server, server.replicas().cutAt(group)));
    servers.forEach(RuntimeNode::crash);
    sleep(SECOND);
    servers.forEach(RuntimeNode::start);
    cuts.forEach(
        (server, cut) -> {
          restartsFromSnapshots += cut > 0 ? 1 : 0;
          assertThat(server.status(group).firstIndex()).as("log").isGreaterThan(cut);
          assertThat(server.replicas().state(group).applied())
              .as("state")
              .isGreaterThanOrEqualTo(cut);
        });
  }

  void crash(int id) {
    server(id).crash();
  }

  /** It begins with the state that its log names, or a younger one. */
  void start(int id) {
    RuntimeNode server = server(id);
    long cut = cutAt(id);
    server.start();
    assertThat(server.status(group).firstIndex()).as("log").isEqualTo(cut + 1);
    assertThat(state(id).applied()).as("state").isGreaterThanOrEqualTo(cut);
  }

  /** Whether a command was executed, so that its client may have been told so. */
  boolean isExecuted(SimCommand command) {
    return group.record().isDone(command);
  }

  // ---- the course's general test

  /** Three rounds of 5 s of clients' work, with what is asked for going on meanwhile. */
  void general(int clientCount, boolean crash, boolean partitions) {
    for (int round = 0; round < ROUNDS; round++) {
      clients(round == 0 ? clientCount : 0);
      long until = now() + 5 * SECOND;
      while (now() < until) {
        if (partitions) {
          partition(sideOf(1 + world.chance().below(servers.size()), 1 + servers.size() / 2));
        }
        sleep(SECOND + world.chance().between(0, SECOND / 5));
      }
      mend();
      if (crash) {
        crashAndRestartAll();
      }
      everyClientGoesOn();
      logsAreCut();
    }
    check();
  }

  private void everyClientGoesOn() {
    long[] before = clients.stream().mapToLong(SimClient::finished).toArray();
    assertThat(
            within(
                20 * SECOND,
                () ->
                    IntStream.range(0, before.length)
                        .allMatch(i -> clients.get(i).finished() >= before[i] + 2)))
        .as("every client goes on")
        .isTrue();
  }

  private void logsAreCut() {
    assertThat(within(CUT_MICROS, () -> largestLogBytes() <= PATIENCE * logBytes))
        .as("logs are cut")
        .isTrue();
  }

  /** How long one of a thousand appends takes, one after the other. */
  long appendMicros() {
    leader();
    clerk(LIST, 1, i -> new Action.Append("0;"));
    sleep(SECOND);
    long before = now();
    LabClerk clerk = clerk(LIST, 1_000, i -> new Action.Append(i + ";"));
    assertThat(within(40 * SECOND, () -> clerk.done() == 1_000)).isTrue();
    return (now() - before) / 1_000;
  }

  /** Ends the clients' work, lets the servers catch up, and judges what clients were told. */
  void check() {
    clients.forEach(SimClient::stop);
    world.heal();
    network.faults(world.faults().network());
    mend();
    assertThat(within(20 * SECOND, this::converged)).as("all servers hold the same").isTrue();
    servers.forEach(
        server -> group.properties().applied(server.id(), server.replicas().state(group)));
    keepStates();
    assertThat(within(CUT_MICROS, () -> servers.stream().allMatch(one -> one.isLogShort(group, 1))))
        .as("no log weighs more than it may")
        .isTrue();
    group
        .record()
        .requireLinearizable(
            name, servers.stream().map(server -> server.replicas().state(group)).toList());
  }

  private boolean converged() {
    long last = server(1).status(group).lastIndex();
    return clients.stream().allMatch(SimClient::idle)
        && leads() > 0
        && servers.stream()
            .allMatch(
                server ->
                    server.status(group).lastIndex() == last
                        && server.replicas().state(group).applied() == last);
  }

  SimState state(int server) {
    return server(server).replicas().state(group);
  }

  // ---- snapshots

  /** All that is applied now is there after a crash; in {@link #CUT_MICROS} no log needs it. */
  void keepStates() {
    servers.forEach(server -> server.replicas().flush());
  }

  long largestLogBytes() {
    return servers.stream()
        .mapToLong(server -> server.replicas().logBytes(group))
        .max()
        .orElseThrow();
  }

  long largestSnapshotBytes() {
    return servers.stream()
        .mapToLong(server -> server.replicas().snapshotBytes(group))
        .max()
        .orElseThrow();
  }

  /** The last index that is gone from a server's log. */
  long cutAt(int server) {
    return server(server).replicas().cutAt(group);
  }

  long lastIndex(int server) {
    return server(server).status(group).lastIndex();
  }

  /** Whether the leader has cut its log behind the end of this one's. */
  boolean needsASnapshot(int id) {
    NodeReplicas replicas = server(id).replicas();
    long last = replicas.platter().log(group.id()).lastIndex();
    return leads() > 0 && cutAt(leads()) > last;
  }

  SnapshotPhase snapshotPhase(int id) {
    return SnapshotPhase.of(server(id).replicas(), group, server(id).snapshotComing(group));
  }

  /** How often a log was cut. */
  long truncations() {
    return group.truncations();
  }

  /** How often another server's snapshot became a server's state. */
  long restorations() {
    return group.properties().restored();
  }

  /** How often a server whose log had been cut began again. */
  int restartsFromSnapshots() {
    return restartsFromSnapshots;
  }
}
