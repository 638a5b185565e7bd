package io.flotilla.router.client;

import io.flotilla.proto.map.Keyspace;
import io.flotilla.router.map.LiveMap;
import io.flotilla.router.map.MapWatch;
import io.flotilla.router.map.ShardMap;
import io.flotilla.rpc.ErrorCode;
import java.util.Iterator;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Finds keyspaces by name, and waits for what the map does not show yet. */
final class Keyspaces implements LiveMap.Listener {
  private final LiveMap map;
  private final MapWatch watch;
  private final ScheduledExecutorService loop;
  private final Queue<Waiter> waiters = new ConcurrentLinkedQueue<>();

  private record Waiter(Predicate<ShardMap> wish, CompletableFuture<ShardMap> answer) {
    boolean isServed(ShardMap map) {
      return answer.isDone() || (wish.test(map) && answer.complete(map));
    }
  }

  Keyspaces(LiveMap map, MapWatch watch, ScheduledExecutorService loop) {
    this.map = map;
    this.watch = watch;
    this.loop = loop;
    map.listen(this);
  }

  /** The keyspace, if the map shows it now. */
  @Nullable Keyspace known(String name) {
    return map.current().keyspace(name);
  }

  /**
   * The keyspace, once the map is known and placement was asked again about this name. Fails with
   * {@link ErrorCode#NOT_FOUND} if there is none.
   */
  CompletableFuture<Keyspace> find(String name, long timeoutMillis) {
    CompletableFuture<Keyspace> found = new CompletableFuture<>();
    Answers.then(
        await(ShardMap::isKnown, "the map", timeoutMillis),
        found,
        known -> {
          if (known.keyspace(name) != null) {
            complete(found, name);
          } else {
            watch.refresh().whenComplete((done, failure) -> complete(found, name));
          }
        });
    return found;
  }

  /** Waits until the map is as wished. Fails with {@link ErrorCode#UNAVAILABLE} if it is not. */
  CompletableFuture<ShardMap> await(Predicate<ShardMap> wish, String what, long timeoutMillis) {
    Waiter waiter = new Waiter(wish, new CompletableFuture<>());
    waiters.add(waiter);
    serve(map.current());
    if (!waiter.answer.isDone()) {
      loop.schedule(() -> giveUp(waiter, what), timeoutMillis, TimeUnit.MILLISECONDS);
    }
    return waiter.answer;
  }

  /** Whether a keyspace and at least one shard of it are there. */
  static boolean isServed(ShardMap map, String name) {
    Keyspace keyspace = map.keyspace(name);
    return keyspace != null
        && map.routes().stream().anyMatch(route -> route.keyspace() == keyspace.getId());
  }

  @Override
  public void onMap(ShardMap changed) {
    serve(changed);
  }

  @Override
  public void onLeader(long shard) {}

  private void serve(ShardMap now) {
    for (Iterator<Waiter> all = waiters.iterator(); all.hasNext(); ) {
      if (all.next().isServed(now)) {
        all.remove();
      }
    }
  }

  private void giveUp(Waiter waiter, String what) {
    waiters.remove(waiter);
    String trouble = watch.trouble();
    waiter.answer.completeExceptionally(
        new KvException(
            ErrorCode.UNAVAILABLE,
            what + " did not come in time" + (trouble.isEmpty() ? "" : "; " + trouble)));
  }

  private void complete(CompletableFuture<Keyspace> found, String name) {
    Keyspace keyspace = known(name);
    if (keyspace != null) {
      found.complete(keyspace);
      return;
    }
    String names =
        map.current().keyspaces().stream()
            .map(Keyspace::getName)
            .sorted()
            .collect(Collectors.joining(", "));
    found.completeExceptionally(
        KvException.notFound(
            "there is no keyspace \""
                + name
                + "\"; "
                + (names.isEmpty() ? "there is none yet" : "there are: " + names)));
  }
}
