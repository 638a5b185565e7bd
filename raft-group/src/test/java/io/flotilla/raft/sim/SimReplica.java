package io.flotilla.raft.sim;

import io.flotilla.raft.core.GroupStatus;
import io.flotilla.raft.core.Input;
import io.flotilla.raft.core.Position;
import io.flotilla.raft.core.RaftMessage;
import io.flotilla.raft.core.Recovered;
import io.flotilla.raft.core.ReplicaId;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.IntFunction;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/** What outlives a crash of one replica, and its power switch. One thread. */
final class SimReplica implements RaftVictim, Door {
  private final World world;
  private final int id;
  private final long tickMicros;
  private final long firstTickMicros;
  private final SimDisk disk = new SimDisk(this::flush);
  private final ArrayDeque<Runnable> missed = new ArrayDeque<>();
  private SimState flushed = new SimState();
  private @Nullable Incarnation alive;
  private @Nullable SimNetwork<RaftMessage> network;
  private IntFunction<Optional<SimSnapshot>> images = other -> Optional.empty();
  private boolean paused;
  private boolean destroyed;
  private Runnable onNextTerm = () -> {};

  SimReplica(World world, int id) {
    this.world = world;
    this.id = id;
    Faults.Pace pace = world.faults().pace();
    double skew = 1 + pace.clockSkew() * (world.chance().upTo(2) - 1);
    this.tickMicros = pace.inStep() ? world.ticks(1) : (long) (world.ticks(1) * skew);
    this.firstTickMicros = pace.inStep() ? tickMicros : world.chance().between(0, tickMicros);
    world.properties().disk(id, this::durableTerm);
  }

  private long durableTerm(long index) {
    if (destroyed) {
      return -1;
    }
    SimLog log = disk.log();
    return index <= log.truncated().index() ? Long.MAX_VALUE : log.termAt(index);
  }

  void connect(SimNetwork<RaftMessage> to, IntFunction<Optional<SimSnapshot>> others) {
    network = to;
    images = others;
  }

  @Override
  public void start() {
    if (destroyed) {
      return;
    }
    world.trace().add("start", id, disk.log().lastIndex(), flushed.applied(), disk::toString);
    SimLog log = disk.log().copy();
    if (disk.hardState().term() < log.termAt(log.lastIndex())) {
      throw new AssertionError(
          "HARD STATE: replica " + id + " woke in an older term than its log's last entry");
    }
    Recovered recovered =
        new Recovered(
            disk.hardState(),
            log.truncated(),
            world.properties().members().inForceAt(log.truncated().index()),
            log.termRuns(),
            log.lastIndex(),
            log.membershipEntries(),
            flushed.applied());
    alive =
        new Incarnation(
            world, this, Objects.requireNonNull(network), log, flushed.copy(), recovered);
    alive.live(firstTickMicros);
  }

  @Override
  public void crash() {
    if (alive != null) {
      disk.crash(world.chance());
      world.trace().add("crash", id, disk.log().lastIndex(), 0, disk::toString);
      alive = null;
      paused = false;
      missed.clear();
    }
  }

  /** Removed from its group for good: nothing remains of it. */
  void destroy() {
    world.properties().members().removed(id);
    world.trace().add("destroy", id, 0, 0, () -> "");
    destroyed = true;
    alive = null;
    paused = false;
    missed.clear();
  }

  @Override
  public void whileKeepingATerm(Runnable action) {
    onNextTerm = action;
  }

  @Override
  public void pause() {
    paused = alive != null;
    world.trace().add("pause", id, 0, 0, () -> "");
  }

  @Override
  public void resume() {
    paused = false;
    world.trace().add("resume", id, missed.size(), 0, () -> missed.size() + " events late");
    while (!paused && !missed.isEmpty()) {
      missed.remove().run();
    }
  }

  /** Something happens to this incarnation: now, or when the pause ends, or never. */
  void unlessGone(Incarnation born, Runnable action) {
    if (born == alive && paused) {
      missed.add(() -> unlessGone(born, action));
    } else if (born == alive) {
      action.run();
    }
  }

  @Override
  public void request(@Nullable SimCommand write, int key, Consumer<Reply> reply) {
    if (destroyed) {
      reply.accept(new Reply.Refused(Optional.empty()));
    }
    if (alive != null) {
      Incarnation asked = alive;
      unlessGone(
          asked,
          () -> {
            if (write == null) {
              asked.read(key, reply);
            } else {
              asked.propose(write, reply);
            }
          });
    }
  }

  void receive(int from, RaftMessage message) {
    if (alive != null) {
      Incarnation addressee = alive;
      unlessGone(addressee, () -> addressee.receive(from, message));
    }
  }

  /** Cuts the log in front; its own flushed state must be past {@code index}. */
  void truncate(long index) {
    long term = disk.log().termAt(index);
    if (alive != null && term > 0) {
      disk.truncate(new Position(index, term));
      alive.truncated(new Position(index, term));
      world.counts().add(FaultKind.TRUNCATION);
    }
  }

  /** Fetches the other one's state, and restores from it, for no reason. */
  void fetch(int from) {
    if (alive != null) {
      Incarnation fetching = alive;
      unlessGone(fetching, () -> fetching.fetch(from));
    }
  }

  /** What can be fetched from it now. */
  Optional<SimSnapshot> image() {
    return alive == null || paused ? Optional.empty() : alive.image();
  }

  Optional<SimSnapshot> imageOf(int other) {
    return other == id ? Optional.empty() : images.apply(other);
  }

  /** A term or a vote has been handed to the disk. */
  void keepsATerm() {
    Runnable action = onNextTerm;
    onNextTerm = () -> {};
    world.clock().after(world.chance().between(0, world.faults().disk().syncMicrosMin()), action);
  }

  void flush(SimState state) {
    if (state.applied() < flushed.applied()) {
      throw new AssertionError(
          "STATE: replica %d at %d keeps an older state, of %d"
              .formatted(id, flushed.applied(), state.applied()));
    }
    flushed = state.copy();
  }

  /** Up to where it would not miss its log itself, even after a crash. */
  long flushedIndex() {
    return destroyed ? Long.MAX_VALUE : flushed.applied();
  }

  @Override
  public int id() {
    return id;
  }

  long tickMicros() {
    return tickMicros;
  }

  SimDisk disk() {
    return disk;
  }

  @Override
  public boolean isUp() {
    return alive != null;
  }

  @Override
  public void campaign() {
    if (alive != null) {
      Incarnation named = alive;
      unlessGone(named, () -> named.step(new Input.Campaign()));
    }
  }

  @Override
  public void changeMembers() {
    whoLeads(Incarnation::changeMembers);
  }

  @Override
  public void handOver() {
    whoLeads(Incarnation::handOver);
  }

  private void whoLeads(Consumer<Incarnation> action) {
    if (leads()) {
      Incarnation leader = Objects.requireNonNull(alive);
      unlessGone(leader, () -> action.accept(leader));
    }
  }

  Optional<Incarnation> alive() {
    return Optional.ofNullable(alive);
  }

  @Override
  public boolean leads() {
    return alive != null && alive.status().role() == GroupStatus.RoleName.LEADER;
  }

  static int number(ReplicaId replica) {
    return (int) replica.value();
  }

  static List<SimReplica> listOf(World world) {
    return LongStream.rangeClosed(1, world.hosts())
        .mapToObj(id -> new SimReplica(world, (int) id))
        .toList();
  }
}
