package io.flotilla.raft.runtime;

import io.flotilla.raft.core.Answer;
import io.flotilla.raft.core.Chance;
import io.flotilla.raft.core.Effects;
import io.flotilla.raft.core.Entry;
import io.flotilla.raft.core.Envelope;
import io.flotilla.raft.core.GroupId;
import io.flotilla.raft.core.GroupStatus;
import io.flotilla.raft.core.GroupStatus.RoleName;
import io.flotilla.raft.core.Input;
import io.flotilla.raft.core.LogReader;
import io.flotilla.raft.core.Membership.Member;
import io.flotilla.raft.core.RaftCore;
import io.flotilla.raft.core.RaftEvent;
import io.flotilla.raft.core.RaftMessage;
import io.flotilla.raft.core.Recovered;
import io.flotilla.raft.core.ReplicaId;
import io.flotilla.raft.port.ApplyRound;
import io.flotilla.raft.port.ImageException;
import io.flotilla.raft.port.LogWrite;
import io.flotilla.raft.port.NodeId;
import io.flotilla.raft.port.RaftParcel;
import io.flotilla.raft.port.SnapshotFile;
import io.flotilla.raft.port.StateMachine;
import io.flotilla.raft.port.StorageException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * One replica's Raft state and what surrounds it, owned by its loop. What others may touch says so.
 */
final class Replica<R extends ApplyRound> implements LogReader {
  final GroupId group;
  final ReplicaId self;
  final ApplyLane<R> lane;
  final Outstanding outstanding = new Outstanding();
  final AppliedWaiters waiters;
  final Loop<R> loop;

  /** Completes when the group has removed it, and its log is gone from the disk. */
  final CompletableFuture<Void> removed = new CompletableFuture<>();

  private final StateMachine<R> machine;
  private final ApplyWorker<R> worker;
  private final LogFetcher fetcher;
  private final SnapshotFetcher snapshots;
  private final StateFlusher flusher;
  private final LogCutting cutting;
  private final FirstCampaign firstCampaign;
  private final Restoration restoration;
  private final Retreat retreat = new Retreat();
  final RecentEntries recent;
  private final RaftCore core;
  private final Routes routes;

  /** Any thread may raise it. */
  private final Summons.Call<Replica<R>> call = new Summons.Call<>(this);

  /** Who is to be asked whether this replica still belongs to the group. */
  private final AtomicReference<@Nullable List<Member>> doubted = new AtomicReference<>();

  private final AtomicBoolean campaignAsked = new AtomicBoolean();
  private final AtomicBoolean dissolveAsked = new AtomicBoolean();
  private final AtomicBoolean closeAsked = new AtomicBoolean();
  private final AtomicBoolean flushAsked = new AtomicBoolean();

  private volatile GroupStatus status;

  /** Whether the state machine has come further than the status tells. */
  private boolean isStatusOld;

  private volatile @Nullable Throwable stoppedBecause;

  private LogFetcher.@Nullable Fetch fetch;

  private long appliedSeen;
  private long lastTicket;
  private boolean queued;

  /** What a replica starts with. */
  record Start(GroupSpec spec, Recovered recovered, boolean isNew) {}

  /** Who does its work. */
  record Crew<R extends ApplyRound>(
      Loop<R> loop,
      ApplyWorker<R> worker,
      LogFetcher fetcher,
      SnapshotFetcher snapshots,
      StateFlusher flusher) {}

  Replica(Start start, StateMachine<R> machine, Crew<R> crew, RuntimeConfig config, Chance chance) {
    this.group = start.spec().id();
    this.self = start.spec().self();
    this.loop = crew.loop();
    this.worker = crew.worker();
    this.fetcher = crew.fetcher();
    this.snapshots = crew.snapshots();
    this.flusher = crew.flusher();
    this.machine = machine;
    this.restoration = new Restoration(machine);
    this.cutting =
        new LogCutting(
            new LogCutter(config.limits().logRetainBytes()),
            start.isNew() ? beginningOf(start.spec()) : null);
    this.firstCampaign = new FirstCampaign(start.spec(), start.isNew());
    this.lane = worker.lane(group, machine, this::summonLoop);
    this.waiters = new AppliedWaiters(lane::applied);
    this.recent = new RecentEntries(loop.entryBudget, start.recovered().lastIndex());
    this.appliedSeen = lane.applied();
    this.core = new RaftCore(config.core(), self, start.recovered(), this, chance);
    this.status = core.status();
    this.routes = new Routes(status.membership());
    this.campaignAsked.set(firstCampaign.isUnderWay());
  }

  private static LogWrite.Cut beginningOf(GroupSpec spec) {
    return new LogWrite.Base(spec.self(), spec.begin(), spec.initial(), spec.generation());
  }

  // ---- for any thread

  GroupStatus status() {
    return status;
  }

  @Nullable Throwable stoppedBecause() {
    return stoppedBecause;
  }

  void summonLoop() {
    loop.summons.raise(call);
  }

  void askToCampaign() {
    campaignAsked.set(true);
    summonLoop();
  }

  void askIfRemoved(List<Member> members) {
    doubted.set(List.copyOf(members));
    summonLoop();
  }

  void dissolve() {
    dissolveAsked.set(true);
    summonLoop();
  }

  void askToClose() {
    closeAsked.set(true);
    summonLoop();
  }

  void askToFlush() {
    if (!flushAsked.getAndSet(true)) {
      flusher.ask(
          () -> {
            flushAsked.set(false);
            lane.askToLook();
            callWorker();
          });
    }
  }

  boolean isOverloaded() {
    return !lane.hasRoom();
  }

  private void callWorker() {
    worker.summons.raise(lane.call);
  }

  CompletionStage<Optional<SnapshotSource.Image>> image() {
    CompletionStage<Optional<SnapshotSource.Image>> image = lane.images.ask();
    callWorker();
    return image;
  }

  /** Blocks; see {@link StateMachine#load}. */
  long load(Path directory, List<SnapshotFile> files) throws StorageException, ImageException {
    return machine.load(directory, files);
  }

  /** By the loader: what was loaded may become the state. One at a time. */
  void offer(LoadedSnapshot snapshot) {
    restoration.load(snapshot);
    summonLoop();
    if (!takesPart()) {
      restoration.takeBack(); // the loop may not look here any more
    }
  }

  // ---- for the loop

  boolean isClosing() {
    return closeAsked.get();
  }

  boolean takesPart() {
    return stoppedBecause == null;
  }

  void step(Input input) {
    core.step(input);
  }

  /** Whether it was not yet in the line of those that this turn touched; it now is. */
  boolean queue() {
    boolean was = queued;
    queued = true;
    return !was;
  }

  /** For who does not lead while the disk hangs time stands still: he would ask for votes. */
  void tick() {
    if (isStuck()) {
      outstanding.refuseReads();
      return;
    }
    core.step(new Input.Tick());
    if (cutting.tick()) {
      cutIfDue();
      if (cutting.isDue(loop.retainedBytes(group))) {
        lane.askToLook();
        callWorker();
      }
    }
    if (firstCampaign.tick(status)) {
      core.step(new Input.Campaign());
    }
    if (loop.diskHangs()) {
      retreat.next(this, core.status()).ifPresent(loop::ask);
    } else {
      retreat.end();
    }
  }

  /** Whether it can neither lead nor learn anything new before the disk gets on. */
  boolean isStuck() {
    return loop.diskHangs() && status.role() != RoleName.LEADER;
  }

  void receive(RaftParcel parcel) {
    routes.learn(parcel.from(), parcel.fromNode());
    if (parcel.message() instanceof RaftMessage.TimeoutNow && loop.diskHangs()) {
      return; // whoever sent it will find another
    }
    core.step(new Input.Received(parcel.from(), parcel.message()));
  }

  /** Looks at all that others may have left here. */
  void attend() {
    Throwable broken = lane.failure();
    if (broken != null) {
      loop.stop(this, broken);
      return;
    }
    long applied = lane.applied();
    if (applied > appliedSeen) {
      appliedSeen = applied;
      core.step(new Input.Applied(applied));
      isStatusOld = true;
      outstanding.completeReads(applied);
      waiters.reached(applied);
    }
    if (lane.hasLooked()) {
      long durable = lane.durable();
      cutting.durablyApplied(durable);
      core.step(new Input.DurablyApplied(durable));
      isStatusOld = true;
      cutIfDue();
    }
    lane.images.label(core, this::callWorker).ifPresent(this::imaged);
    restoration.next().ifPresent(core::step);
    if (fetch != null && fetch.deliver(recent, core.status().firstIndex())) {
      core.step(new Input.Loaded());
    }
    if (campaignAsked.getAndSet(false) && !loop.diskHangs()) {
      core.step(new Input.Campaign());
    }
    List<Member> askable = doubted.getAndSet(null);
    if (askable != null) {
      loop.say(doubt(askable));
    }
    if (dissolveAsked.getAndSet(false)) {
      core.step(new Input.Dissolved());
    }
  }

  private List<RaftParcel> doubt(List<Member> members) {
    RaftMessage request = new RaftMessage.RemovedRequest(core.status().term());
    return members.stream()
        .filter(member -> !member.replica().equals(self))
        .map(
            member ->
                new RaftParcel(
                    loop.node, new NodeId(member.node()), group, self, member.replica(), request))
        .toList();
  }

  private void imaged(LogCutter.Image taken) {
    cutting.imaged(taken);
    loop.imaged(group, taken.index());
  }

  private void cutIfDue() {
    if (loop.isDurable(cutting.lastTicket()) && cutting.cut(core, loop.retainedBytes(group))) {
      askToFlush();
    }
  }

  /** Whether there is anything to drain. */
  boolean leaveQueue() {
    queued = false;
    boolean hasEffects = core.flush();
    recent.offered();
    if (!hasEffects && isStatusOld) {
      tell(core.status()); // one that is alone may have nothing to say for long
    }
    return hasEffects || cutting.isToBeCut() || restoration.isUndecided();
  }

  Effects drain(long ticket) {
    Effects effects = core.drain();
    tell(core.status());
    restoration.decide(effects, self, ticket).ifPresent(base -> begin(base, ticket));
    if (!effects.append().isEmpty()) {
      recent.append(effects.append(), ticket);
    }
    if (effects.mustSync()) {
      lastTicket = ticket;
    }
    cutting.drained(ticket);
    return effects;
  }

  /** Before what was drained is addressed, also to new members, and before anybody is answered. */
  private void tell(GroupStatus now) {
    if (!now.membership().equals(status.membership())) {
      routes.update(now.membership());
    }
    status = now;
    isStatusOld = false;
  }

  /** The log begins anew behind a snapshot, and with the same write the snapshot is the state. */
  private void begin(LogWrite.Base base, long ticket) {
    lane.suspend();
    recent.restart(base.at().index(), ticket);
    cutting.begin(base);
  }

  /** Whether its log begins anew behind a snapshot that is not the state yet. */
  boolean isRestoring() {
    return restoration.isAdopting();
  }

  /** Whether the log has anything to do about this drain. */
  boolean mustWrite(Effects effects) {
    return effects.mustSync() || cutting.isToBeCut();
  }

  long lastTicket() {
    return lastTicket;
  }

  long lastIndex() {
    return recent.last();
  }

  LogWrite logWrite(Effects effects) {
    return new LogWrite(group, effects.hardState(), effects.append(), cutting.take());
  }

  /** Everything of a drain that stays on this node. */
  void takeHome(Effects effects, RaftListener listener) {
    for (Answer answer : effects.answers()) {
      outstanding.take(answer, appliedSeen);
    }
    effects.apply().ifPresent(this::handOver);
    effects.snapshotWanted().ifPresent(this::want);
    outstanding.afterTurn(status, core::membershipAt);
    for (RaftEvent event : effects.events()) {
      listener.happened(group, self, event);
    }
  }

  private void want(Effects.SnapshotWanted wanted) {
    NodeId from = routes.nodeOf(wanted.from());
    if (from != null) {
      snapshots.want(group, self, from, wanted.atLeast().index());
    }
  }

  private void handOver(Effects.Range range) {
    List<Entry> entries = lane.hasRoom() ? recent.getAll(range.first(), range.last()) : List.of();
    lane.push(range.first(), range.last(), entries, outstanding.handOver(range.last()));
    callWorker();
  }

  List<RaftParcel> address(List<Envelope> envelopes) {
    List<RaftParcel> parcels = new ArrayList<>(envelopes.size());
    for (Envelope envelope : envelopes) {
      NodeId to = routes.nodeOf(envelope.to());
      if (to != null) {
        parcels.add(new RaftParcel(loop.node, to, group, self, envelope.to(), envelope.message()));
      }
    }
    return parcels;
  }

  void durable(long ticket, SyncQueue.Waiting waiting) {
    recent.durable(ticket, waiting.lastIndex());
    core.step(new Input.Synced(waiting.batch()));
    restoration.durable(ticket).ifPresent(this::adopt);
  }

  private void adopt(LoadedSnapshot snapshot) {
    lane.adopt(snapshot.generation(), snapshot.manifest().last().index(), snapshot.close());
    callWorker();
  }

  /** It will be stepped no more; nobody gets an answer from it. */
  void stop(@Nullable Throwable cause) {
    stoppedBecause = cause == null ? new IllegalStateException("closed") : cause;
    outstanding.abandonAll("the replica stopped");
    waiters.close();
    recent.clear();
    snapshots.forget(group);
    restoration.end();
    lane.close();
    callWorker();
  }

  @Override
  public Optional<List<Entry>> entries(long first, long last, long maxBytes) {
    List<Entry> found = recent.get(first, last, maxBytes);
    if (found == null) {
      if (fetch == null) {
        fetch = new LogFetcher.Fetch(group, this::summonLoop);
      }
      long onDisk = Math.min(last, recent.lastOnDisk());
      fetch.ask(fetcher, first, onDisk, maxBytes, recent.replacements());
    }
    return Optional.ofNullable(found);
  }
}
