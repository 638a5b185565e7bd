package io.flotilla.router.client;

import io.flotilla.rpc.NetThreads;
import io.flotilla.rpc.RpcCaller;
import io.flotilla.session.Session;
import java.security.SecureRandom;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.LongBinaryOperator;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * All that a client has from outside: it takes no time, no chance and no thread from anywhere else.
 *
 * @param rpc how it reaches nodes and members of placement
 * @param loops gives one of its event loops, each a thread that must not be blocked
 * @param nanos a clock that only moves forward, as {@link System#nanoTime}
 * @param wallMillis the wall clock, as {@link System#currentTimeMillis}
 * @param draw a number from the one to the other, both included; any thread asks
 * @param session which no other client has
 */
public record ClientPorts(
    RpcCaller rpc,
    Supplier<ScheduledExecutorService> loops,
    LongSupplier nanos,
    LongSupplier wallMillis,
    LongBinaryOperator draw,
    Session session) {
  /** Of this process. */
  static ClientPorts of(RpcCaller rpc, NetThreads threads) {
    SecureRandom random = new SecureRandom();
    return new ClientPorts(
        rpc,
        threads::loop,
        System::nanoTime,
        System::currentTimeMillis,
        (from, to) -> ThreadLocalRandom.current().nextLong(from, to + 1),
        new Session(random.nextLong(), random.nextLong()));
  }
}
