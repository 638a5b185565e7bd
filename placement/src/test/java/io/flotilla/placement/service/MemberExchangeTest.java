package io.flotilla.placement.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.flotilla.placement.model.ClusterView;
import io.flotilla.raft.runtime.RaftGroup;
import io.flotilla.rpc.Hello;
import io.flotilla.rpc.NetThreads;
import io.flotilla.rpc.RpcClient;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** That the members go on telling each other who they are, whatever happens once. */
final class MemberExchangeTest {
  private final List<Throwable> fatal = new CopyOnWriteArrayList<>();
  private final AtomicInteger rounds = new AtomicInteger();
  private final NetThreads threads = new NetThreads(1, "exchange-test");

  /** A real schedule, only a faster one. */
  private final ScheduledThreadPoolExecutor loop =
      new ScheduledThreadPoolExecutor(1) {
        @Override
        public ScheduledFuture<?> scheduleWithFixedDelay(
            Runnable command, long first, long delay, TimeUnit unit) {
          return super.scheduleWithFixedDelay(command, 1, 1, TimeUnit.MILLISECONDS);
        }
      };

  @AfterEach
  void close() {
    loop.shutdownNow();
    threads.close();
  }

  /** Each round asks it for its status, which fails. */
  private RaftGroup failing(Throwable failure) {
    return (RaftGroup)
        Proxy.newProxyInstance(
            getClass().getClassLoader(),
            new Class<?>[] {RaftGroup.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals("removed")) {
                return new CompletableFuture<Void>();
              }
              rounds.incrementAndGet();
              throw failure;
            });
  }

  private MemberExchange exchange(Throwable failure) {
    return new MemberExchange(
        new MemberBook(1, new TreeMap<>(Map.of(1L, "a:1")), () -> ClusterView.EMPTY),
        failing(failure),
        new RpcClient(threads, new Hello("c", Hello.Role.PLACEMENT, 1)),
        fatal::add);
  }

  @Test
  void aRoundThatFailsIsNotTheLast() {
    try (MemberExchange exchange = exchange(new IllegalStateException("on purpose"))) {
      exchange.start(loop);
      await().until(() -> rounds.get() > 2);
      assertThat(fatal).isEmpty();
    }
  }

  @Test
  void anErrorIsNotKeptByTheSchedule() {
    OutOfMemoryError noMemory = new OutOfMemoryError("on purpose");
    try (MemberExchange exchange = exchange(noMemory)) {
      exchange.start(loop);
      await().until(() -> !fatal.isEmpty());
      assertThat(fatal.get(0)).isSameAs(noMemory);
    }
  }
}
