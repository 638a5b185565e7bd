package io.flotilla.raft.runtime;

/**
 * How much of a snapshot has come.
 *
 * @param bytes on the disk here
 * @param bytesTotal of all of it
 */
public record SnapshotProgress(long bytes, long bytesTotal) {}
