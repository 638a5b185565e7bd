package io.flotilla.raft.runtime;

import io.flotilla.raft.core.GroupId;
import io.flotilla.raft.port.NodeId;
import io.flotilla.raft.port.SnapshotFile;
import io.flotilla.raft.port.SnapshotManifest;
import io.flotilla.raft.port.SnapshotReply;
import io.flotilla.raft.port.SnapshotReply.Reason;
import io.flotilla.raft.port.SnapshotRequest;
import io.flotilla.raft.port.SnapshotStore;
import io.flotilla.raft.port.SnapshotTransport;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import java.util.zip.CRC32C;
import org.jctools.queues.MpscArrayQueue;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Serves snapshots of the groups of this node to others. One is made when the first node asks for
 * it, shared by all that ask for the same group meanwhile, and deleted when nobody has asked for
 * anything of it during its lease. How many are made or sent at once, and how many kept, is
 * bounded; whoever comes too much is told when to come back.
 *
 * <p>It reads pieces by its own thread; images are written out by the {@link #writer}'s. Which ids
 * were given out is not remembered: they are chosen by chance among 2^64, so that a question about
 * a snapshot that a former process made is never answered with another.
 */
public final class SnapshotSender implements Agent, SnapshotTransport.Server {
  private static final Logger LOG = LoggerFactory.getLogger(SnapshotSender.class);
  private static final int SERVED_PER_TURN = 16;

  private record Asked(NodeId from, SnapshotRequest request, Consumer<SnapshotReply> answer) {}

  private final SnapshotSource source;
  private final SnapshotStore store;
  private final SnapshotSendConfig config;
  private final long leaseNanos;
  private final long silenceNanos;
  private final LongSupplier nanos;
  private final RandomGenerator chance;
  private final SnapshotWriter writer;
  private final Doorbell doorbell = new Doorbell();
  private final Owner owner = new Owner();
  private final MpscArrayQueue<Asked> inbox;

  /** What other threads have done for a snapshot being made: at most one step of each. */
  private final Queue<Runnable> news = new ConcurrentLinkedQueue<>();

  private volatile boolean closed;

  // For its thread alone.
  private final Map<Long, OutgoingSnapshot> kept = new HashMap<>();
  private final Map<GroupId, OutgoingSnapshot> current = new HashMap<>();

  /**
   * @param nanos a clock that only moves forward, as {@link System#nanoTime}
   * @param chance for ids; asked by the sender's thread
   */
  public SnapshotSender(
      SnapshotSource source,
      SnapshotStore store,
      SnapshotSendConfig config,
      LongSupplier nanos,
      RandomGenerator chance) {
    this.source = source;
    this.store = store;
    this.config = config;
    this.leaseNanos = config.lease().toNanos();
    this.silenceNanos = config.silence().toNanos();
    this.nanos = nanos;
    this.chance = chance;
    this.writer = new SnapshotWriter(store);
    this.inbox = new MpscArrayQueue<>(Math.max(4, config.requestsMax()));
  }

  /** The other part that needs turns. One of its turns writes a whole image. */
  public Agent writer() {
    return writer;
  }

  @Override
  public String name() {
    return "raft-snapshot-send";
  }

  @Override
  public Doorbell doorbell() {
    return doorbell;
  }

  @Override
  public void serve(NodeId from, SnapshotRequest request, Consumer<SnapshotReply> answer) {
    if (inbox.offer(new Asked(from, request, answer))) {
      doorbell.ring();
    } else {
      answer.accept(comeBack(Reason.BUSY));
    }
  }

  // ---- for its thread

  @Override
  public int turn() {
    owner.check();
    int work = drainNews();
    work += inbox.drain(asked -> asked.answer().accept(answerTo(asked)), SERVED_PER_TURN);
    return work + endLeases(nanos.getAsLong());
  }

  @Override
  public long idleNanos() {
    long now = nanos.getAsLong();
    long next = Long.MAX_VALUE;
    for (OutgoingSnapshot snapshot : kept.values()) {
      if (!snapshot.isBeingMade()) {
        next = Math.min(next, Math.max(0, snapshot.leaseEndsNanos(leaseNanos) - now));
      }
    }
    return next;
  }

  private int drainNews() {
    int steps = 0;
    for (Runnable step = news.poll(); step != null; step = news.poll()) {
      step.run();
      steps++;
    }
    return steps;
  }

  private SnapshotReply answerTo(Asked asked) {
    long now = nanos.getAsLong();
    if (asked.request() instanceof SnapshotRequest.Describe describe) {
      return describe(asked.from(), describe, now);
    } else if (asked.request() instanceof SnapshotRequest.Read read) {
      return read(asked.from(), read, now);
    } else if (asked.request() instanceof SnapshotRequest.Release release) {
      return release(asked.from(), release, now);
    }
    throw new IllegalStateException("no answer to " + asked.request());
  }

  private SnapshotReply comeBack(Reason reason) {
    return new SnapshotReply.Refused(reason, config.retryMillis());
  }

  // ---- making and sharing

  private SnapshotReply describe(NodeId from, SnapshotRequest.Describe wish, long now) {
    OutgoingSnapshot snapshot = current.get(wish.group());
    if (snapshot != null && !serves(snapshot, wish)) {
      retire(snapshot, now);
      snapshot = null;
    }
    if (isBusyFor(from, snapshot, now) || (snapshot == null && !makeRoom(now))) {
      return comeBack(Reason.BUSY);
    }
    if (snapshot == null) {
      snapshot = begin(wish.group(), now);
    }
    snapshot.asked(from, now);
    SnapshotManifest manifest = snapshot.manifest();
    Reason failure = snapshot.failure();
    if (manifest != null) {
      return new SnapshotReply.Described(manifest);
    } else if (failure != null) {
      delete(snapshot); // The next one who asks has it tried again.
      return new SnapshotReply.Refused(failure);
    }
    return comeBack(Reason.NOT_READY);
  }

  private static boolean serves(OutgoingSnapshot snapshot, SnapshotRequest.Describe wish) {
    SnapshotManifest manifest = snapshot.manifest();
    return manifest == null
        || (snapshot.id != wish.not() && manifest.last().index() >= wish.atLeast());
  }

  private boolean isBusyFor(NodeId from, @Nullable OutgoingSnapshot wanted, long now) {
    int sends = 0;
    for (OutgoingSnapshot snapshot : kept.values()) {
      sends +=
          snapshot == wanted
              ? snapshot.othersThan(from, now, silenceNanos)
              : snapshot.wantedBy(now, silenceNanos);
    }
    return sends >= config.sendsMax();
  }

  /** Of those that nobody is being sent, the one that was longest not asked for has to go. */
  private boolean makeRoom(long now) {
    if (kept.size() < config.keptMax()) {
      return true;
    }
    Optional<OutgoingSnapshot> oldest =
        kept.values().stream()
            .filter(s -> !s.isBeingMade() && s.wantedBy(now, silenceNanos) == 0)
            .min(Comparator.comparingLong(s -> s.leaseEndsNanos(leaseNanos) - now));
    oldest.ifPresent(this::delete);
    return oldest.isPresent();
  }

  private OutgoingSnapshot begin(GroupId group, long now) {
    long id = chance.nextLong();
    while (id == 0 || kept.containsKey(id)) {
      id = chance.nextLong();
    }
    OutgoingSnapshot snapshot = new OutgoingSnapshot(id, group, now);
    kept.put(id, snapshot);
    current.put(group, snapshot);
    source
        .imageOf(group)
        .whenComplete(
            (image, failure) ->
                tell(
                    failure == null
                        ? () -> imageTaken(snapshot, image)
                        : () -> noImage(snapshot, failure)));
    return snapshot;
  }

  private void tell(Runnable step) {
    news.add(step);
    doorbell.ring();
    if (closed) {
      drainNews(); // Nobody else does any more.
    }
  }

  private void noImage(OutgoingSnapshot snapshot, Throwable failure) {
    LOG.warn("group {}: there is no image", snapshot.group, failure);
    snapshot.failed(Reason.FAILED);
  }

  private void imageTaken(OutgoingSnapshot snapshot, Optional<SnapshotSource.Image> image) {
    if (image.isEmpty()) {
      snapshot.failed(Reason.NOT_HERE);
    } else if (closed) {
      image.get().state().close();
    } else {
      writer.write(
          new SnapshotWriter.Job(
              snapshot.id,
              snapshot.group,
              image.get(),
              made -> tell(() -> made.ifPresentOrElse(snapshot::made, () -> notMade(snapshot)))));
    }
  }

  private void notMade(OutgoingSnapshot snapshot) {
    snapshot.failed(Reason.FAILED);
    deleteFiles(snapshot);
  }

  // ---- sending

  private SnapshotReply read(NodeId from, SnapshotRequest.Read wish, long now) {
    OutgoingSnapshot snapshot = kept.get(wish.snapshot());
    SnapshotManifest manifest = snapshot == null ? null : snapshot.manifest();
    if (snapshot == null || manifest == null || !isWithin(manifest, wish)) {
      return new SnapshotReply.Refused(Reason.GONE);
    }
    if (isBusyFor(from, snapshot, now)) {
      return comeBack(Reason.BUSY);
    }
    snapshot.asked(from, now);
    ByteBuffer data = ByteBuffer.allocate(wish.bytes());
    try {
      store.read(snapshot.id, manifest.files().get(wish.file()), wish.offset(), data);
    } catch (IOException e) {
      LOG.warn("{} cannot be read and is given up", manifest, e);
      delete(snapshot);
      return new SnapshotReply.Refused(Reason.GONE);
    }
    CRC32C crc = new CRC32C();
    crc.update(data.flip());
    data.rewind();
    return new SnapshotReply.Piece(
        snapshot.id, wish.file(), wish.offset(), data, (int) crc.getValue());
  }

  private static boolean isWithin(SnapshotManifest manifest, SnapshotRequest.Read wish) {
    if (wish.file() >= manifest.files().size()) {
      return false;
    }
    SnapshotFile file = manifest.files().get(wish.file());
    return wish.offset() <= file.bytes() - wish.bytes();
  }

  private SnapshotReply release(NodeId from, SnapshotRequest.Release wish, long now) {
    OutgoingSnapshot snapshot = kept.get(wish.snapshot());
    if (snapshot != null) {
      snapshot.released(from);
      deleteIfUseless(snapshot, now);
    }
    return new SnapshotReply.Released();
  }

  // ---- ends

  private void retire(OutgoingSnapshot snapshot, long now) {
    snapshot.retire();
    current.remove(snapshot.group, snapshot);
    deleteIfUseless(snapshot, now);
  }

  private void deleteIfUseless(OutgoingSnapshot snapshot, long now) {
    if (snapshot.isRetired() && snapshot.wantedBy(now, silenceNanos) == 0) {
      delete(snapshot);
    }
  }

  private int endLeases(long now) {
    List<OutgoingSnapshot> over = new ArrayList<>();
    for (OutgoingSnapshot snapshot : kept.values()) {
      if (!snapshot.isBeingMade() && now - snapshot.leaseEndsNanos(leaseNanos) >= 0) {
        over.add(snapshot);
      }
    }
    over.forEach(this::delete);
    return over.size();
  }

  private void delete(OutgoingSnapshot snapshot) {
    kept.remove(snapshot.id);
    current.remove(snapshot.group, snapshot);
    deleteFiles(snapshot);
  }

  private void deleteFiles(OutgoingSnapshot snapshot) {
    try {
      store.deleteOutgoing(snapshot.id);
    } catch (IOException e) {
      LOG.warn(
          "snapshot {} of group {} stays on the disk until the next start",
          Long.toHexString(snapshot.id),
          snapshot.group,
          e);
    }
  }

  /** After both threads have ended: what comes of images that are being taken is given back. */
  public void close() {
    owner.release();
    closed = true;
    drainNews();
    writer.close();
  }
}
