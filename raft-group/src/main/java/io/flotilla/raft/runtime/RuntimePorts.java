package io.flotilla.raft.runtime;

import io.flotilla.raft.core.ElectionTimeouts;
import io.flotilla.raft.port.ApplyRound;
import io.flotilla.raft.port.LogStore;
import io.flotilla.raft.port.StateStore;
import io.flotilla.raft.port.Transport;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * What a runtime needs from outside. It closes none of it.
 *
 * @param nanos a clock that only moves forward, as {@link System#nanoTime}
 * @param wallMillis the time of day, which may jump: it makes a state's age greater, and nothing
 *     else depends on it
 * @param timeouts asked by all loops, hence usable by any thread
 * @param fatal told when a disk failed or a part broke; it must end the process, since nothing is
 *     sure any more
 */
public record RuntimePorts<R extends ApplyRound>(
    LogStore log,
    Transport transport,
    StateStore<R> states,
    SnapshotPorts snapshots,
    LongSupplier nanos,
    LongSupplier wallMillis,
    ElectionTimeouts timeouts,
    RaftListener listener,
    Consumer<Throwable> fatal) {}
