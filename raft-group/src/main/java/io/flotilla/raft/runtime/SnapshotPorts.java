package io.flotilla.raft.runtime;

import io.flotilla.raft.port.SnapshotStore;
import io.flotilla.raft.port.SnapshotTransport;
import java.util.random.RandomGenerator;

/**
 * What a runtime needs to send and fetch snapshots. It closes none of it.
 *
 * @param chance for ids among 2^64 that nobody else draws, hence with at least as much chance in
 *     it, and for waiting times; usable by any thread
 */
public record SnapshotPorts(
    SnapshotStore store,
    SnapshotTransport transport,
    SnapshotSendConfig send,
    SnapshotFetchConfig fetch,
    RandomGenerator chance) {}
