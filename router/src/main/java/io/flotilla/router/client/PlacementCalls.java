package io.flotilla.router.client;

import com.google.protobuf.MessageLite;
import io.flotilla.rpc.ErrorCode;
import io.flotilla.rpc.PlacementEndpoints;
import io.flotilla.rpc.PlacementRotation;
import io.flotilla.rpc.RpcException;
import io.flotilla.rpc.RpcMethod;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Requests to placement's leader, whoever that is. */
final class PlacementCalls {
  private final ClientConfig config;
  private final PlacementEndpoints members;
  private final ClientPorts ports;
  private final ScheduledExecutorService loop;
  private volatile String leader;

  PlacementCalls(ClientConfig config, PlacementEndpoints members, ClientPorts ports) {
    this.config = config;
    this.members = members;
    this.ports = ports;
    this.loop = ports.loops().get();
    this.leader = config.placement().get(0);
  }

  /**
   * Asks until there is an answer or the call's deadline.
   *
   * @param repeatable whether it may be asked again after an attempt of unknown outcome
   */
  <Q extends MessageLite, R extends MessageLite> CompletableFuture<R> call(
      RpcMethod<Q, R> method, Q request, boolean repeatable) {
    String first = leader;
    Attempts<Q, R> attempts = new Attempts<>(method, request, repeatable, first);
    attempts.next(first);
    return attempts.answer;
  }

  /** Asks one process once, whatever its role, for what changes nothing. */
  <Q extends MessageLite, R extends MessageLite> CompletableFuture<R> ask(
      String address, RpcMethod<Q, R> method, Q request) {
    CompletableFuture<R> answer = new CompletableFuture<>();
    ports
        .rpc()
        .call(address, method, request, config.attemptTimeout())
        .whenComplete(
            (reply, failure) -> {
              if (reply != null) {
                answer.complete(reply);
              } else {
                answer.completeExceptionally(
                    told(asRpc(failure), address + " did not answer: ", true));
              }
            });
    return answer;
  }

  private final class Attempts<Q extends MessageLite, R extends MessageLite> {
    private final CompletableFuture<R> answer = new CompletableFuture<>();
    private final RpcMethod<Q, R> method;
    private final Q request;
    private final boolean repeatable;
    private final long deadlineNanos = ports.nanos().getAsLong() + config.callTimeout().toNanos();
    private final PlacementRotation rotation;
    private int failures;

    Attempts(RpcMethod<Q, R> method, Q request, boolean repeatable, String first) {
      this.rotation = new PlacementRotation(members, first);
      this.method = method;
      this.request = request;
      this.repeatable = repeatable;
    }

    void next(String member) {
      long left = deadlineNanos - ports.nanos().getAsLong();
      long timeout = Math.max(1, Math.min(left, config.attemptTimeout().toNanos()));
      ports
          .rpc()
          .call(member, method, request, Duration.ofNanos(timeout))
          .whenComplete((reply, failure) -> onAnswer(member, reply, failure));
    }

    private void onAnswer(String member, @Nullable R reply, @Nullable Throwable failure) {
      if (reply != null) {
        leader = member;
        answer.complete(reply);
        return;
      }
      RpcException why = asRpc(failure);
      failures++;
      boolean late = ports.nanos().getAsLong() - deadlineNanos >= 0;
      if (isFinal(why) || late) {
        if (why.code().isPassing()) {
          leader = rotation.following(member, why); // or who is silent would be asked for ever
        }
        answer.completeExceptionally(told(why, "placement member " + member + ": ", repeatable));
        return;
      }
      String then = rotation.following(member, why);
      later(then, !then.equals(member) && then.equals(why.detail().getLeaderAddress()));
    }

    private boolean isFinal(RpcException why) {
      return switch (why.code().retry()) {
        case NEVER -> true;
        case ONLY_IN_SESSION -> !repeatable;
        case AT_LEADER, AFTER_REFRESH, AFTER_BACKOFF, ELSEWHERE, WHILE_THERE_IS_TIME -> false;
      };
    }

    private void later(String member, boolean redirected) {
      // A redirection, and one round over all members, cost no waiting.
      int beyond = failures - (redirected ? 3 : members.all().size() - 1);
      long upper =
          beyond <= 0
              ? 0
              : Math.min(
                  config.retry().backoffMax().toMillis(),
                  config.retry().backoffMin().toMillis() << Math.min(beyond, 20));
      long left = TimeUnit.NANOSECONDS.toMillis(deadlineNanos - ports.nanos().getAsLong());
      long pause = Math.min(Math.max(left, 0), ports.draw().applyAsLong(0, upper));
      try {
        loop.schedule(() -> next(member), pause, TimeUnit.MILLISECONDS);
      } catch (RejectedExecutionException closed) {
        answer.completeExceptionally(
            new KvException(ErrorCode.UNAVAILABLE, "the client is closed"));
      }
    }
  }

  private static RpcException asRpc(@Nullable Throwable failure) {
    return failure instanceof RpcException known
        ? known
        : new RpcException(ErrorCode.INTERNAL, String.valueOf(failure));
  }

  /** What changes nothing is never of unknown outcome: there was just no answer in time. */
  private static KvException told(RpcException why, String who, boolean changesNothing) {
    return new KvException(
        changesNothing && why.code().outcomeUnknown() ? ErrorCode.DEADLINE_EXCEEDED : why.code(),
        who + why.detail().getMessage());
  }
}
