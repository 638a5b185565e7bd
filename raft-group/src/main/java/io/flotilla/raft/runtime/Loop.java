package io.flotilla.raft.runtime;

import io.flotilla.raft.core.Effects;
import io.flotilla.raft.core.GroupId;
import io.flotilla.raft.core.Refusal;
import io.flotilla.raft.port.ApplyRound;
import io.flotilla.raft.port.LogStore;
import io.flotilla.raft.port.LogWrite;
import io.flotilla.raft.port.NodeId;
import io.flotilla.raft.port.RaftParcel;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Owns the Raft state of its groups. Others reach it by the two bounded inboxes, by raising a
 * group's call, and by the sync queue's number; all else is touched by its thread alone.
 */
final class Loop<R extends ApplyRound> implements Agent {
  private static final Logger LOG = LoggerFactory.getLogger(Loop.class);

  /**
   * Halves of an election timeout that a disk may take for one write before its node stops to lead
   * and to stand for election. At the usual timeout of 1 s, 3 s are no reason to move all leaders;
   * 3.5 s are.
   */
  private static final int DISK_PATIENCE = 7;

  final NodeId node;
  final Summons<Replica<R>> summons;
  final EntryBudget entryBudget;
  private final String name;
  private final RuntimePorts<R> ports;
  private final LogStore log;
  private final DiskWatch disk;
  private final int diskTicksMax;
  private final RuntimeLimits limits;
  private final long tickNanos;
  private final long gatherNanos;
  private final Doorbell doorbell = new Doorbell();

  /** Heard instead of the other while it gathers: those who bring work need not wake it then. */
  private final Doorbell diskBell = new Doorbell();

  private final Owner owner = new Owner();
  final Inbox<RaftParcel> parcels;
  final Inbox<Request> requests;
  private final Map<GroupId, Replica<R>> hosted = new HashMap<>();
  private final Deque<Replica<R>> touched = new ArrayDeque<>();
  private final SyncQueue syncs = new SyncQueue();
  private List<LogWrite> writes = new ArrayList<>();
  private List<SyncQueue.Waiting> waiting = new ArrayList<>();
  private List<Replica<?>> removed = new ArrayList<>(0);
  private List<RaftParcel> outgoing = new ArrayList<>();
  private long nextTickNanos;
  private long gathersUntilNanos;
  private boolean gathering;
  private boolean diskHangs;
  private long lastToken;

  /** Its thread has ended: nobody looks into the inbox any more but who puts something there. */
  private volatile boolean over;

  Loop(String name, RuntimeConfig config, RuntimePorts<R> ports) {
    this.name = name;
    this.node = config.self();
    this.ports = ports;
    this.log = ports.log();
    this.disk = new DiskWatch(log);
    this.diskTicksMax = DISK_PATIENCE * config.core().electionTicks() / 2;
    this.limits = config.limits();
    this.tickNanos = config.tick().toNanos();
    this.gatherNanos = config.gather().toNanos();
    this.summons = new Summons<>(doorbell);
    this.entryBudget = new EntryBudget(limits.cacheBytes() / config.loops());
    RuntimeLimits.Inboxes inboxes = limits.inboxes();
    this.parcels = new Inbox<>(inboxes.parcels(), inboxes.bytes(), RaftParcel::weight);
    this.requests = new Inbox<>(inboxes.requests(), inboxes.bytes(), Request::weight);
    this.nextTickNanos = ports.nanos().getAsLong() + tickNanos;
  }

  // ---- for any thread

  @Override
  public String name() {
    return name;
  }

  void ring() {
    doorbell.ring();
  }

  /** False if the inbox is full. Who offered rings when all is offered. */
  boolean offer(RaftParcel parcel) {
    return parcels.offer(parcel);
  }

  boolean offer(Request request) {
    boolean taken = requests.offer(request);
    doorbell.ring(); // with a fence: who closed before sees the request, or this sees that he did
    if (over) {
      refuseRequests();
    }
    return taken;
  }

  // ---- for its thread

  @Override
  public Doorbell doorbell() {
    return gathering ? diskBell : doorbell;
  }

  /**
   * One turn over the groups that have work. What must wait for the disk is sent in the turn after
   * {@link LogStore#append} called back, by {@link #speak}; what may leave at once leaves while the
   * disk is at work. What comes in while a hand-over is at the disk is gathered for one turn.
   */
  @Override
  public int turn() {
    owner.check();
    int work = syncs.takeDurable(this::speak, outgoing);
    gathering = syncs.isWaiting() && gathersUntilNanos - ports.nanos().getAsLong() > 0;
    if (!gathering) {
      work += summons.takeAll(this::attend);
      if (!isLogFarBehind()) {
        work += parcels.drain(this::deliver, limits.inboxes().parcelsPerTurn());
        work += requests.drain(this::ask, limits.inboxes().requestsPerTurn());
      }
    }
    work += tickIfDue();
    while (!touched.isEmpty()) {
      drain(touched.remove());
    }
    keep();
    send();
    return work;
  }

  @Override
  public long idleNanos() {
    long now = ports.nanos().getAsLong();
    long idle = nextTickNanos - now;
    return Math.max(0, gathering ? Math.min(idle, gathersUntilNanos - now) : idle);
  }

  /**
   * A disk that does not keep up must not be piled on: messages are lost, and leadership with it.
   */
  private boolean isLogFarBehind() {
    return log.backlogBytes() > 2 * limits.logBacklogBytesMax();
  }

  /**
   * Whether the disk has been at one write for so long that this node must not lead: nothing that
   * it asks for, votes or acknowledges gets out. As of the last tick.
   */
  boolean diskHangs() {
    return diskHangs;
  }

  private void lookAtDisk() {
    boolean hangs = disk.look() >= diskTicksMax;
    if (hangs && !diskHangs) {
      LOG.warn("{}: the log's disk hangs; leaderships are handed over", name);
    } else if (diskHangs && !hangs) {
      LOG.info("{}: the log's disk gets on again", name);
    }
    diskHangs = hangs;
  }

  void imaged(GroupId group, long index) {
    ports.listener().imaged(group, index);
  }

  long retainedBytes(GroupId group) {
    return log.retainedBytes(group);
  }

  boolean isDurable(long ticket) {
    return syncs.isDurable(ticket);
  }

  private void speak(long ticket, SyncQueue.Waiting group) {
    @SuppressWarnings("unchecked") // all replicas of this loop have one kind of round
    Replica<R> replica = (Replica<R>) group.replica();
    if (replica.takesPart()) {
      outgoing.addAll(group.afterSync());
      with(replica, r -> r.durable(ticket, group));
    }
  }

  /** A group has something new for its loop: see {@link Replica#attend}. */
  private void attend(Replica<R> replica) {
    if (replica.isClosing()) {
      hosted.remove(replica.group, replica);
      if (replica.takesPart()) {
        replica.stop(null);
      }
    } else {
      host(replica);
      with(replica, Replica::attend);
    }
  }

  /** Who has stopped may still call: its place may be another one's by now. */
  private void host(Replica<R> replica) {
    if (replica.takesPart()) {
      hosted.putIfAbsent(replica.group, replica);
    }
  }

  /** What asks for nothing to be kept leaves with this turn. */
  void say(List<RaftParcel> some) {
    outgoing.addAll(some);
  }

  private void deliver(RaftParcel parcel) {
    Replica<R> replica = hosted.get(parcel.group());
    if (replica != null && replica.self.equals(parcel.to())) {
      with(replica, r -> r.receive(parcel));
    }
  }

  void ask(Request request) {
    @SuppressWarnings("unchecked") // as above
    Replica<R> replica = (Replica<R>) request.replica;
    if (!replica.takesPart()) {
      request.refuseAsClosed();
      return;
    }
    if (request instanceof Request.ReadBarrier && replica.isStuck()) {
      request.refuse(new Refusal.Overloaded());
      return;
    }
    long token = ++lastToken;
    replica.outstanding.ask(token, request);
    with(replica, r -> r.step(request.input(token)));
  }

  private int tickIfDue() {
    long now = ports.nanos().getAsLong();
    if (now - nextTickNanos < 0) {
      return 0;
    }
    nextTickNanos += tickNanos;
    if (now - nextTickNanos >= 0) {
      nextTickNanos = now + tickNanos; // after a pause time goes on; it is not caught up with
    }
    lookAtDisk();
    for (Replica<R> replica : hosted.values()) {
      with(replica, Replica::tick);
    }
    return 1;
  }

  /** Lets a group do something; what comes of it is seen when the turn has touched all groups. */
  private void with(Replica<R> replica, Consumer<Replica<R>> deed) {
    if (!replica.takesPart()) {
      return;
    }
    try {
      deed.accept(replica);
      if (replica.queue()) {
        touched.add(replica);
      }
    } catch (RuntimeException e) {
      stop(replica, e);
    }
  }

  private void drain(Replica<R> replica) {
    if (!replica.takesPart()) {
      return;
    }
    try {
      if (!replica.leaveQueue()) {
        return;
      }
      Effects effects = replica.drain(syncs.nextTicket());
      outgoing.addAll(replica.address(effects.beforeSync()));
      if (effects.removed()) {
        replica.takeHome(effects, ports.listener());
        destroy(replica);
        return;
      }
      List<RaftParcel> afterSync = replica.address(effects.afterSync());
      if (replica.mustWrite(effects)) {
        LogWrite write = replica.logWrite(effects);
        writes.add(write);
        write.cut().ifPresent(cut -> tell(replica, cut));
      }
      if (effects.mustSync()) {
        waiting.add(
            new SyncQueue.Waiting(replica, effects.batch(), replica.lastIndex(), afterSync));
      } else if (syncs.isDurable(replica.lastTicket())) {
        outgoing.addAll(afterSync);
      } else if (!afterSync.isEmpty()) {
        syncs.afterAllSoFar(replica, afterSync);
      }
      replica.takeHome(effects, ports.listener());
    } catch (RuntimeException e) {
      stop(replica, e);
    }
  }

  private void tell(Replica<R> replica, LogWrite.Cut cut) {
    GroupId group = replica.group;
    if (cut instanceof LogWrite.Truncation truncation) {
      ports.listener().cut(group, truncation.upTo().index());
    } else if (cut instanceof LogWrite.Base base && replica.isRestoring()) {
      LOG.info("group {} goes on from a snapshot up to {}", group, base.at());
      ports.listener().restored(group, base.at().index());
    }
  }

  /** Its group has removed it: nothing of what it would still keep or say is worth anything. */
  private void destroy(Replica<R> replica) {
    LOG.info("replica {} of group {} was removed", replica.self, replica.group);
    writes.add(LogWrite.destroy(replica.group, replica.self));
    removed.add(replica);
    hosted.remove(replica.group, replica);
    replica.stop(
        new ReplicaLostException("replica " + replica.self + " was removed from its group"));
  }

  /** One hand-over, and so at most one sync, for all groups that this turn touched. */
  private void keep() {
    if (writes.isEmpty()) {
      return;
    }
    int entries = 0;
    for (LogWrite write : writes) {
      entries += write.entries().size();
    }
    ports.listener().appended(writes.size(), entries);
    long ticket = syncs.add(waiting, removed);
    gathersUntilNanos = ports.nanos().getAsLong() + gatherNanos;
    log.append(
        writes,
        () -> {
          syncs.durable(ticket);
          diskBell.ring();
          doorbell.ring();
        });
    writes = new ArrayList<>();
    waiting = new ArrayList<>();
    removed = new ArrayList<>(0);
  }

  private void send() {
    if (!outgoing.isEmpty()) {
      ports.transport().send(outgoing);
      outgoing = new ArrayList<>();
    }
  }

  /** The replica takes no further part: it must not speak of what it may have got wrong. */
  void stop(Replica<R> replica, Throwable cause) {
    replica.stop(cause);
    ports.listener().stopped(replica.group, replica.self, cause);
  }

  /** After its thread has ended: nobody is left waiting. */
  void close() {
    owner.release();
    over = true;
    refuseRequests();
    summons.takeAll(this::host);
    for (Replica<R> replica : hosted.values()) {
      if (replica.takesPart()) {
        replica.stop(null);
      }
    }
    hosted.clear();
  }

  /**
   * Certainly not begun: what the loop has taken is not here any more. One at a time, because who
   * closes and all who still offer may be here at once, and only one may take from an inbox.
   */
  private synchronized void refuseRequests() {
    @Nullable Request request;
    while ((request = requests.poll()) != null) {
      request.refuseAsClosed();
    }
  }
}
