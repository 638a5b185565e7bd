package io.flotilla.raft.runtime;

/** Whoever does something with snapshots that were fetched. */
@FunctionalInterface
public interface SnapshotInstaller {
  /**
   * A snapshot is here, whole and durable. Called by the fetcher's thread; must not block. What it
   * holds is still the sender's word: whether the group wants it is for Raft to say, and whether it
   * is that group's state for the state machine.
   *
   * @param snapshot to be closed when it is installed or refused: until then it keeps its files,
   *     and its place among those that are fetched at once
   */
  void fetched(FetchedSnapshot snapshot);
}
