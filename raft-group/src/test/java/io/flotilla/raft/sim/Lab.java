package io.flotilla.raft.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.raft.core.CoreConfig;
import io.flotilla.raft.core.GroupStatus;
import io.flotilla.raft.core.Position;
import io.flotilla.raft.core.RaftMessage;
import io.flotilla.raft.history.Action;
import io.flotilla.raft.history.Value;
import io.flotilla.raft.net.WireBytes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BooleanSupplier;

/**
 * What the tests of MIT's course 6.5840, laboratory 3, do to a cluster, in simulated time: servers
 * are cut off and joined again, crash and start, and are asked to agree. Heartbeats every 100 ms,
 * elections after 0.5 to 1 s, as the laboratory wants them. All of {@link RaftProperties} is
 * checked meanwhile, so that "the same command on all servers" need not be asked for. Two things
 * differ from the course: a leader puts an entry of its own at the start of its term, so that
 * indexes are counted from there; and messages under way when a link is cut still arrive.
 */
final class Lab {
  static final long SECOND = 1_000_000;

  private static final long SNAPSHOT_MICROS = 1_000;
  private static final long TICK_MICROS = 50_000;
  private static final CoreConfig CORE =
      new CoreConfig(2, 10, true, true, 256, 8L << 20, 1L << 20, 16L << 20, 256);

  static final Faults.Network UNRELIABLE = Faults.Network.UNRELIABLE;

  /** Two of three replies, so every third message, takes from 0.2 to 2.2 s. */
  static final Faults.Network LONG_REORDERING =
      new Faults.Network(0.1, 0, 0, 0, 0.33, new Faults.Delay(0, 27_000, 2_200_000));

  static final Faults.Network RELIABLE = Faults.Network.RELIABLE;

  private final World world;
  private final SimNetwork<RaftMessage> network;
  private final List<SimReplica> servers;
  private final TreeSet<Integer> connected = new TreeSet<>();
  private long messages;
  private long bytes;
  private int commands;
  private long largestLogBytes;

  Lab(int size, Faults.Network faults, long seed) {
    Chance chance = new Chance(seed * 31 + size);
    this.world = new World(chance, calm(faults), size, size, false);
    this.network =
        new SimNetwork<>(
            world.clock(),
            chance.fork(),
            size,
            faults,
            (from, to, message) -> server(to).receive(from, message));
    network.tap(
        (from, to, message) -> {
          messages++;
          bytes += WireBytes.of(message);
        });
    this.servers = SimReplica.listOf(world);
    for (SimReplica server : servers) {
      server.connect(network, id -> server(id).image());
      server.start();
      connected.add(server.id());
    }
  }

  /** Nothing happens of itself but to messages. */
  static Faults calm(Faults.Network network) {
    return Faults.calm(TICK_MICROS, network, CORE);
  }

  Chance chance() {
    return world.chance();
  }

  int size() {
    return servers.size();
  }

  private SimReplica server(int id) {
    return servers.get(id - 1);
  }

  // ---- time

  void sleep(long micros) {
    within(micros, () -> false);
  }

  boolean within(long micros, BooleanSupplier done) {
    return world.clock().runUntil(now() + micros, done);
  }

  long now() {
    return world.clock().nowMicros();
  }

  // ---- faults

  void disconnect(int... ids) {
    Arrays.stream(ids).forEach(connected::remove);
    relink();
  }

  void connect(int... ids) {
    Arrays.stream(ids).forEach(connected::add);
    relink();
  }

  private void relink() {
    network.mend();
    for (SimReplica server : servers) {
      if (!isConnected(server.id())) {
        network.isolate(server.id());
      }
    }
  }

  boolean isConnected(int id) {
    return connected.contains(id);
  }

  void faults(Faults.Network now) {
    network.faults(now);
  }

  /** The power goes; what was not synced may be lost. */
  void crash(int... ids) {
    Arrays.stream(ids).forEach(id -> server(id).crash());
  }

  void start(int... ids) {
    Arrays.stream(ids).filter(id -> !isUp(id)).forEach(id -> server(id).start());
  }

  void restart(int... ids) {
    crash(ids);
    start(ids);
  }

  boolean isUp(int id) {
    return server(id).isUp();
  }

  int[] all() {
    return servers.stream().mapToInt(SimReplica::id).toArray();
  }

  /** So many servers, in random order, none of them {@code not}. */
  int[] anyBut(int not, int count) {
    List<Integer> others = new ArrayList<>();
    Arrays.stream(all()).filter(id -> id != not).forEach(others::add);
    for (int i = others.size() - 1; i > 0; i--) {
      Collections.swap(others, i, chance().below(i + 1));
    }
    return others.stream().limit(count).mapToInt(id -> id).toArray();
  }

  // ---- leaders

  /** Waits up to 5 s; the leader of the newest term among the connected ones. */
  int checkOneLeader() {
    assertThat(within(5 * SECOND, () -> leader().isPresent())).as("a leader within 5 s").isTrue();
    return leader().orElseThrow();
  }

  /** The one of the newest term; connected ones count. */
  OptionalInt leader() {
    TreeMap<Long, Integer> byTerm = new TreeMap<>();
    for (SimReplica server : servers) {
      if (isConnected(server.id()) && server.leads()) {
        byTerm.put(term(server.id()), server.id());
      }
    }
    return byTerm.isEmpty() ? OptionalInt.empty() : OptionalInt.of(byTerm.lastEntry().getValue());
  }

  void checkNoLeader() {
    assertThat(leader()).as("a leader among %s", connected).isEmpty();
  }

  long term(int id) {
    return status(id).term();
  }

  /** The term of all connected servers, which agree on it. */
  long checkTerms() {
    List<Long> terms = connected.stream().map(this::term).distinct().toList();
    assertThat(terms).as("terms of %s", connected).hasSize(1);
    return terms.get(0);
  }

  // ---- agreement

  byte[] command(int textBytes) {
    commands++;
    Value value = Value.of(commands + "-" + "x".repeat(textBytes));
    return new SimCommand(1, commands, 2, new Action.Put(value)).encode(0);
  }

  /** Asks one server, which may be no leader, or down. */
  OptionalLong startAt(int id, byte[] command) {
    return server(id)
        .alive()
        .flatMap(one -> one.start(command))
        .map(Position::index)
        .map(OptionalLong::of)
        .orElse(OptionalLong.empty());
  }

  /** How many servers have applied this index. */
  long applied(long index) {
    return servers.stream()
        .filter(server -> server.alive().filter(one -> one.state().applied() >= index).isPresent())
        .count();
  }

  boolean isCommittedAs(long index, byte[] command) {
    return world.properties().commit() >= index
        && Arrays.equals(world.properties().at(index).payload(), command);
  }

  long commit() {
    return world.properties().commit();
  }

  long lastIndex(int id) {
    return status(id).lastIndex();
  }

  /** A command that {@code expected} servers apply, within 10 s; its index. */
  long one(int expected) {
    return one(command(0), expected, true);
  }

  /**
   * @param retry whether another server may be asked when nothing came of it in 2 s
   */
  long one(byte[] command, int expected, boolean retry) {
    long until = now() + 10 * SECOND;
    while (now() < until) {
      OptionalLong index = startAnywhere(command);
      if (index.isPresent()) {
        long at = index.getAsLong();
        if (within(2 * SECOND, () -> applied(at) >= expected && isCommittedAs(at, command))) {
          return at;
        }
        assertThat(retry).as("agreement of %d servers at %d in 2 s", expected, at).isTrue();
      } else {
        sleep(50_000);
      }
    }
    throw new AssertionError("no agreement of " + expected + " servers within 10 s");
  }

  private OptionalLong startAnywhere(byte[] command) {
    OptionalInt leader = leader();
    for (int id : all()) {
      if (isConnected(id) && isUp(id) && (leader.isEmpty() || leader.getAsInt() == id)) {
        OptionalLong index = startAt(id, command);
        if (index.isPresent()) {
          return index;
        }
      }
    }
    return OptionalLong.empty();
  }

  /** All servers are up and connected, and have applied all that is in the leader's log. */
  void checkConverged(long micros) {
    assertThat(within(micros, this::converged)).as("all logs are the same").isTrue();
  }

  private boolean converged() {
    long last = lastIndex(1);
    return applied(last) == size()
        && servers.stream().allMatch(server -> lastIndex(server.id()) == last)
        && servers.stream().anyMatch(SimReplica::leads);
  }

  // ---- snapshots

  /**
   * From now on each server keeps its state whenever it has applied so many entries more, and cuts
   * its log there.
   */
  void snapshotEvery(int entries) {
    for (SimReplica server : servers) {
      SimLog log = server.disk().log();
      largestLogBytes = Math.max(largestLogBytes, log.bytes());
      server.alive().ifPresent(one -> snapshot(server, one.state(), entries));
    }
    world.clock().after(SNAPSHOT_MICROS, () -> snapshotEvery(entries));
  }

  private static void snapshot(SimReplica server, SimState state, int entries) {
    long at = state.applied() / entries * entries;
    if (at > server.flushedIndex()) {
      server.flush(state);
    }
    if (at > server.disk().log().truncated().index()) {
      server.truncate(at);
    }
  }

  /** Long enough for each server to keep what it has applied, if it is enough for that. */
  void awaitSnapshots() {
    sleep(2 * SNAPSHOT_MICROS);
  }

  /** The most that any server's log ever weighed, in bytes, since there are snapshots. */
  long largestLogBytes() {
    return largestLogBytes;
  }

  /** How often a snapshot became a server's state. */
  long restored() {
    return world.properties().restored();
  }

  /** The last index that is gone from a server's disk; its state there is kept instead. */
  long cutAt(int id) {
    return server(id).disk().log().truncated().index();
  }

  /** Whether all others have cut their logs behind the end of this one's. */
  boolean needsASnapshot(int id) {
    long last = isUp(id) ? lastIndex(id) : server(id).disk().log().lastIndex();
    return Arrays.stream(all()).filter(other -> other != id).allMatch(other -> cutAt(other) > last);
  }

  SimState state(int id) {
    return server(id).alive().orElseThrow().state();
  }

  /** What a server knows of itself. */
  GroupStatus status(int id) {
    return server(id).alive().orElseThrow().status();
  }

  // ---- what went over the wire

  /** Messages sent so far; a call of the course is two of them. */
  long messages() {
    return messages;
  }

  long bytes() {
    return bytes;
  }
}
