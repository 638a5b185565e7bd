package io.flotilla.shard.service;

import java.util.function.LongSupplier;

/**
 * The times of a node. Any thread may ask.
 *
 * @param nanos a clock that only moves forward, as {@link System#nanoTime}: deadlines are by it
 * @param wallMillis the wall clock, as {@link System#currentTimeMillis}
 */
public record Clocks(LongSupplier nanos, LongSupplier wallMillis) {
  static Clocks of(LongSupplier wallMillis) {
    return new Clocks(System::nanoTime, wallMillis);
  }
}
