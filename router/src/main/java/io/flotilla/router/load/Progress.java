package io.flotilla.router.load;

/**
 * A moment of a run, about once a second.
 *
 * @param phase {@code prepare}, {@code warmup} or {@code measure}
 * @param seconds since the phase began
 * @param operationsPerSecond since the last moment
 * @param errors in the phase so far
 */
public record Progress(
    String phase,
    double seconds,
    double operationsPerSecond,
    double p50Millis,
    double p99Millis,
    long errors) {}
