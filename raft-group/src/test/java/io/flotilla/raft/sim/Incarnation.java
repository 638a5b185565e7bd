package io.flotilla.raft.sim;

import io.flotilla.raft.core.Answer;
import io.flotilla.raft.core.Effects;
import io.flotilla.raft.core.Entry;
import io.flotilla.raft.core.Envelope;
import io.flotilla.raft.core.GroupStatus;
import io.flotilla.raft.core.Input;
import io.flotilla.raft.core.LogReader;
import io.flotilla.raft.core.Membership;
import io.flotilla.raft.core.Position;
import io.flotilla.raft.core.RaftCore;
import io.flotilla.raft.core.RaftEvent;
import io.flotilla.raft.core.RaftMessage;
import io.flotilla.raft.core.Recovered;
import io.flotilla.raft.core.ReplicaId;
import io.flotilla.raft.history.Outcome;
import java.util.ArrayDeque;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * One life of a replica, from start to crash: the real core, and around it what {@link Effects}
 * asks of its host, no more and in no better order than it asks. One thread.
 */
final class Incarnation implements LogReader {
  /** A snapshot that becomes the state with this batch. */
  private record Restoring(long batch, SimSnapshot snapshot) {}

  private final World world;
  private final SimReplica replica;
  private final SimNetwork<RaftMessage> network;
  private final SimLog log;
  private final RaftCore core;
  private final StepRules rules;
  private final ClientDesk desk;
  private final ArrayDeque<Effects> unspoken = new ArrayDeque<>();
  private final ArrayDeque<Runnable> unapplied = new ArrayDeque<>();
  private final ArrayDeque<Restoring> restoring = new ArrayDeque<>();
  private SimState state;
  private Optional<SimSnapshot> beside = Optional.empty();
  private boolean fetching;
  private final Set<Long> ordered = new HashSet<>();
  private long orders;
  private GroupStatus status;
  private long ledSince;
  private long batch;
  private long durableBatch;
  private boolean drainDue;
  private boolean syncing;
  private boolean applying;
  private boolean loading;
  private boolean loaded;

  Incarnation(
      World world,
      SimReplica replica,
      SimNetwork<RaftMessage> network,
      SimLog log,
      SimState state,
      Recovered recovered) {
    this.world = world;
    this.replica = replica;
    this.network = network;
    this.log = log;
    this.state = state;
    this.desk = new ClientDesk(world);
    Chance timeouts = world.chance().fork();
    this.core =
        new RaftCore(world.core(), new ReplicaId(replica.id()), recovered, this, timeouts::between);
    this.status = core.status();
    this.rules = new StepRules(world.core(), world.hosts(), replica.id());
  }

  void live(long firstTickMicros) {
    later(firstTickMicros, this::tick);
    drain();
  }

  private void later(long delayMicros, Runnable action) {
    world.clock().after(delayMicros, () -> replica.unlessGone(this, action));
  }

  private void tick() {
    step(new Input.Tick());
    later(replica.tickMicros(), this::tick);
  }

  void step(Input input) {
    GroupStatus before = status;
    core.step(input);
    status = core.status();
    world
        .trace()
        .add(
            input.getClass().getSimpleName(),
            replica.id(),
            status.term() * 31 + status.role().name().hashCode(),
            status.commitIndex() << 32 ^ status.lastIndex(),
            () -> input + " -> " + brief(status));
    rules.check(input, before, status);
    boolean leads = status.role() == GroupStatus.RoleName.LEADER;
    if (leads) {
      world.properties().leads(replica.id(), status.term());
    }
    boolean led = before.role() == GroupStatus.RoleName.LEADER && before.term() == status.term();
    world
        .properties()
        .commits(
            replica.id(),
            status.commitIndex(),
            leads || led ? status.term() : 0,
            log,
            before.membership());
    if (!drainDue) {
      drainSoon();
    }
  }

  private static String brief(GroupStatus status) {
    return status.role()
        + " term="
        + status.term()
        + " last="
        + status.lastIndex()
        + " durable="
        + status.durableIndex()
        + " commit="
        + status.commitIndex();
  }

  private void drainSoon() {
    long turn = world.chance().between(0, world.faults().pace().turnMicrosMax());
    if (turn == 0) {
      drain();
    } else {
      drainDue = true;
      later(
          turn,
          () -> {
            drainDue = false;
            drain();
          });
    }
  }

  private void drain() {
    if (!core.flush()) {
      return;
    }
    Effects effects = core.drain();
    loaded = false;
    status = core.status();
    if (effects.batch() != ++batch) {
      throw new AssertionError("EFFECTS: batch " + effects.batch() + " follows " + (batch - 1));
    }
    traceDrain(effects);
    keep(effects);
    for (RaftEvent event : effects.events()) {
      if (event instanceof RaftEvent.LeaderElected elected) {
        rules.leads(elected.term(), replica.disk().hardState());
        world.properties().elected(replica.id(), elected.term(), log);
      }
    }
    world.properties().holds(replica.id(), status.commitIndex(), log);
    rules.mayLeave(effects.beforeSync(), status);
    effects.beforeSync().forEach(this::send);
    unspoken.add(effects);
    speak();
    effects.answers().forEach(this::take);
    desk.serveReads(state);
    effects.apply().ifPresent(this::applySoon);
    effects.snapshotWanted().ifPresent(wanted -> fetch(SimReplica.number(wanted.from())));
    ledSince = status.role() == GroupStatus.RoleName.LEADER ? status.term() : 0;
    if (effects.removed()) {
      replica.destroy();
    }
  }

  private void take(Answer answer) {
    if (answer.token() >= 0) {
      desk.take(answer);
    } else if (!ordered.remove(answer.token())) {
      throw new AssertionError("ANSWERS: to nothing asked, or a second one: " + answer);
    } else if (answer instanceof Answer.SteppedDown) {
      world.counts().add(FaultKind.TRANSFER);
    }
  }

  /** As an operator asks; the numbers are none of the desk's. */
  private long order() {
    long token = -1 - orders++;
    ordered.add(token);
    return token;
  }

  /** Whether everything that it was asked has been answered, or placed in the log. */
  boolean hasAnswered() {
    return desk.hasAnswered() && ordered.isEmpty();
  }

  void changeMembers() {
    Membership target = MemberSchedule.of(world).after(status.membership());
    step(new Input.MembershipAsked(order(), target));
  }

  void handOver() {
    int to = world.chance().between(0, world.hosts());
    Optional<ReplicaId> named = to == 0 ? Optional.empty() : Optional.of(new ReplicaId(to));
    step(new Input.TransferAsked(order(), named));
  }

  private void traceDrain(Effects effects) {
    world
        .trace()
        .add(
            "drain",
            replica.id(),
            effects.append().size(),
            (long) effects.beforeSync().size() << 32 ^ effects.afterSync().size(),
            effects::toString);
  }

  private void keep(Effects effects) {
    Optional<SimSnapshot> restore = effects.restore().map(this::restore);
    restore.ifPresent(snapshot -> restoring.add(new Restoring(effects.batch(), snapshot)));
    if (!effects.append().isEmpty()) {
      boolean stillLeads =
          status.role() == GroupStatus.RoleName.LEADER && status.term() == ledSince;
      world.properties().appends(replica.id(), log, effects.append(), stillLeads ? ledSince : 0);
      log.append(effects.append());
    }
    if (effects.mustSync()) {
      replica.disk().write(effects.batch(), effects.hardState(), restore, effects.append());
      effects.hardState().ifPresent(state -> replica.keepsATerm());
      sync();
    }
  }

  private void sync() {
    if (syncing || !replica.disk().hasUnsynced()) {
      return;
    }
    syncing = true;
    long upTo = replica.disk().lastWritten();
    later(world.faults().disk().syncMicros(world.chance(), world.counts()), () -> synced(upTo));
  }

  private void synced(long upTo) {
    replica.disk().syncUpTo(upTo);
    durableBatch = upTo;
    syncing = false;
    while (!restoring.isEmpty() && restoring.peek().batch() <= upTo) {
      adoptSoon(restoring.remove().snapshot());
    }
    sync();
    speak();
    step(new Input.Synced(upTo));
  }

  /** Sends what had to wait for the disk, in order. */
  private void speak() {
    while (!unspoken.isEmpty()
        && (!unspoken.peek().mustSync() || unspoken.peek().batch() <= durableBatch)) {
      for (Envelope envelope : unspoken.remove().afterSync()) {
        send(envelope);
      }
    }
  }

  private void send(Envelope envelope) {
    RaftMessage message = envelope.message();
    SimDisk disk = replica.disk();
    Promises.check(
        status.replica(), envelope.to(), message, disk.hardState(), disk.log().lastIndex());
    int to = SimReplica.number(envelope.to());
    if (Promises.isVote(message)) {
      world.properties().voted(replica.id(), message.term(), to);
    }
    network.send(replica.id(), to, world.perhapsShorter(message));
  }

  void receive(int from, RaftMessage message) {
    step(new Input.Received(new ReplicaId(from), message));
  }

  private void applySoon(Effects.Range range) {
    if (!restoring.isEmpty()) {
      throw new AssertionError("RESTORE: " + range + " handed out before it is durable");
    }
    rules.mayApply(range, status, replica.disk().log());
    unapplied.add(() -> apply(range));
    if (!applying) {
      applyNext();
    }
  }

  private void adoptSoon(SimSnapshot snapshot) {
    rules.restored(snapshot.last().index());
    unapplied.add(() -> adopt(snapshot));
    if (!applying) {
      applyNext();
    }
  }

  private void adopt(SimSnapshot snapshot) {
    state = snapshot.state().copy();
    world.properties().applied(replica.id(), state);
    desk.restored(state.applied());
    desk.serveReads(state);
    applyNext();
  }

  private void applyNext() {
    applying = !unapplied.isEmpty();
    if (applying) {
      long lag = world.chance().between(0, world.faults().pace().applyMicrosMax());
      later(lag, this::applyOldest);
    }
  }

  private void applyOldest() {
    Runnable oldest = unapplied.poll();
    if (oldest == null) { // the log it would have come from is gone
      applying = false;
    } else {
      oldest.run();
    }
  }

  private void apply(Effects.Range range) {
    for (Entry entry : log.range(range.first(), range.last())) {
      Outcome outcome = state.apply(entry);
      desk.applied(entry, outcome);
    }
    world.properties().applied(replica.id(), state);
    if (world.chance().happens(world.faults().flush())) {
      replica.flush(state);
    }
    desk.serveReads(state);
    step(new Input.Applied(range.last()));
    applyNext();
  }

  void propose(SimCommand command, Consumer<Reply> reply) {
    long token = desk.open(command.key(), 0, reply);
    byte[] payload = command.encode(world.chance().between(0, 100));
    step(new Input.Proposed(token, payload));
  }

  /**
   * Proposes without waiting for what comes of it.
   *
   * @return where it is in this leader's log; empty if this is none
   */
  Optional<Position> start(byte[] payload) {
    long last = status.lastIndex();
    step(new Input.Proposed(desk.open(0, 0, reply -> {}), payload));
    return status.lastIndex() > last
        ? Optional.of(new Position(status.lastIndex(), status.term()))
        : Optional.empty();
  }

  void read(int key, Consumer<Reply> reply) {
    step(new Input.ReadAsked(desk.open(key, world.properties().commit(), reply)));
  }

  /**
   * Fetches a snapshot, one at a time; whoever was asked may be gone, and the offer comes again.
   */
  void fetch(int from) {
    if (!fetching) {
      fetching = true;
      later(world.fetchMicros() / 4, () -> take(replica.imageOf(from)));
    }
  }

  private void take(Optional<SimSnapshot> image) {
    later(
        world.fetchMicros(),
        () -> {
          fetching = false;
          image.ifPresent(this::offer);
        });
  }

  private void offer(SimSnapshot snapshot) {
    beside = Optional.of(snapshot);
    step(new Input.Restore(snapshot.term(), snapshot.last(), snapshot.membership()));
    drain();
    beside = Optional.empty();
  }

  /** The log begins anew, and nothing but the snapshot that was just offered can be meant. */
  private SimSnapshot restore(Effects.Restore restore) {
    SimSnapshot snapshot = beside.orElseThrow();
    if (!snapshot.last().equals(restore.last())
        || !snapshot.membership().equals(restore.membership())) {
      throw new AssertionError("RESTORE: " + restore + " when offered was " + snapshot);
    }
    world.properties().restores(replica.id(), log, restore.last());
    log.begin(restore.last());
    unapplied.clear();
    return snapshot;
  }

  /** Nothing while the state lags behind a restore that has moved the log. */
  Optional<SimSnapshot> image() {
    long applied = state.applied();
    if (applied == 0 || applied < status.firstIndex() - 1) {
      return Optional.empty();
    }
    return Optional.of(
        new SimSnapshot(
            status.term(), core.positionAt(applied), core.membershipAt(applied), state.copy()));
  }

  void truncated(Position upTo) {
    log.truncate(upTo);
    step(new Input.Truncated(upTo));
  }

  @Override
  public Optional<List<Entry>> entries(long first, long last, long maxBytes) {
    if (first <= log.truncated().index() || last > log.lastIndex()) {
      throw new AssertionError(
          "LOG READER: asked for " + first + ".." + last + " of a log up to " + log.lastIndex());
    }
    if (!loaded && world.chance().happens(world.faults().pace().cacheMiss())) {
      load();
      return Optional.empty();
    }
    return Optional.of(log.range(first, last, maxBytes));
  }

  private void load() {
    if (!loading) {
      loading = true;
      later(
          world.faults().disk().syncMicrosMax(),
          () -> {
            loading = false;
            loaded = true;
            step(new Input.Loaded());
          });
    }
  }

  GroupStatus status() {
    return status;
  }

  SimState state() {
    return state;
  }
}
