package io.flotilla.router.client;

import io.flotilla.router.map.LiveMap;
import io.flotilla.router.map.Route;
import io.flotilla.rpc.ErrorCode;
import io.flotilla.rpc.RpcException;
import java.util.function.LongBinaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Whether a shard's lane asks again, and how long it waits before: what {@link ErrorCode#retry}
 * means for it. Whom it asks, its {@link Targets} know. All operations of a lane share it, for what
 * one met the next would meet too; while it is in trouble the lane sends one request at a time.
 * Lives on the lane's event loop.
 */
final class Recovery {
  /** While nobody leads, somebody soon will: ask often enough to notice. */
  private static final long NO_LEADER_MILLIS_MAX = 100;

  private final Targets targets;
  private final LiveMap map;
  private final RetryConfig config;
  private final RetryBudget budget;
  private final LongBinaryOperator draw;
  private int strikes;
  private boolean repeated;
  private boolean redirected;

  Recovery(
      Targets targets,
      LiveMap map,
      RetryConfig config,
      RetryBudget budget,
      LongBinaryOperator draw) {
    this.targets = targets;
    this.map = map;
    this.config = config;
    this.budget = budget;
    this.draw = draw;
  }

  /** What to do after a failed request. */
  enum Step {
    /** Send the operations again, to {@link #target}, after the pause. */
    AGAIN,
    /** The map has changed: find each operation's shard anew, at once. */
    ROUTE_ANEW,
    /** The map must be asked for; then as {@link #AGAIN}. */
    REFRESH,
    /** The error is final. */
    GIVE_UP
  }

  /** Failures since the last success. */
  int strikes() {
    return strikes;
  }

  boolean inTrouble() {
    return strikes > 0;
  }

  void succeeded(String address) {
    strikes = 0;
    targets.answered(address);
  }

  /**
   * The address to ask; null if none is known.
   *
   * @param tries how often what is to be sent was sent before
   */
  @Nullable String target(Route route, int tries) {
    return targets.next(route, tries);
  }

  /** No node of this shard has an address; as a failure. */
  void nobodyToAsk() {
    strikes++;
  }

  /**
   * Takes in why a request failed. {@link #pauseMillis} then says how long to wait.
   *
   * @param strikesBefore when the request was sent; if there were more since, it only repeats what
   *     another has said
   */
  Step failed(String asked, RpcException why, int strikesBefore) {
    repeated = strikesBefore != strikes;
    if (!repeated && why.code().isPassing()) {
      strikes++;
    }
    return switch (why.code().retry()) {
      case AT_LEADER -> {
        redirected = targets.notLeader(asked, why.detail());
        yield Step.AGAIN;
      }
      case AFTER_REFRESH -> {
        if (why.code() == ErrorCode.NO_SUCH_SHARD) {
          targets.passOver(asked);
        }
        yield map.learn(why.detail().getShardsList()) ? Step.ROUTE_ANEW : Step.REFRESH;
      }
      case AFTER_BACKOFF -> {
        if (why.code() != ErrorCode.OVERLOADED) {
          targets.passOver(asked);
        }
        yield Step.AGAIN;
      }
      case ELSEWHERE, ONLY_IN_SESSION, WHILE_THERE_IS_TIME -> {
        targets.passOver(asked);
        yield Step.AGAIN;
      }
      case NEVER -> Step.GIVE_UP;
    };
  }

  /** How long to wait after that failure. */
  long pauseMillis(RpcException why, int candidates, long nowNanos) {
    if (repeated) {
      return 0;
    }
    long drawn =
        switch (why.code()) {
          case NOT_LEADER ->
              redirected ? 0 : Math.min(draw(strikes), 1 + draw(0, NO_LEADER_MILLIS_MAX));
          case OVERLOADED -> Math.max(why.detail().getRetryAfterMillis(), draw(strikes));
          case UNAVAILABLE, UNKNOWN_OUTCOME, REPLICA_BEHIND ->
              strikes < candidates ? 0 : draw(strikes - candidates + 1);
          default -> draw(strikes);
        };
    return budget.take(nowNanos)
        ? drawn
        : Math.max(drawn, draw(backoffMaxMillis() / 2, backoffMaxMillis()));
  }

  private long draw(int strike) {
    int doublings = Math.min(Math.max(strike - 1, 0), 20);
    long upper = Math.min(backoffMaxMillis(), config.backoffMin().toMillis() << doublings);
    return draw(0, upper);
  }

  private long draw(long from, long to) {
    return draw.applyAsLong(from, to);
  }

  private long backoffMaxMillis() {
    return config.backoffMax().toMillis();
  }
}
