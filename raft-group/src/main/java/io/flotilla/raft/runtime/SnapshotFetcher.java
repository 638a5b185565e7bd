package io.flotilla.raft.runtime;

import io.flotilla.raft.core.GroupId;
import io.flotilla.raft.core.ReplicaId;
import io.flotilla.raft.port.NodeId;
import io.flotilla.raft.port.SnapshotManifest;
import io.flotilla.raft.port.SnapshotReply;
import io.flotilla.raft.port.SnapshotRequest;
import io.flotilla.raft.port.SnapshotStore;
import io.flotilla.raft.port.SnapshotTransport;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import org.jctools.queues.MpscArrayQueue;

/**
 * Fetches the snapshots that groups of this node lack: few at once, below one rate, resumed after
 * failures, given up after too many. Nobody is told of that: whoever leads the group offers one
 * again. Writes by its own thread what others send.
 */
public final class SnapshotFetcher implements Agent {
  private static final int ANSWERS_PER_TURN = 64;

  private record Answer(SnapshotFetch fetch, long question, SnapshotReply reply) {}

  final SnapshotFetchConfig config;
  final SnapshotStore store;
  final RateLimit rate;
  final RandomGenerator chance;
  private final SnapshotTransport transport;
  private final SnapshotInstaller installer;
  private final LongSupplier nanos;
  private final Doorbell doorbell = new Doorbell();
  private final Owner owner = new Owner();

  /** What each group wants, by any thread; a group is called out once for each. */
  private final Map<GroupId, SnapshotFetch.Wish> wishes = new ConcurrentHashMap<>();

  private final Queue<GroupId> called = new ConcurrentLinkedQueue<>();

  /** One for each snapshot that was handed over, and one for each group that was forgotten. */
  private final Queue<Runnable> ends = new ConcurrentLinkedQueue<>();

  /** What finds no room is lost, as on the network. */
  private final MpscArrayQueue<Answer> answers;

  private final Map<GroupId, SnapshotProgress> coming = new ConcurrentHashMap<>();

  // For its thread alone.
  private final Set<GroupId> waiting = new LinkedHashSet<>();
  private final Map<GroupId, SnapshotFetch> active = new LinkedHashMap<>();
  private long lastQuestion;

  /**
   * @param nanos a clock that only moves forward, as {@link System#nanoTime}
   * @param chance for backoff; asked by the fetcher's thread
   */
  public SnapshotFetcher(
      SnapshotTransport transport,
      SnapshotStore store,
      SnapshotInstaller installer,
      SnapshotFetchConfig config,
      LongSupplier nanos,
      RandomGenerator chance) {
    this.transport = transport;
    this.store = store;
    this.installer = installer;
    this.config = config;
    this.nanos = nanos;
    this.chance = chance;
    this.rate = new RateLimit(config.bytesPerSecond(), nanos.getAsLong());
    this.answers = new MpscArrayQueue<>(4 * config.fetchesMax() * (config.window() + 1));
  }

  @Override
  public String name() {
    return "raft-snapshot-fetch";
  }

  @Override
  public Doorbell doorbell() {
    return doorbell;
  }

  // ---- for any thread

  /**
   * Wants a snapshot of a group. Takes the place of what the group wanted before and has not begun;
   * one that is being fetched goes on as long as nothing fails. Does not block.
   *
   * @param by the group's replica here
   * @param atLeast the index of the last entry that must be in it
   */
  public void want(GroupId group, ReplicaId by, NodeId from, long atLeast) {
    if (wishes.put(group, new SnapshotFetch.Wish(by, from, atLeast)) == null) {
      called.add(group);
    }
    doorbell.ring();
  }

  /**
   * Wants it no more: the group is closed, or has caught up by itself. What was handed over already
   * stays until it is closed. Does not block.
   */
  public void forget(GroupId group) {
    wishes.remove(group);
    end(() -> forgetNow(group));
  }

  private void end(Runnable step) {
    ends.add(step);
    doorbell.ring();
  }

  /** How far the one is that is on its way, or being installed; nothing if none is. */
  Optional<SnapshotProgress> progress(GroupId group) {
    return Optional.ofNullable(coming.get(group));
  }

  // ---- for its thread

  @Override
  public int turn() {
    owner.check();
    long now = nanos.getAsLong();
    int work = 0;
    for (Runnable end = ends.poll(); end != null; end = ends.poll()) {
      end.run();
      work++;
    }
    work += answers.drain(answer -> take(answer, now), ANSWERS_PER_TURN);
    work += begin(now);
    for (SnapshotFetch fetch : inTurn()) {
      turnToAnother(fetch, now);
      work += fetch.advance(now);
    }
    active.values().removeIf(SnapshotFetch::isOver);
    return work;
  }

  @Override
  public long idleNanos() {
    long now = nanos.getAsLong();
    long idle = Long.MAX_VALUE;
    for (SnapshotFetch fetch : active.values()) {
      idle = Math.min(idle, fetch.idleNanos(now));
    }
    return idle;
  }

  /** Who asks first takes of the rate what there is; so that is another one each time. */
  private List<SnapshotFetch> inTurn() {
    List<SnapshotFetch> fetches = new ArrayList<>(active.values());
    if (fetches.size() > 1) {
      Collections.rotate(fetches, (int) (lastQuestion % fetches.size()));
    }
    return fetches;
  }

  private void take(Answer answer, long now) {
    answer.fetch().answered(answer.question(), answer.reply(), now);
  }

  /** First come, first served, but one at a time for a group. */
  private int begin(long now) {
    for (GroupId group = called.poll(); group != null; group = called.poll()) {
      waiting.add(group);
    }
    int begun = 0;
    Iterator<GroupId> next = waiting.iterator();
    while (active.size() < config.fetchesMax() && next.hasNext()) {
      GroupId group = next.next();
      if (!active.containsKey(group)) {
        next.remove();
        SnapshotFetch.Wish wish = wishes.remove(group);
        if (wish != null) {
          active.put(group, new SnapshotFetch(group, wish, this, now));
          begun++;
        }
      }
    }
    return begun;
  }

  /** When one source fails and the group has been offered another. */
  private void turnToAnother(SnapshotFetch fetch, long now) {
    SnapshotFetch.Wish other = wishes.get(fetch.group);
    if (other != null && fetch.wouldRatherAsk(other) && wishes.remove(fetch.group, other)) {
      fetch.ask(other, now);
    }
  }

  void tell(GroupId group, SnapshotProgress progress) {
    coming.put(group, progress);
  }

  void tellNothing(GroupId group) {
    coming.remove(group);
  }

  long nextQuestion() {
    return ++lastQuestion;
  }

  void ask(SnapshotFetch fetch, long question, NodeId node, SnapshotRequest request) {
    transport.ask(
        node,
        request,
        reply -> {
          answers.offer(new Answer(fetch, question, reply));
          doorbell.ring();
        });
  }

  /** Whether it arrives matters little: there is the lease. */
  void release(NodeId node, long snapshot) {
    transport.ask(node, new SnapshotRequest.Release(snapshot), reply -> {});
  }

  void fetched(SnapshotFetch fetch, SnapshotManifest manifest, Path directory) {
    installer.fetched(
        new FetchedSnapshot(
            fetch.wantedBy(), manifest, directory, () -> end(() -> installed(fetch))));
  }

  private void installed(SnapshotFetch fetch) {
    SnapshotFetch.Wish other = wishes.get(fetch.group);
    if (other != null && fetch.covers(other)) {
      wishes.remove(fetch.group, other);
    }
    fetch.end();
    active.remove(fetch.group, fetch);
  }

  private void forgetNow(GroupId group) {
    waiting.remove(group);
    SnapshotFetch fetch = active.get(group);
    if (fetch != null && !fetch.isHandedOver()) {
      fetch.end();
      active.remove(group);
    }
  }

  /** After its thread has ended. What was handed over is deleted with the next start. */
  public void close() {
    owner.release();
    for (SnapshotFetch fetch : new ArrayList<>(active.values())) {
      if (!fetch.isHandedOver()) {
        fetch.end();
      }
    }
    active.clear();
  }
}
