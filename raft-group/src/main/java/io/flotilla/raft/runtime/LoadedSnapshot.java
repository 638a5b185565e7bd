package io.flotilla.raft.runtime;

import io.flotilla.raft.port.SnapshotManifest;

/**
 * A snapshot that lies in the state's store, beside the present state.
 *
 * @param generation under which it lies there
 * @param close to be run once it is the state, or never will be: makes room for another
 */
record LoadedSnapshot(SnapshotManifest manifest, long generation, Runnable close) {}
