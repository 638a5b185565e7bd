package io.flotilla.router.map;

import io.flotilla.proto.placement.GetMapRequest;
import io.flotilla.proto.placement.MapUpdate;
import io.flotilla.proto.placement.WatchRequest;
import io.flotilla.rpc.ErrorCode;
import io.flotilla.rpc.PlacementEndpoints;
import io.flotilla.rpc.PlacementRotation;
import io.flotilla.rpc.RpcCaller;
import io.flotilla.rpc.RpcException;
import io.flotilla.rpc.RpcMethods;
import io.flotilla.rpc.RpcStream;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.LongBinaryOperator;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps a {@link LiveMap} fed from placement: one stream, from one member, resumed at another from
 * the revision reached when it ends. {@link #refresh} asks beside it, for a caller who has seen
 * that the map is wrong, because a stream that is silent may also be a stream that hangs.
 *
 * <p>All state belongs to one event loop.
 */
public final class MapWatch implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(MapWatch.class);
  private static final long PAUSE_MILLIS_MIN = 20;
  private static final long PAUSE_MILLIS_MAX = 1_000;
  private static final long STEADY_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final Duration REFRESH_TIMEOUT = Duration.ofSeconds(1);

  private final RpcCaller rpc;
  private final PlacementEndpoints members;
  private final LiveMap map;
  private final ScheduledExecutorService loop;
  private final LongSupplier nanos;
  private final LongBinaryOperator draw;

  private final PlacementRotation rotation;
  private int failures;
  private long generation;
  private long openedNanos;
  private String watched;
  private @Nullable RpcStream stream;
  private @Nullable CompletableFuture<Void> refreshing;
  private volatile String trouble = "no placement member has answered yet";
  private boolean closed;

  /**
   * A watch that has not begun.
   *
   * @param members told what the map says of placement's own
   * @param loop on which everything here happens
   * @param nanos a clock that only moves forward
   * @param draw a number from the one to the other, both included
   */
  public MapWatch(
      RpcCaller rpc,
      PlacementEndpoints members,
      LiveMap map,
      ScheduledExecutorService loop,
      LongSupplier nanos,
      LongBinaryOperator draw) {
    this.rpc = rpc;
    this.members = members;
    this.map = map;
    this.loop = loop;
    this.nanos = nanos;
    this.draw = draw;
    this.watched = members.all().get((int) draw.applyAsLong(0, members.all().size() - 1));
    this.rotation = new PlacementRotation(members, watched);
  }

  public void start() {
    loop.execute(() -> open(watched));
  }

  /** What went wrong last, for a message to whoever waits for the map. */
  public String trouble() {
    return trouble;
  }

  /**
   * Asks placement for the whole map, first at a member other than the one whose stream there is.
   * Concurrent callers share one request.
   *
   * @return completes when the answer is in the map; fails with {@link RpcException}
   */
  public CompletableFuture<Void> refresh() {
    CompletableFuture<Void> refreshed = new CompletableFuture<>();
    execute(() -> refreshOn(refreshed));
    return refreshed;
  }

  @Override
  public void close() {
    execute(
        () -> {
          closed = true;
          endStream();
        });
  }

  private void open(String member) {
    if (closed) {
      return;
    }
    long mine = ++generation;
    openedNanos = nanos.getAsLong();
    watched = member;
    WatchRequest request =
        WatchRequest.newBuilder().setAfterRevision(map.current().revision()).build();
    stream =
        rpc.stream(
            watched,
            RpcMethods.WATCH_MAP,
            request,
            update -> execute(() -> onUpdate(mine, update)),
            reason -> execute(() -> onEnd(mine, reason)));
  }

  private void onUpdate(long of, MapUpdate update) {
    if (of == generation) {
      trouble = "";
      take(update);
    }
  }

  private void take(MapUpdate update) {
    members.learn(update.getMembersList());
    map.update(update);
  }

  private void onEnd(long of, RpcException reason) {
    if (of != generation || closed) {
      return;
    }
    log.debug("map stream from {} ended: {}", watched, reason.getMessage());
    note(watched, reason);
    String then = rotation.following(watched, reason);
    failures = nanos.getAsLong() - openedNanos > STEADY_NANOS ? 1 : failures + 1;
    stream = null;
    // One round over all members at once; whoever is down costs no waiting.
    int beyond = failures - members.all().size();
    long pause =
        beyond < 0 ? 0 : Math.min(PAUSE_MILLIS_MAX, PAUSE_MILLIS_MIN << Math.min(beyond, 10));
    long drawn = pause == 0 ? 0 : draw.applyAsLong(pause / 2, pause);
    loop.schedule(() -> reopen(of, then), drawn, TimeUnit.MILLISECONDS);
  }

  /** Unless meanwhile a stream was opened where the news was. */
  private void reopen(long after, String member) {
    if (after == generation) {
      open(member);
    }
  }

  private void refreshOn(CompletableFuture<Void> refreshed) {
    CompletableFuture<Void> underWay = refreshing;
    if (underWay == null) {
      CompletableFuture<Void> begun = new CompletableFuture<>();
      refreshing = begun;
      underWay = begun;
      ask(begun, other(), members.all().size());
    }
    underWay.whenComplete(
        (done, failure) -> {
          if (failure == null) {
            refreshed.complete(null);
          } else {
            refreshed.completeExceptionally(failure);
          }
        });
  }

  private String other() {
    String member = rotation.next();
    return member.equals(watched) ? rotation.next() : member;
  }

  private void ask(CompletableFuture<Void> answer, String member, int attemptsLeft) {
    rpc.call(member, RpcMethods.GET_MAP, GetMapRequest.getDefaultInstance(), REFRESH_TIMEOUT)
        .whenComplete(
            (update, failure) ->
                execute(() -> onMap(member, update, failure, answer, attemptsLeft)));
  }

  private void onMap(
      String member,
      @Nullable MapUpdate update,
      @Nullable Throwable failure,
      CompletableFuture<Void> answer,
      int attemptsLeft) {
    if (update != null) {
      boolean ahead = update.getRevision() > map.current().revision();
      trouble = "";
      refreshing = null;
      take(update);
      if (ahead && !member.equals(watched)) {
        watchAt(member);
      }
      answer.complete(null);
      return;
    }
    RpcException reason = reasonOf(failure);
    note(member, reason);
    if (attemptsLeft > 0 && !closed) {
      ask(answer, rotation.following(member, reason), attemptsLeft - 1);
    } else {
      refreshing = null;
      answer.completeExceptionally(reason);
    }
  }

  /** The stream lags behind, or hangs: go where the news was. */
  private void watchAt(String member) {
    endStream();
    open(member);
  }

  private void endStream() {
    generation++;
    RpcStream ending = stream;
    stream = null;
    if (ending != null) {
      ending.close();
    }
  }

  private void note(String member, RpcException reason) {
    trouble = member + " said " + reason.getMessage();
  }

  private void execute(Runnable task) {
    try {
      loop.execute(task);
    } catch (RejectedExecutionException e) {
      log.debug("the event loop has ended; a late answer is dropped", e);
    }
  }

  private static RpcException reasonOf(@Nullable Throwable failure) {
    return failure instanceof RpcException known
        ? known
        : new RpcException(ErrorCode.INTERNAL, String.valueOf(failure));
  }
}
