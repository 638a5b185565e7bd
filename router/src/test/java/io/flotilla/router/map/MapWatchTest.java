package io.flotilla.router.map;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.MessageLite;
import io.flotilla.proto.errors.ErrorDetail;
import io.flotilla.proto.placement.MapUpdate;
import io.flotilla.rpc.ErrorCode;
import io.flotilla.rpc.PlacementEndpoints;
import io.flotilla.rpc.RpcCaller;
import io.flotilla.rpc.RpcException;
import io.flotilla.rpc.RpcMethod;
import io.flotilla.rpc.RpcStream;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Which members a watch turns to, with nobody at the other end and in one thread. */
class MapWatchTest {
  private final Queue<Runnable> pauses = new ArrayDeque<>();

  private final ScheduledThreadPoolExecutor loop =
      new ScheduledThreadPoolExecutor(1) {
        @Override
        public void execute(Runnable task) {
          task.run();
        }

        @Override
        public ScheduledFuture<?> schedule(Runnable task, long delay, TimeUnit unit) {
          pauses.add(task);
          return super.schedule(() -> {}, 0, unit);
        }
      };

  private record Stream(String member, Consumer<RpcException> onEnd) {}

  private record Question(String member, CompletableFuture<MessageLite> answer) {}

  private final List<Stream> opened = new ArrayList<>();
  private final List<Stream> open = new ArrayList<>();
  private final List<Question> asked = new ArrayList<>();

  private final RpcCaller rpc =
      new RpcCaller() {
        @Override
        @SuppressWarnings("unchecked")
        public <Q extends MessageLite, R extends MessageLite> CompletableFuture<R> call(
            String address, RpcMethod<Q, R> method, Q request, Duration timeout) {
          Question question = new Question(address, new CompletableFuture<>());
          asked.add(question);
          return (CompletableFuture<R>) question.answer;
        }

        @Override
        public <Q extends MessageLite, R extends MessageLite> RpcStream stream(
            String address,
            RpcMethod<Q, R> method,
            Q request,
            Consumer<R> onReply,
            Consumer<RpcException> onEnd) {
          Stream stream = new Stream(address, onEnd);
          opened.add(stream);
          open.add(stream);
          return () -> open.remove(stream);
        }
      };

  private final MapWatch watch =
      new MapWatch(
          rpc,
          new PlacementEndpoints(List.of("a:1", "b:1", "c:1")),
          new LiveMap(),
          loop,
          () -> 0,
          (from, to) -> from);

  @AfterEach
  void close() {
    loop.shutdownNow();
  }

  private void end(RpcException why) {
    Stream last = opened.get(opened.size() - 1);
    open.remove(last);
    last.onEnd.accept(why);
  }

  private void pass() {
    pauses.remove().run();
  }

  private static RpcException notLeader(String leader) {
    return new RpcException(
        ErrorDetail.newBuilder()
            .setCode(ErrorCode.NOT_LEADER.number())
            .setLeaderAddress(leader)
            .build());
  }

  private static RpcException unavailable() {
    return new RpcException(ErrorCode.UNAVAILABLE, "nobody there");
  }

  /** All of them name one that has not heard of its end yet, or that is not reached from here. */
  @Test
  void allMembersAreTriedWhoeverIsNamed() {
    watch.start();
    for (int i = 0; i < 3; i++) {
      end(notLeader("gone:1"));
      pass();
      end(unavailable());
      pass();
    }
    assertThat(opened)
        .extracting(Stream::member)
        .containsExactly("a:1", "gone:1", "b:1", "gone:1", "c:1", "gone:1", "a:1");
  }

  @Test
  void whoHangsIsNotAskedBesideItsStream() {
    watch.start();
    end(notLeader("b:1"));
    pass();
    watch.refresh();
    assertThat(asked).extracting(Question::member).containsExactly("c:1");
  }

  @Test
  void aStreamThatWasOpenedMeanwhileIsTheOnlyOne() {
    watch.start();
    watch.refresh();
    end(unavailable());
    asked.get(0).answer.complete(MapUpdate.newBuilder().setRevision(7).setComplete(true).build());
    pass();
    assertThat(open).extracting(Stream::member).containsExactly("b:1");
  }
}
