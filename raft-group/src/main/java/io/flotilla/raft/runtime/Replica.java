package io.flotilla.raft.runtime;

import io.flotilla.raft.core.Answer;
import io.flotilla.raft.core.CoreConfig;
import io.flotilla.raft.core.Effects;
import io.flotilla.raft.core.ElectionTimeouts;
import io.flotilla.raft.core.Entry;
import io.flotilla.raft.core.Envelope;
import io.flotilla.raft.core.GroupId;
import io.flotilla.raft.core.GroupStatus;
import io.flotilla.raft.core.GroupStatus.RoleName;
import io.flotilla.raft.core.Input;
import io.flotilla.raft.core.LogReader;
import io.flotilla.raft.core.Membership;
import io.flotilla.raft.core.Position;
import io.flotilla.raft.core.RaftCore;
import io.flotilla.raft.core.RaftEvent;
import io.flotilla.raft.core.Recovered;
import io.flotilla.raft.core.ReplicaId;
import io.flotilla.raft.port.ApplyRound;
import io.flotilla.raft.port.LogWrite;
import io.flotilla.raft.port.NodeId;
import io.flotilla.raft.port.RaftParcel;
import io.flotilla.raft.port.StateMachine;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * One replica's Raft state and what surrounds it, owned by its loop. What others may touch says so.
 */
final class Replica<R extends ApplyRound> implements LogReader {
  private static final int FIRST_CAMPAIGN_TICKS = 2;
  private static final int FIRST_CAMPAIGN_TICKS_MAX = 50;
  private static final long FIRST_GENERATION = 0;

  final GroupId group;
  final ReplicaId self;
  final ApplyLane<R> lane;
  final Outstanding outstanding = new Outstanding();
  final AppliedWaiters waiters;
  final Loop<R> loop;
  private final ApplyWorker<R> worker;
  private final LogFetcher fetcher;
  private final RecentEntries recent;
  private final RaftCore core;
  private final Routes routes;

  /** Any thread may raise it. */
  private final Summons.Call<Replica<R>> call = new Summons.Call<>(this);

  private final AtomicBoolean campaignAsked = new AtomicBoolean();
  private final AtomicBoolean closeAsked = new AtomicBoolean();
  private volatile GroupStatus status;
  private volatile @Nullable Throwable stoppedBecause;

  /** Written with the first batch of a new group, without which its log would be no log. */
  private @Nullable Membership creation;

  private LogFetcher.@Nullable Fetch fetch;

  /** Ticks for which this replica still tries to be the group's first leader. */
  private int firstCampaignTicks;

  private long appliedSeen;
  private long lastTicket;
  private boolean queued;

  /** What a replica starts with. */
  record Start(GroupSpec spec, Recovered recovered, boolean isNew) {}

  Replica(
      Start start,
      StateMachine<R> machine,
      Loop<R> loop,
      ApplyWorker<R> worker,
      LogFetcher fetcher,
      CoreConfig config,
      ElectionTimeouts timeouts) {
    this.group = start.spec().id();
    this.self = start.spec().self();
    this.loop = loop;
    this.worker = worker;
    this.fetcher = fetcher;
    this.lane = worker.lane(group, machine, this::summonLoop);
    this.waiters = new AppliedWaiters(lane::applied);
    this.recent = new RecentEntries(loop.entryBudget, start.recovered().lastIndex());
    this.appliedSeen = lane.applied();
    this.creation = start.isNew() ? start.spec().initial() : null;
    this.core = new RaftCore(config, self, start.recovered(), this, timeouts);
    this.status = core.status();
    this.routes = new Routes(status.membership());
    this.firstCampaignTicks =
        start.isNew() && start.spec().campaignFirst() ? FIRST_CAMPAIGN_TICKS_MAX : 0;
    this.campaignAsked.set(firstCampaignTicks > 0);
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

  void askToClose() {
    closeAsked.set(true);
    summonLoop();
  }

  boolean isOverloaded() {
    return !lane.hasRoom();
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

  void tick() {
    core.step(new Input.Tick());
    if (firstCampaignTicks > 0) {
      insistOnFirstCampaign();
    }
  }

  /** The peers of a new group may not have opened it when they are asked first. */
  private void insistOnFirstCampaign() {
    boolean waits = status.role() == RoleName.FOLLOWER || status.role() == RoleName.PRE_CANDIDATE;
    if (!waits || status.leader().isPresent() || status.term() > 1) {
      firstCampaignTicks = 0;
    } else if (--firstCampaignTicks % FIRST_CAMPAIGN_TICKS == 0) {
      core.step(new Input.Campaign());
    }
  }

  void receive(RaftParcel parcel) {
    routes.learn(parcel.from(), parcel.fromNode());
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
      outstanding.completeReads(applied);
      waiters.reached(applied);
    }
    if (fetch != null && fetch.deliver(recent)) {
      core.step(new Input.Loaded());
    }
    if (campaignAsked.getAndSet(false)) {
      core.step(new Input.Campaign());
    }
  }

  /** Whether there is anything to drain. */
  boolean leaveQueue() {
    queued = false;
    boolean hasEffects = core.hasEffects();
    recent.offered();
    return hasEffects;
  }

  Effects drain(long ticket) {
    Effects effects = core.drain();
    if (!effects.append().isEmpty()) {
      recent.append(effects.append(), ticket);
    }
    if (effects.mustSync()) {
      lastTicket = ticket;
    }
    return effects;
  }

  long lastTicket() {
    return lastTicket;
  }

  long lastIndex() {
    return recent.last();
  }

  LogWrite logWrite(Effects effects) {
    Optional<LogWrite.Cut> first =
        Optional.ofNullable(creation)
            .map(initial -> new LogWrite.Base(self, Position.ZERO, initial, FIRST_GENERATION));
    creation = null;
    return new LogWrite(group, effects.hardState(), effects.append(), first);
  }

  /** Everything of a drain that stays on this node. */
  void takeHome(Effects effects, RaftListener listener) {
    for (Answer answer : effects.answers()) {
      outstanding.take(answer, appliedSeen);
    }
    effects.apply().ifPresent(this::handOver);
    GroupStatus now = core.status();
    if (!now.membership().equals(status.membership())) {
      routes.update(now.membership());
    }
    status = now;
    outstanding.afterTurn(now);
    for (RaftEvent event : effects.events()) {
      listener.happened(group, self, event);
    }
  }

  private void handOver(Effects.Range range) {
    List<Entry> entries = lane.hasRoom() ? recent.getAll(range.first(), range.last()) : List.of();
    lane.push(range.first(), range.last(), entries, outstanding.handOver(range.last()));
    worker.summons.raise(lane.call);
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
  }

  /** It will be stepped no more; nobody gets an answer from it. */
  void stop(@Nullable Throwable cause) {
    stoppedBecause = cause == null ? new IllegalStateException("closed") : cause;
    outstanding.failAll("the replica stopped");
    waiters.close();
    recent.clear();
    lane.close();
    worker.summons.raise(lane.call);
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
