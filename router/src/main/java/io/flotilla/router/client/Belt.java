package io.flotilla.router.client;

import com.google.protobuf.MessageLite;
import io.flotilla.router.map.Route;
import io.flotilla.rpc.RpcMethod;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The operations of one kind on one shard: those that wait, in order, and the requests that carry
 * others. What waits while the allowed requests are under way gathers into the next one; this is
 * all the batching there is, and it costs no waiting. What was sent before goes ahead of what was
 * not, which may have to wait for it to end. Lives on its lane's event loop.
 */
abstract class Belt<P extends Pending<?>, Q extends MessageLite, R extends MessageLite> {
  private final RpcMethod<Q, R> method;
  private final int flightsMax;
  private final ArrayDeque<P> again = new ArrayDeque<>();
  private final ArrayDeque<P> fresh = new ArrayDeque<>();
  private final List<Flight> flights = new ArrayList<>();

  /** One request under way, to a node at an address. */
  final class Flight {
    private final Route route;
    private final String address;
    private final List<P> load;
    private final int strikes;

    Flight(Route route, String address, List<P> load, int strikes) {
      this.route = route;
      this.address = address;
      this.load = load;
      this.strikes = strikes;
    }

    Route route() {
      return route;
    }

    String address() {
      return address;
    }

    List<P> load() {
      return load;
    }

    /** {@link Recovery#strikes} when it took off. */
    int strikes() {
      return strikes;
    }
  }

  Belt(RpcMethod<Q, R> method, int flightsMax) {
    this.method = method;
    this.flightsMax = flightsMax;
  }

  final RpcMethod<Q, R> method() {
    return method;
  }

  final void add(P operation) {
    placeOf(operation).add(operation);
  }

  /** Puts operations back where they were taken, in their order. */
  final void putBack(List<P> operations) {
    for (int i = operations.size() - 1; i >= 0; i--) {
      P operation = operations.get(i);
      placeOf(operation).addFirst(operation);
    }
  }

  private ArrayDeque<P> placeOf(P operation) {
    return operation.attempts() > 0 ? again : fresh;
  }

  final boolean isIdle() {
    return again.isEmpty() && fresh.isEmpty() && flights.isEmpty();
  }

  final int flights() {
    return flights.size();
  }

  /**
   * Whether another request may be sent, and there is something to send.
   *
   * @param route null if the shard is gone
   */
  final boolean mayTakeOff(@Nullable Route route) {
    return flights.size() < flightsMax && next(route) != null;
  }

  /** Where the next one to be sent waits; null if there is none, or it is held back. */
  private @Nullable ArrayDeque<P> next(@Nullable Route route) {
    if (!again.isEmpty()) {
      return again;
    }
    return fresh.isEmpty() || (route != null && heldBack() != null) ? null : fresh;
  }

  /** Why nothing may be sent now that was not sent before; null if it may. */
  @Nullable String heldBack() {
    return null;
  }

  final Flight takeOff(Route route, String address, List<P> load, int strikes) {
    Flight flight = new Flight(route, address, load, strikes);
    flights.add(flight);
    load.forEach(Pending::sent);
    return flight;
  }

  final void landed(Flight flight) {
    flights.remove(flight);
  }

  /**
   * Takes what the next request shall carry. What is over, has no time left, or belongs elsewhere
   * goes to {@code stray}.
   *
   * @param route null if the shard is gone, so that everything is stray
   */
  final List<P> load(@Nullable Route route, long nowNanos, Consumer<Pending<?>> stray) {
    List<P> load = new ArrayList<>();
    int bytes = 0;
    for (ArrayDeque<P> from = next(route); from != null; from = next(route)) {
      P operation = from.element();
      if (route == null
          || operation.isOver()
          || operation.hasNoTimeFor(nowNanos)
          || !isAtHome(operation, route)) {
        from.remove();
        stray.accept(operation);
        continue;
      }
      if (!load.isEmpty() && (operation.isAlone() || !fits(load, bytes, operation))) {
        break;
      }
      load.add(operation);
      bytes += operation.bytes();
      from.remove();
      if (operation.isAlone()) {
        break;
      }
    }
    return load;
  }

  /** Visits everything here that is late, and drops it if it waits. Answers the next deadline. */
  final long expire(long nowNanos, Consumer<Pending<?>> late) {
    long next = Math.min(expire(again, nowNanos, late), expire(fresh, nowNanos, late));
    for (Flight flight : flights) {
      for (P operation : flight.load) {
        if (operation.isOver()) {
          continue;
        }
        if (operation.isLate(nowNanos)) {
          late.accept(operation);
        } else if (operation.deadlineNanos() - next < 0) {
          next = operation.deadlineNanos();
        }
      }
    }
    return next;
  }

  private long expire(ArrayDeque<P> waiting, long nowNanos, Consumer<Pending<?>> late) {
    long next = nowNanos + Long.MAX_VALUE / 2;
    for (Iterator<P> all = waiting.iterator(); all.hasNext(); ) {
      P operation = all.next();
      if (operation.isLate(nowNanos) || operation.isOver()) {
        all.remove();
        late.accept(operation);
      } else if (operation.deadlineNanos() - next < 0) {
        next = operation.deadlineNanos();
      }
    }
    return next;
  }

  /** Whether one more operation may share the request that carries these. */
  abstract boolean fits(List<P> load, int loadBytes, P next);

  abstract Q request(Route route, List<P> load);

  /** Tells each operation its part of the reply; what got none is put back by the callee. */
  abstract void deliver(Flight flight, R reply);

  private boolean isAtHome(P operation, Route route) {
    try {
      return operation.belongsTo(route);
    } catch (KvException neverHome) {
      return false; // Routing it again says so to its caller.
    }
  }
}
