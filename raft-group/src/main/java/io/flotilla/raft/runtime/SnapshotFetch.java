package io.flotilla.raft.runtime;

import io.flotilla.raft.core.GroupId;
import io.flotilla.raft.core.ReplicaId;
import io.flotilla.raft.port.NodeId;
import io.flotilla.raft.port.SnapshotManifest;
import io.flotilla.raft.port.SnapshotReply;
import io.flotilla.raft.port.SnapshotReply.Reason;
import io.flotilla.raft.port.SnapshotRequest;
import io.flotilla.raft.port.SnapshotStore;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The fetching of one group's snapshot, as a function of the time, of answers and of chance.
 *
 * <p>It seeks one, has its pieces sent, and resumes after failures where it was: an answer counts
 * only for the question that is open under its number, so that one which is late, repeated, or of
 * an earlier attempt changes nothing. One thread.
 */
final class SnapshotFetch {
  private static final Logger LOG = LoggerFactory.getLogger(SnapshotFetch.class);

  /** How long a sender may be at making one, or too busy for any piece of it. */
  private static final long PATIENCE_NANOS = TimeUnit.MINUTES.toNanos(15);

  /**
   * What is wanted.
   *
   * @param by the group's replica here, and no other one: what was fetched may be of before another
   *     joined, which must not do again what the group did then
   * @param atLeast the index of the last entry that must be in it
   */
  record Wish(ReplicaId by, NodeId from, long atLeast) {}

  private enum State {
    SEEKING,
    READING,
    /** Whoever installs it has it. */
    FETCHED,
    OVER
  }

  private record Question(SnapshotRequest request, long deadlineNanos) {}

  /** A snapshot that is coming in. */
  private record Transfer(
      SnapshotManifest manifest, IncomingPieces pieces, SnapshotStore.Incoming incoming) {}

  final GroupId group;
  private final SnapshotFetcher fetcher;
  private final SnapshotFetchConfig config;
  private final Map<Long, Question> open = new LinkedHashMap<>();
  private Wish wish;
  private State state = State.SEEKING;
  private @Nullable Transfer transfer;
  private int filesLeft;
  private int failures;
  private int begunAnew;
  private long damaged;
  private long notBeforeNanos;
  private long progressNanos;
  private boolean isKeptWaiting;

  SnapshotFetch(GroupId group, Wish wish, SnapshotFetcher fetcher, long nowNanos) {
    this.group = group;
    this.wish = wish;
    this.fetcher = fetcher;
    this.config = fetcher.config;
    this.notBeforeNanos = nowNanos;
    this.progressNanos = nowNanos;
  }

  boolean isOver() {
    return state == State.OVER;
  }

  boolean isHandedOver() {
    return state == State.FETCHED;
  }

  /** Who else has one should rather be asked. */
  boolean wouldRatherAsk(Wish other) {
    boolean goesWell = failures + begunAnew == 0 && !isKeptWaiting;
    return isAsking() && !goesWell && !other.from().equals(wish.from());
  }

  private boolean isAsking() {
    return state == State.SEEKING || state == State.READING;
  }

  void ask(Wish other, long nowNanos) {
    dropTransfer();
    wish = other;
    failures = 0;
    begunAnew = 0;
    damaged = 0;
    seek(nowNanos);
  }

  ReplicaId wantedBy() {
    return wish.by();
  }

  /** Whether what was fetched is as much as {@code other} wants. */
  boolean covers(Wish other) {
    return transfer != null
        && other.by().equals(wish.by())
        && transfer.manifest().last().index() >= other.atLeast();
  }

  // ---- what time brings

  /** Asks what may be asked now. Returns 0 if that was nothing. */
  int advance(long nowNanos) {
    int work = 0;
    for (Map.Entry<Long, Question> question : new ArrayList<>(open.entrySet())) {
      if (nowNanos - question.getValue().deadlineNanos() >= 0) {
        answered(question.getKey(), new SnapshotReply.Refused(Reason.LOST), nowNanos);
        work++;
      }
    }
    if (nowNanos - notBeforeNanos < 0) {
      return work;
    } else if (state == State.SEEKING && open.isEmpty()) {
      put(new SnapshotRequest.Describe(group, wish.atLeast(), damaged), nowNanos);
      return work + 1;
    } else if (state == State.READING && transfer != null) {
      return work + askForPieces(transfer.pieces(), nowNanos);
    }
    return work;
  }

  private int askForPieces(IncomingPieces pieces, long nowNanos) {
    int asked = 0;
    while (open.size() < config.window()) {
      SnapshotRequest.Read piece = pieces.next();
      if (piece == null || !fetcher.rate.take(piece.bytes(), nowNanos)) {
        break;
      }
      pieces.taken(piece);
      put(piece, nowNanos);
      asked++;
    }
    return asked;
  }

  private void put(SnapshotRequest request, long nowNanos) {
    long number = fetcher.nextQuestion();
    open.put(number, new Question(request, nowNanos + config.answerTime().toNanos()));
    fetcher.ask(this, number, wish.from(), request);
  }

  /** How long nothing can be done if no answer comes. */
  long idleNanos(long nowNanos) {
    if (!isAsking()) {
      return Long.MAX_VALUE;
    }
    long idle = Long.MAX_VALUE;
    for (Question question : open.values()) {
      idle = Math.min(idle, question.deadlineNanos() - nowNanos);
    }
    boolean mayAsk =
        state == State.SEEKING
            ? open.isEmpty()
            : open.size() < config.window() && transfer != null && transfer.pieces().next() != null;
    if (mayAsk) {
      long rate = state == State.READING ? fetcher.rate.waitNanos(nowNanos) : 0;
      idle = Math.min(idle, Math.max(rate, notBeforeNanos - nowNanos));
    }
    return Math.max(0, idle);
  }

  // ---- what answers bring

  void answered(long number, SnapshotReply reply, long nowNanos) {
    Question question = open.remove(number);
    if (question == null) {
      return; // Late, repeated, or of an attempt that was given up.
    }
    SnapshotRequest request = question.request();
    if (reply instanceof SnapshotReply.Refused refused) {
      refused(request, refused, nowNanos);
    } else if (request instanceof SnapshotRequest.Describe
        && reply instanceof SnapshotReply.Described described) {
      described(described.manifest(), nowNanos);
    } else if (request instanceof SnapshotRequest.Read read
        && reply instanceof SnapshotReply.Piece piece
        && transfer != null
        && IncomingPieces.answers(piece, read)) {
      came(transfer, read, piece, nowNanos);
    } else {
      LOG.warn("group {}: what node {} answers to {} is wrong", group, wish.from(), request);
      failed(request, nowNanos);
    }
  }

  private void refused(SnapshotRequest request, SnapshotReply.Refused refused, long nowNanos) {
    long asTold = TimeUnit.MILLISECONDS.toNanos(refused.retryAfterMillis());
    long retryNanos = Math.min(asTold, config.backoff().max().toNanos());
    switch (refused.reason()) {
      case NOT_HERE -> giveUp("node " + wish.from() + " does not have the group");
      case GONE -> beginAnew("it is no longer at node " + wish.from(), nowNanos);
      case NOT_READY -> {
        comeBack(retryNanos, "does not get it ready", nowNanos);
      }
      case BUSY -> {
        lost(request);
        isKeptWaiting = true;
        comeBack(retryNanos, "is too busy all the time", nowNanos);
      }
      default -> {
        failed(request, nowNanos);
        notBeforeNanos = Math.max(notBeforeNanos, nowNanos + retryNanos);
      }
    }
  }

  /** It is well and says when it will have time: no failure, and what has come so far stays. */
  private void comeBack(long retryNanos, String otherwise, long nowNanos) {
    notBeforeNanos = nowNanos + retryNanos;
    if (nowNanos - progressNanos > PATIENCE_NANOS) {
      giveUp("node " + wish.from() + " " + otherwise);
    }
  }

  private void described(SnapshotManifest manifest, long nowNanos) {
    if (!manifest.group().equals(group)
        || manifest.last().index() < wish.atLeast()
        || manifest.id() == damaged
        || manifest.bytes() > config.snapshotBytesMax()) {
      LOG.warn("group {}: {} of node {} will not do", group, manifest, wish.from());
      beginAnew("node " + wish.from() + " offers what will not do", nowNanos);
      return;
    }
    try {
      SnapshotStore.Incoming incoming = fetcher.store.beginIncoming(manifest);
      IncomingPieces pieces = new IncomingPieces(manifest, config.pieceBytes());
      transfer = new Transfer(manifest, pieces, incoming);
      state = State.READING;
      wentOn(nowNanos);
      filesLeft = manifest.files().size();
      tell(transfer);
      LOG.info("group {}: fetching {} from node {}", group, manifest, wish.from());
      for (int file = 0; file < manifest.files().size() && isAsking(); file++) {
        if (manifest.files().get(file).bytes() == 0) {
          fileIsHere(transfer, file, nowNanos);
        }
      }
    } catch (IOException e) {
      beginAnew("it cannot be kept: " + e, nowNanos);
    }
  }

  private void came(
      Transfer to, SnapshotRequest.Read read, SnapshotReply.Piece piece, long nowNanos) {
    try {
      to.incoming().write(read.file(), read.offset(), piece.data());
      wentOn(nowNanos);
      boolean whole = to.pieces().written(read);
      tell(to);
      if (whole) {
        fileIsHere(to, read.file(), nowNanos);
      }
    } catch (IOException e) {
      beginAnew("it cannot be kept: " + e, nowNanos);
    }
  }

  private void tell(Transfer of) {
    long total = of.manifest().bytes();
    fetcher.tell(group, new SnapshotProgress(total - of.pieces().bytesMissing(), total));
  }

  private void wentOn(long nowNanos) {
    failures = 0;
    isKeptWaiting = false;
    progressNanos = nowNanos;
  }

  private void fileIsHere(Transfer to, int file, long nowNanos) throws IOException {
    if (!to.incoming().seal(file)) {
      damaged = to.manifest().id();
      beginAnew(to.manifest().files().get(file) + " is damaged", nowNanos);
    } else if (--filesLeft == 0) {
      to.incoming().complete();
      release(to);
      state = State.FETCHED;
      LOG.info("group {}: fetched {}", group, to.manifest());
      fetcher.fetched(this, to.manifest(), to.incoming().directory());
    }
  }

  // ---- what goes wrong

  /** To be tried again. What fails together counts once. */
  private void failed(SnapshotRequest request, long nowNanos) {
    lost(request);
    if (nowNanos - notBeforeNanos >= 0) {
      failures++;
      backOff(failures, "node " + wish.from() + " does not answer as it should", nowNanos);
    }
  }

  private void lost(SnapshotRequest request) {
    if (request instanceof SnapshotRequest.Read read && transfer != null) {
      transfer.pieces().lost(read);
    }
  }

  private void beginAnew(String why, long nowNanos) {
    LOG.info("group {}: the snapshot is to be begun anew: {}", group, why);
    dropTransfer();
    seek(nowNanos);
    begunAnew++;
    backOff(begunAnew, why, nowNanos);
  }

  private void seek(long nowNanos) {
    state = State.SEEKING;
    progressNanos = nowNanos;
    notBeforeNanos = nowNanos;
  }

  private void backOff(int times, String why, long nowNanos) {
    if (times >= config.backoff().attemptsMax()) {
      giveUp(why);
    } else {
      notBeforeNanos = nowNanos + config.backoff().nanos(times, fetcher.chance.nextDouble());
    }
  }

  private void giveUp(String why) {
    LOG.warn("group {}: no snapshot could be fetched: {}", group, why);
    end();
  }

  /** Whatever it is at. */
  void end() {
    dropTransfer();
    state = State.OVER;
  }

  private void dropTransfer() {
    open.clear();
    Transfer dropped = transfer;
    if (dropped == null) {
      return;
    }
    transfer = null;
    fetcher.tellNothing(group);
    if (state == State.READING) {
      release(dropped);
    }
    try {
      dropped.incoming().delete();
    } catch (IOException e) {
      LOG.warn("{} stays on the disk until the next start", dropped.manifest(), e);
    }
  }

  private void release(Transfer ended) {
    fetcher.release(wish.from(), ended.manifest().id());
  }
}
