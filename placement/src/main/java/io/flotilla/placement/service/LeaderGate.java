package io.flotilla.placement.service;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageLite;
import io.flotilla.placement.plan.PlanRefusedException;
import io.flotilla.placement.store.Outcome;
import io.flotilla.proto.errors.ErrorDetail;
import io.flotilla.proto.placement.PlacementCommand;
import io.flotilla.proto.placement.PlacementResult;
import io.flotilla.raft.core.GroupStatus;
import io.flotilla.raft.core.Refusal;
import io.flotilla.raft.core.ReplicaId;
import io.flotilla.raft.runtime.RaftException;
import io.flotilla.raft.runtime.RaftGroup;
import io.flotilla.rpc.ErrorCode;
import io.flotilla.rpc.RpcCall;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets through only what a leader may answer, and says to all else where the leader is. A member is
 * its own replica, so that a replica id names a member.
 */
final class LeaderGate {
  private static final Logger log = LoggerFactory.getLogger(LeaderGate.class);
  private static final int RETRY_AFTER_MILLIS = 100;
  private static final int PLANS_MAX = 8;

  private final RaftGroup group;
  private final MemberBook members;
  private final Desk desk;
  private final LongSupplier nanos;

  /**
   * @param nanos that deadlines are by
   */
  LeaderGate(RaftGroup group, MemberBook members, Desk desk, LongSupplier nanos) {
    this.group = group;
    this.members = members;
    this.desk = desk;
    this.nanos = nanos;
  }

  boolean leads() {
    return group.status().role() == GroupStatus.RoleName.LEADER;
  }

  long term() {
    return group.status().term();
  }

  Optional<Long> leader() {
    return group.status().leader().map(ReplicaId::value);
  }

  /**
   * Runs {@code action} on the desk once this member has proved that it still leads and has applied
   * all that was committed before; otherwise fails the call. Never blocks.
   */
  <Q extends MessageLite, R extends MessageLite> void whenCurrent(
      RpcCall<Q, R> call, Runnable action) {
    if (!leads()) {
      call.fail(notLeader(leader()));
      return;
    }
    BiConsumer<Long, Throwable> next =
        (applied, refused) -> {
          if (refused != null) {
            call.fail(readRefused(refused));
          } else {
            onDesk(call, () -> runAtLeader(call, action));
          }
        };
    group.readBarrier().whenComplete(next);
  }

  private <Q extends MessageLite, R extends MessageLite> void runAtLeader(
      RpcCall<Q, R> call, Runnable action) {
    // A follower's barrier may be answered by the leader; what is volatile is only here.
    if (!leads()) {
      call.fail(notLeader(leader()));
    } else if (nanos.getAsLong() - call.deadlineNanos() > 0) {
      call.fail(ErrorCode.DEADLINE_EXCEEDED, "its time was over before it was begun");
    } else {
      action.run();
    }
  }

  /**
   * Runs {@code action} on the desk, or fails the call; also if the action fails. For what has
   * changed nothing yet.
   */
  <Q extends MessageLite, R extends MessageLite> void onDesk(RpcCall<Q, R> call, Runnable action) {
    Runnable guarded =
        guarded(action, bug -> call.fail(ErrorCode.INTERNAL, "placement failed: " + bug));
    if (!desk.offer(guarded)) {
      call.fail(overloaded());
    }
  }

  /** The same for what is in the log already, and so must not be said not to have happened. */
  private <Q extends MessageLite, R extends MessageLite> void onDeskOnceDecided(
      RpcCall<Q, R> call, Runnable action) {
    Consumer<Object> fail =
        why ->
            call.fail(ErrorCode.UNKNOWN_OUTCOME, "it was decided, but cannot be answered: " + why);
    if (!desk.offer(guarded(action, fail::accept))) {
      fail.accept("placement has too much to do at the moment");
    }
  }

  private static Runnable guarded(Runnable action, Consumer<Throwable> onBug) {
    return () -> {
      try {
        action.run();
      } catch (RuntimeException bug) {
        log.error("a request failed", bug);
        onBug.accept(bug);
      } catch (Error broken) {
        onBug.accept(broken);
        throw broken; // which is the desk's to judge
      }
    };
  }

  /** Proposes, and gives the desk what came of it, or the call an error; that if it is refused. */
  <Q extends MessageLite, R extends MessageLite> void decide(
      RpcCall<Q, R> call, PlacementCommand command, Consumer<PlacementResult> then) {
    decide(call, command, result -> false, then);
  }

  /** The same for a caller who bears that it is refused, and is given the result also then. */
  <Q extends MessageLite, R extends MessageLite> void decideOrNot(
      RpcCall<Q, R> call, PlacementCommand command, Consumer<PlacementResult> then) {
    decide(call, command, result -> true, then);
  }

  private static boolean isFor(PlacementResult result, Outcome outcome) {
    return result.getErrorCode() == outcome.number();
  }

  private <Q extends MessageLite, R extends MessageLite> void decide(
      RpcCall<Q, R> call,
      PlacementCommand command,
      Predicate<PlacementResult> bearsRefusal,
      Consumer<PlacementResult> then) {
    BiConsumer<PlacementResult, Throwable> next =
        (result, failed) -> {
          if (failed != null) {
            call.fail(proposalFailed(failed));
          } else if (isFor(result, Outcome.DONE)) {
            onDeskOnceDecided(call, () -> then.accept(result));
          } else if (bearsRefusal.test(result)) {
            onDesk(call, () -> then.accept(result));
          } else {
            call.fail(ErrorCode.of(result.getErrorCode()), result.getMessage());
          }
        };
    propose(command).whenComplete(next);
  }

  /** What is to be proposed, as of now. Only for the desk's thread. */
  interface Plan {
    /**
     * @throws PlanRefusedException if it cannot be now
     * @throws IllegalArgumentException if it never can
     */
    PlacementCommand command() throws PlanRefusedException;
  }

  /**
   * Proposes what is planned, and plans again where the ground of a plan has meanwhile moved; gives
   * the desk the result, or the call an error.
   */
  <Q extends MessageLite, R extends MessageLite> void decidePlanned(
      RpcCall<Q, R> call, Plan plan, Consumer<PlacementResult> then) {
    decidePlanned(call, plan, then, PLANS_MAX);
  }

  private <Q extends MessageLite, R extends MessageLite> void decidePlanned(
      RpcCall<Q, R> call, Plan plan, Consumer<PlacementResult> then, int plansLeft) {
    PlacementCommand command;
    try {
      command = plan.command();
    } catch (PlanRefusedException refused) {
      call.fail(codeOf(refused), String.valueOf(refused.getMessage()));
      return;
    } catch (IllegalArgumentException wrong) {
      call.fail(ErrorCode.INVALID_REQUEST, String.valueOf(wrong.getMessage()));
      return;
    }
    decide(
        call,
        command,
        result -> isFor(result, Outcome.STALE),
        result -> {
          if (isFor(result, Outcome.DONE)) {
            then.accept(result);
          } else if (plansLeft > 1) {
            decidePlanned(call, plan, then, plansLeft - 1);
          } else {
            call.fail(ErrorCode.OVERLOADED, "the map changes too fast: " + result.getMessage());
          }
        });
  }

  static ErrorCode codeOf(PlanRefusedException refused) {
    return switch (refused.kind()) {
      case REFUSED -> ErrorCode.CONFLICT;
      case NOT_FOUND -> ErrorCode.NOT_FOUND;
      case TOO_EARLY -> ErrorCode.OVERLOADED;
    };
  }

  CompletableFuture<PlacementResult> propose(PlacementCommand command) {
    return group
        .propose(command.toByteArray())
        .thenApply(
            bytes -> {
              try {
                return PlacementResult.parseFrom(bytes);
              } catch (InvalidProtocolBufferException bug) {
                throw new IllegalStateException("result is not a PlacementResult", bug);
              }
            });
  }

  /** One that was removed knows the leader from hearsay alone. */
  ErrorDetail notLeader(Optional<Long> known) {
    ErrorDetail.Builder detail = ErrorDetail.newBuilder().setCode(ErrorCode.NOT_LEADER.number());
    Optional<Long> leader =
        known.or(() -> members.isRemoved() ? members.toldLeader() : Optional.empty());
    String address = leader.flatMap(members::addressOf).orElse("");
    if (address.isEmpty()) {
      return detail.setMessage("no leader of placement is known here").build();
    }
    return detail
        .setLeaderNode(leader.orElseThrow())
        .setLeaderAddress(address)
        .setMessage("placement is led by member " + leader.orElseThrow() + " at " + address)
        .build();
  }

  private ErrorDetail readRefused(Throwable why) {
    // Whatever the reason, a read that was refused did nothing.
    Optional<Refusal> refusal = refusalOf(why);
    return refusal.map(this::detail).orElseGet(() -> notLeader(leader()));
  }

  ErrorDetail proposalFailed(Throwable why) {
    Optional<Refusal> refusal = refusalOf(why);
    return refusal
        .map(this::detail)
        .orElseGet(
            () ->
                ErrorDetail.newBuilder()
                    .setCode(ErrorCode.UNKNOWN_OUTCOME.number())
                    .setMessage(String.valueOf(cause(why).getMessage()))
                    .build());
  }

  private ErrorDetail detail(Refusal refusal) {
    if (refusal instanceof Refusal.NotLeader not) {
      return notLeader(not.leader().map(ReplicaId::value));
    }
    if (refusal instanceof Refusal.Transferring transferring) {
      return notLeader(Optional.of(transferring.to().value()));
    }
    if (refusal instanceof Refusal.TransferGivenUp) {
      return ErrorDetail.newBuilder()
          .setCode(ErrorCode.UNAVAILABLE.number())
          .setMessage("leadership of placement was not taken over in time")
          .build();
    }
    if (refusal instanceof Refusal.TooLarge tooLarge) {
      return ErrorDetail.newBuilder()
          .setCode(ErrorCode.INVALID_REQUEST.number())
          .setMessage(
              "a change of the map is too long; allowed are " + tooLarge.bytesMax() + " bytes")
          .build();
    }
    return overloaded();
  }

  private static ErrorDetail overloaded() {
    return ErrorDetail.newBuilder()
        .setCode(ErrorCode.OVERLOADED.number())
        .setRetryAfterMillis(RETRY_AFTER_MILLIS)
        .setMessage("placement has too much to do at the moment")
        .build();
  }

  private static Optional<Refusal> refusalOf(Throwable why) {
    return cause(why) instanceof RaftException raft ? raft.refusal() : Optional.empty();
  }

  private static Throwable cause(Throwable thrown) {
    Throwable cause = thrown.getCause();
    return thrown instanceof CompletionException && cause != null ? cause : thrown;
  }
}
