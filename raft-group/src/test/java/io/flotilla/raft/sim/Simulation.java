package io.flotilla.raft.sim;

import io.flotilla.raft.core.Entry;
import io.flotilla.raft.core.GroupStatus;
import io.flotilla.raft.core.RaftMessage;
import io.flotilla.raft.core.ReplicaId;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * One run of one group: the real {@code raft.core} in simulated replicas, clients at work, faults
 * as the seed wills; then everything heals and must converge. One thread; the same seed and size
 * give the same run.
 */
public final class Simulation implements SimRun {
  /**
   * What a run was like.
   *
   * @param histories of clients that were found linearizable
   * @param traceHash equal for equal runs
   */
  public record Outcome(
      long seed,
      int replicas,
      long simulatedMicros,
      long events,
      long answered,
      long committed,
      long terms,
      long histories,
      FaultCounts faults,
      long traceHash) {}

  private static final int CLIENTS = 4;

  /** Each shared by clients of both kinds. */
  private static final int SESSIONS = 2;

  /**
   * Rounds of elections that may fail in a healed world. Each fails with a chance well below one
   * half, as timeouts are drawn anew.
   */
  private static final int ELECTION_ROUNDS = 20;

  /** For the logs of all to be made equal once there is a leader, in ticks. */
  private static final int CATCH_UP_TICKS = 400;

  /** Replicas that may join. */
  private static final int SPARES = 3;

  private final long seed;
  private final int voters;
  private final World world;
  private boolean clientsAlone;
  private final SimNetwork<RaftMessage> network;
  private final List<SimReplica> replicas;
  private final FaultSchedule schedule;
  private final ClientRecord record = new ClientRecord();
  private final List<SimSession> sessions =
      IntStream.rangeClosed(1, SESSIONS).mapToObj(SimSession::new).toList();
  private final List<SimClient> clients;

  private Simulation(long seed, int size, boolean readableTrace) {
    this.seed = seed;
    Chance chance = new Chance(seed * 31 + size);
    Faults faults = Faults.draw(chance);
    int spares = faults.process().changeEvery() > 0 ? SPARES : 0;
    this.voters = size;
    this.world = new World(chance, faults, size, size + spares, readableTrace);
    this.network =
        new SimNetwork<>(
            world.clock(), chance.fork(), size + spares, world.faults().network(), this::deliver);
    network.countIn(world.counts());
    this.replicas = SimReplica.listOf(world);
    this.schedule = RaftFaults.ofReplicas(world, network, replicas);
    this.clients = IntStream.rangeClosed(1, CLIENTS).mapToObj(this::client).toList();
    world
        .properties()
        .onCommit(
            entry -> {
              if (entry.kind() == Entry.Kind.COMMAND) {
                record.done(SimCommand.decode(entry.payload()));
              } else if (entry.kind() == Entry.Kind.MEMBERSHIP) {
                world.counts().add(FaultKind.MEMBERSHIP);
              }
            });
  }

  private SimClient client(int id) {
    SimClient.Kind kind = id > CLIENTS / 2 ? SimClient.Kind.LOYAL : SimClient.Kind.ROVING;
    SimSession session = sessions.get(id % SESSIONS);
    return new SimClient(world, world.properties(), replicas, record, session, kind);
  }

  public static Simulation of(long seed, int replicas) {
    return new Simulation(seed, replicas, false);
  }

  @Override
  public Simulation readable() {
    Simulation again = new Simulation(seed, voters, true);
    return clientsAlone ? again.judgedByClientsAlone() : again;
  }

  /** A run that has not begun yet, in which no other judge looks at reads. */
  Simulation judgedByClientsAlone() {
    clientsAlone = true;
    world.letClientsAloneJudgeReads();
    return this;
  }

  private void deliver(int from, int to, RaftMessage message) {
    replicas.get(to - 1).receive(from, message);
  }

  @Override
  public Outcome run() {
    replicas.forEach(replica -> replica.connect(network, id -> replicas.get(id - 1).image()));
    replicas.forEach(SimReplica::start);
    clients.forEach(SimClient::start);
    schedule.start();
    world.clock().runUntil(world.ticks(Faults.FAULT_TICKS), () -> false);
    heal();
    clientsGoOn();
    clients.forEach(SimClient::stop);
    within("everybody has the same log and state", this::converged);
    long answered = record.answered();
    checkFinalState();
    world.counts().add(FaultKind.RESTORE, world.properties().restored());
    return new Outcome(
        seed,
        voters,
        world.clock().nowMicros(),
        world.clock().happened(),
        answered,
        world.properties().commit(),
        replicas.stream().mapToLong(replica -> replica.disk().hardState().term()).max().orElse(0),
        1,
        world.counts(),
        world.trace().hash());
  }

  private void heal() {
    world.trace().add("heal", 0, 0, 0, () -> "");
    world.heal();
    network.faults(world.faults().network());
    schedule.stop();
  }

  private void clientsGoOn() {
    long[] before = clients.stream().mapToLong(SimClient::finished).toArray();
    within(
        "every client's operation ends, and two more",
        () ->
            IntStream.range(0, before.length)
                .allMatch(i -> clients.get(i).finished() >= before[i] + 3));
  }

  private void within(String what, BooleanSupplier holds) {
    long electionTicks = 2L * world.core().electionTicks() * ELECTION_ROUNDS;
    long bound =
        world.ticks(electionTicks + CATCH_UP_TICKS) * world.faults().slowestTickPercent() / 100;
    if (!world.clock().runUntil(world.clock().nowMicros() + bound, holds)) {
      StringBuilder text = new StringBuilder("LIVENESS: not within " + bound + " us: " + what);
      for (SimReplica replica : replicas) {
        text.append("\n  ").append(replica.alive().map(Incarnation::status));
      }
      throw new AssertionError(text.toString());
    }
  }

  /**
   * All members, that is: whoever has left, or has not joined, is of no account; but nobody forgets
   * what he was asked.
   */
  private boolean converged() {
    if (replicas.stream().filter(SimReplica::leads).count() != 1) {
      return false;
    }
    GroupStatus leader = leader();
    return clients.stream().allMatch(SimClient::idle)
        && replicas.stream()
            .flatMap(replica -> replica.alive().stream())
            .allMatch(Incarnation::hasAnswered)
        && !leader.membership().isJoint()
        && members(leader).allMatch(member -> sameAs(leader, member));
  }

  private GroupStatus leader() {
    return replicas.stream()
        .filter(SimReplica::leads)
        .map(leader -> leader.alive().orElseThrow().status())
        .findFirst()
        .orElseThrow();
  }

  private Stream<Incarnation> members(GroupStatus status) {
    return replicas.stream()
        .filter(one -> MembershipRules.holds(status.membership(), new ReplicaId(one.id())))
        .map(one -> one.alive().orElseThrow());
  }

  private static boolean sameAs(GroupStatus first, Incarnation one) {
    GroupStatus status = one.status();
    return status.term() == first.term()
        && status.leader().isPresent()
        && status.leader().equals(first.leader())
        && status.commitIndex() == first.lastIndex()
        && status.lastIndex() == first.lastIndex()
        && one.state().applied() == first.lastIndex();
  }

  private void checkFinalState() {
    List<SimState> states = new ArrayList<>();
    for (Incarnation member : members(leader()).toList()) {
      world.properties().applied(SimReplica.number(member.status().replica()), member.state());
      states.add(member.state());
    }
    record.requireLinearizable("seed-" + seed + "-of-" + voters, states);
  }

  @Override
  public Trace trace() {
    return world.trace();
  }

  @Override
  public String toString() {
    return String.format(Locale.ROOT, "seed %d of %d: %s", seed, voters, world.drawn());
  }
}
